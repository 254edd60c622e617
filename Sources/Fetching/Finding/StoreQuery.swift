import ByteIO
public import PKIX
import SMIMECrypto

/// What an HTTP certificate store is asked by (RFC 4387 §2.2).
public enum StoreQuery: Hashable, Sendable {
  /// Certificates of an address. RFC 4387 §2.5.1: stores know it as `email` too, and many by nothing else.
  case email(String)
  /// Certificates of a subject, by sHash.
  case subject(DistinguishedName)
  /// Certificates of a key, by sKIDHash: the contents of the certificate's subjectKeyIdentifier.
  case keyIdentifier([UInt8])
  /// The list of an issuer, by iHash.
  case issuer(DistinguishedName)

  /// The URL that asks the store at `url`.
  ///
  /// - Throws: ``FetchFailure/Reason/url``, where nothing can be added to it.
  func url(at url: String) throws(FetchFailure) -> String {
    guard !url.contains("#") else { throw FetchFailure(.url, "the URL has a fragment") }
    let separator = !url.contains("?") ? "?" : url.hasSuffix("?") || url.hasSuffix("&") ? "" : "&"
    return url + separator + query
  }

  private var query: String {
    switch self {
    case .email(let address): "email=\(PercentEncoding.encode(address.utf8))"
    case .subject(let name): "sHash=\(Self.key(name.encoded))"
    case .keyIdentifier(let identifier): "sKIDHash=\(Self.key(identifier))"
    case .issuer(let name): "iHash=\(Self.key(name.encoded))"
    }
  }

  /// §2.1: SHA-1 in base64 without its padding, as a form sends it.
  private static func key(_ value: some Sequence<UInt8>) -> String {
    let hash = MessageDigest.sha1(ArraySlice(Array(value)))
    return PercentEncoding.encode(Base64.encode(hash).filter { $0 != UInt8(ascii: "=") })
  }
}
