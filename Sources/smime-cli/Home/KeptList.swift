import ByteIO
import Fetching
import PKIX
import SMIMECrypto

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A revocation list that was fetched, to be kept among the lists of the store's folder.
struct KeptList {
  private let list: CertificateRevocationList

  init(_ list: CertificateRevocationList) { self.list = list }

  /// What became of it.
  enum Outcome {
    case kept
    /// It was there already.
    case known
    /// What is there is newer, and stays.
    case outdated
  }

  /// Its file. The lists that one key of an issuer signed for one distribution point have the same, complete ones one and
  /// deltas another, so that the next list takes the place of the last. No other issuer's list has it.
  var path: String {
    let isDelta = list.extensions[OID.deltaCRLIndicator] != nil
    let key = list.extensions[OID.authorityKeyIdentifier]?.value ?? []
    let point = list.extensions[OID.issuingDistributionPoint]?.value ?? []
    // Digests have one length, so that two different scopes are never the same bytes.
    var scope: [UInt8] = [isDelta ? 1 : 0]
    for part in [list.issuer.encoded, key, point] { scope += MessageDigest.sha256(part) }
    let digits = MessageDigest.sha256(scope[...]).prefix(16).hexText
    let name = Files.name(for: list.issuer.commonName ?? "\(list.issuer)").prefix(60)
    return "\(Home.revocationLists)/\(name)-\(digits).crl"
  }

  /// Whether the signature holds by a certificate of the issuer among `certificates`; nil where there is none.
  func isSigned(byOneOf certificates: [Certificate]) -> Bool? {
    let signers = certificates.filter { $0.subject == list.issuer && list.mayBeSigned(by: $0) }
    guard !signers.isEmpty else { return nil }
    // A signature that cannot be verified does not hold.
    return signers.contains { (try? list.isSigned(by: $0.publicKey)) ?? false }
  }

  /// Puts it into its place at once and whole, unless a newer list is there.
  func keep() throws -> Outcome {
    let bytes = Array(list.derBytes)
    if Files.exists(path) {
      if (try? Input.bytes(of: path)) == bytes { return .known }
      if try isOlderThanKept() { return .outdated }
    }
    try Files.makeFolder(Home.revocationLists)
    Signals.removeTemporaryFiles()
    try Files.write(bytes, to: path, overwrite: .replace)
    return .kept
  }

  /// True if the list that is there was made after this one. What cannot be read there is none.
  private func isOlderThanKept() throws -> Bool {
    switch try? GivenList.all(in: path).first {
    case .whole(let kept): try isOlder(than: try? kept.number, kept.thisUpdate)
    case .indexed(let kept): try isOlder(than: try? kept.number, kept.thisUpdate)
    case nil: false
    }
  }

  /// RFC 5280 §5.2.3: numbers rise. Where one is missing, or both are the same, the times decide.
  private func isOlder(than number: SerialNumber?, _ thisUpdate: Date) throws -> Bool {
    if let own = try list.number, let number, own != number { return own < number }
    return list.thisUpdate < thisUpdate
  }
}
