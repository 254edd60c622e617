public import SMIMECrypto
import SwiftASN1

/// What a correspondent's software can read, in the order of its preference (RFC 8551 §2.5.2).
///
/// SMIMECapabilities ::= SEQUENCE OF SEQUENCE { capabilityID OBJECT IDENTIFIER, parameters ANY OPTIONAL }
public struct Capabilities: Hashable, Sendable {
  /// Compared as encodings (§2.5.2).
  public let algorithms: [AlgorithmIdentifier]

  public init(_ algorithms: [AlgorithmIdentifier]) { self.algorithms = algorithms }

  /// Reads the attribute's value.
  public init(_ value: ArraySlice<UInt8>) throws(Malformed) {
    var top = try ASN1Cursor(value, as: "SMIMECapabilities", rules: .ber)
    var list = try top.enter()
    var algorithms: [AlgorithmIdentifier] = []
    while !list.isAtEnd { algorithms.append(try AlgorithmIdentifier(elementOf: &list)) }
    self.init(algorithms)
  }

  /// What this software reads: AES-GCM before AES-CBC, larger keys first, then RSA-OAEP.
  public static let `default` = Capabilities(
    [
      .aesGCM(keyBits: 256), .aesGCM(keyBits: 192), .aesGCM(keyBits: 128), .aesCBC(keyBits: 256), .aesCBC(keyBits: 192),
      .aesCBC(keyBits: 128),
    ].map { (cipher: ContentEncryption) in AlgorithmIdentifier(cipher.oid) } + [AlgorithmIdentifier(OID.rsaOAEP)])

  public func contains(_ cipher: ContentEncryption) -> Bool { algorithms.contains { $0.algorithm == cipher.oid } }

  public var encoded: [UInt8] {
    DERWriter.encode { der in der.sequence { der in for algorithm in algorithms { algorithm.write(to: &der) } } }
  }
}
