public import SMIMECrypto
import SwiftASN1

/// What a correspondent's software can read, in the order of its preference (RFC 8551 §2.5.2).
///
/// SMIMECapabilities ::= SEQUENCE OF SEQUENCE { capabilityID OBJECT IDENTIFIER, parameters ANY OPTIONAL }
public struct Capabilities: Hashable, Sendable {
  /// Compared as encodings (§2.5.2).
  public let algorithms: [AlgorithmIdentifier]

  public init(_ algorithms: [AlgorithmIdentifier]) { self.algorithms = algorithms }

  /// How many one list may have; software in use announces a dozen.
  public static let limit = 1_000

  /// Reads the attribute's value.
  public init(_ value: ArraySlice<UInt8>) throws(Malformed) {
    var top = try ASN1Cursor(value, as: "SMIMECapabilities", rules: .ber)
    var list = try top.enter()
    var algorithms: [AlgorithmIdentifier] = []
    while !list.isAtEnd {
      guard algorithms.count < Self.limit else { throw list.failure("there are more than \(Self.limit)") }
      algorithms.append(try AlgorithmIdentifier(elementOf: &list))
    }
    self.init(algorithms)
  }

  /// What this software reads: authenticated ciphers before AES-CBC, larger keys first, then RSA-OAEP.
  public static let `default` = Capabilities(
    [
      .aesGCM(keyBits: 256), .chaCha20Poly1305, .aesGCM(keyBits: 192), .aesGCM(keyBits: 128), .aesCBC(keyBits: 256),
      .aesCBC(keyBits: 192), .aesCBC(keyBits: 128),
    ].map { (cipher: ContentEncryption) in AlgorithmIdentifier(cipher.oid) }
      + [OAEPParameters(.sha256), OAEPParameters(.sha1)].map { KeyTransport.rsaOAEP($0).identifier })

  public func contains(_ cipher: ContentEncryption) -> Bool { algorithms.contains { $0.algorithm == cipher.oid } }

  /// The content ciphers that are named and known here, in the order of preference. RC2 is passed over: which of its keys
  /// are read is for old mail only.
  public var contentCiphers: [ContentEncryption] {
    algorithms.compactMap { one in Self.known.first { $0.oid == one.algorithm } }
  }

  private static let known: [ContentEncryption] =
    [256, 192, 128].flatMap { [.aesGCM(keyBits: $0), .aesCBC(keyBits: $0), .aesCCM(keyBits: $0)] }
    + [.chaCha20Poly1305, .tripleDESCBC, .desCBC]

  /// RSAES-OAEP with the better of SHA-256 and SHA-1 that is named, for both of its digests; nil when neither is.
  public var keyTransport: KeyTransport? {
    let named = algorithms.filter { $0.algorithm == OID.rsaOAEP }
      .compactMap { $0.parameters == Self.untaggedOAEP ? .rsaOAEP(OAEPParameters(.sha256)) : try? KeyTransport($0) }
    return [OAEPParameters(.sha256), OAEPParameters(.sha1)].map(KeyTransport.rsaOAEP).first { named.contains($0) }
  }

  /// QUIRK: RFC 3560 §5 has the parameters for SHA-256 without the tags of its own module.
  private static let untaggedOAEP: ArraySlice<UInt8> = [
    0x30, 0x2B, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x30, 0x1A,
    0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x08, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
    0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00,
  ]

  public var encoded: [UInt8] {
    DERWriter.encode { der in der.sequence { der in for algorithm in algorithms { algorithm.write(to: &der) } } }
  }
}

// MARK: - In certificates

extension Extensions {
  /// What the holder's software reads, as the issuer says (RFC 4262); nil when absent.
  public var capabilities: Capabilities? {
    get throws(Malformed) {
      guard let one = self[OID.smimeCapabilities] else { return nil }
      return try Capabilities(one.value)
    }
  }
}

extension Certificate.Extension {
  /// RFC 4262 §2: never critical.
  public static func capabilities(_ capabilities: Capabilities) -> Self {
    Self(OID.smimeCapabilities) { $0.raw(capabilities.encoded[...]) }
  }
}
