import ByteIO
import SwiftASN1

#if !OpenSSL
  import CryptoExtras
#endif

/// RFC 4055 §4.1   RSAES-OAEP-params ::= SEQUENCE { hashFunc [0] DEFAULT sha1, maskGenFunc [1] DEFAULT mgf1SHA1,
///                   pSourceFunc [2] DEFAULT pSpecifiedEmpty }
public struct OAEPParameters: Hashable, Sendable {
  public let digest: DigestAlgorithm
  /// MGF1's digest: often not the same (Java's `OAEPWithSHA-256AndMGF1Padding` masks with SHA-1).
  public let maskDigest: DigestAlgorithm
  public let label: [UInt8]

  public init(digest: DigestAlgorithm, maskDigest: DigestAlgorithm, label: [UInt8] = []) {
    self.digest = digest
    self.maskDigest = maskDigest
    self.label = label
  }

  /// What is written: one digest for both, no label.
  public init(_ digest: DigestAlgorithm) { self.init(digest: digest, maskDigest: digest) }

  init(parameters: ArraySlice<UInt8>?) throws {
    guard let parameters else {
      self.init(.sha1)
      return
    }
    var top = try ASN1Cursor(parameters, as: "parameters", rules: .ber)
    var fields = try top.enter()
    let digest = try DigestAlgorithm.explicit(0, from: &fields, "hashFunc")
    let maskDigest = try DigestAlgorithm.mask(1, from: &fields, "maskGenFunc")
    var label: [UInt8] = []
    if var field = try fields.context(ifPresent: 2, "pSourceFunc") {
      let source = try AlgorithmIdentifier(from: &field, "pSourceFunc")
      try field.finish()
      label = try source.reading(as: field.path.description) { source in
        guard source.algorithm == OID.pSpecified else {
          throw Unsupported("an OAEP label source other than pSpecified")
        }
        // CVE-2026-28390: the parameters may be missing altogether.
        guard let value = source.parameters else { throw Malformed("pSpecified has no label") }
        var octets = try ASN1Cursor(value, as: "", rules: .ber)
        return Array(try octets.octets("parameters"))
      }
    }
    try fields.finish()
    self.init(digest: digest, maskDigest: maskDigest, label: label)
  }

  var encoded: [UInt8] {
    DERWriter.encode { der in
      der.sequence { der in
        if digest != .sha1 { der.context(0) { digest.identifierWithNull.write(to: &$0) } }
        if maskDigest != .sha1 { der.context(1) { maskDigest.maskIdentifier.write(to: &$0) } }
        if !label.isEmpty {
          der.context(2) { der in
            AlgorithmIdentifier(OID.pSpecified, parameters: ArraySlice(DERWriter.encode { $0.octets(label) }))
              .write(to: &der)
          }
        }
      }
    }
  }
}

/// How a content-encryption key is encrypted to an RSA key (RFC 3370 §4.2.1, RFC 3560).
public enum KeyTransport: Hashable, Sendable {
  case rsaPKCS1
  case rsaOAEP(OAEPParameters)

  /// - Throws: ``Malformed`` or ``Unsupported``. OAEP that cannot be read never becomes v1.5.
  public init(_ identifier: AlgorithmIdentifier) throws {
    switch identifier.algorithm {
    case OID.rsaEncryption:
      guard identifier.hasNoParameters else { throw Malformed("rsaEncryption has parameters") }
      self = .rsaPKCS1
    case OID.rsaOAEP:
      self = .rsaOAEP(try OAEPParameters(parameters: identifier.parameters))
    default:
      throw Unsupported("the key transport algorithm \(OID.name(identifier.algorithm))")
    }
  }

  public var identifier: AlgorithmIdentifier {
    switch self {
    case .rsaPKCS1: AlgorithmIdentifier(OID.rsaEncryption, parameters: AlgorithmIdentifier.null)
    case .rsaOAEP(let parameters): AlgorithmIdentifier(OID.rsaOAEP, parameters: ArraySlice(parameters.encoded))
    }
  }

  public var name: String {
    switch self {
    case .rsaPKCS1: "RSA v1.5"
    case .rsaOAEP(let parameters): "RSA-OAEP with \(parameters.digest.name)"
    }
  }
}

extension PublicKey {
  /// Encrypts a content-encryption key to this RSA key.
  ///
  /// - Throws: ``Unsupported`` when this is no RSA key that may be used so: one below 2048 bits is never written to.
  public func encrypt(_ key: SymmetricKey, _ transport: KeyTransport) throws -> [UInt8] {
    guard case .rsa(let bits) = kind else { throw Unsupported("\(transport.name) with \(summary)") }
    guard bits >= 2048 else { throw Unsupported("encryption to \(summary), below 2048 bits,") }
    var message = key.octets
    defer { wipe(&message) }
    #if OpenSSL
      if let encrypted = try KnownRSAKeys.handle(keyBytes).encrypt(message, transport) { return encrypted }
      throw Unsupported("\(transport.name) of \(message.count) octets with \(summary)")
    #else
      guard let numbers = RSAPublicNumbers(keyBytes) else { throw Unsupported("\(transport.name) with \(summary)") }
      if let objection = numbers.objection { throw Unsupported(objection) }
      let padding: _RSA.Encryption.Padding? =
        switch transport {
        case .rsaPKCS1: ._WEAK_AND_INSECURE_PKCS_V1_5
        case .rsaOAEP(OAEPParameters(.sha1)): .PKCS1_OAEP
        case .rsaOAEP(OAEPParameters(.sha256)): .PKCS1_OAEP_SHA256
        case .rsaOAEP: nil
        }
      // swift-crypto takes whole octets only.
      guard let padding, let key = try? _RSA.Encryption.PublicKey(unsafeDERRepresentation: numbers.encoded),
        let encrypted = try? key.encrypt(message, padding: padding)
      else {
        throw Unsupported("\(transport.name) of \(message.count) octets with \(summary) without the OpenSSL trait")
      }
      return [UInt8](encrypted)
    #endif
  }
}
