public import SMIMECrypto
import SwiftASN1

/// RFC 5652 §6.2.4, RFC 3211
///
///     PasswordRecipientInfo ::= SEQUENCE {
///         version                 CMSVersion,  -- 0
///         keyDerivationAlgorithm  [0] KeyDerivationAlgorithmIdentifier OPTIONAL,
///         keyEncryptionAlgorithm  KeyEncryptionAlgorithmIdentifier,
///         encryptedKey            EncryptedKey }
public struct PasswordRecipientInfo: Hashable, Sendable {
  public let version: Int
  /// nil where the key-encryption key is said to come from elsewhere.
  public let keyDerivationAlgorithm: AlgorithmIdentifier?
  public let keyEncryptionAlgorithm: AlgorithmIdentifier
  public let encryptedKey: ArraySlice<UInt8>

  init(_ fields: inout ASN1Cursor) throws(Malformed) {
    version = try fields.int("version")
    var derivation: AlgorithmIdentifier?
    if var choice = try fields.context(ifPresent: 0, "keyDerivationAlgorithm") {
      derivation = try AlgorithmIdentifier(fields: &choice)
    }
    keyDerivationAlgorithm = derivation
    keyEncryptionAlgorithm = try AlgorithmIdentifier(from: &fields, "keyEncryptionAlgorithm")
    encryptedKey = try fields.octets("encryptedKey")
    try fields.finish()
  }

  init(_ derivation: PBKDF2, _ wrap: PasswordKeyWrap, encryptedKey: [UInt8]) {
    version = 0
    keyDerivationAlgorithm = derivation.identifier
    keyEncryptionAlgorithm = wrap.identifier
    self.encryptedKey = encryptedKey[...]
  }

  /// The derivation of the key-encryption key, and its wrap. Throws what can be known without a password:
  /// `Malformed`, `Unsupported`, or `LimitExceeded` for a derivation that costs too much.
  func methods(_ policy: AlgorithmPolicy) throws -> (derivation: PBKDF2, wrap: PasswordKeyWrap) {
    guard let keyDerivationAlgorithm else { throw Unsupported("a password recipient without a key derivation") }
    let wrap = try keyEncryptionAlgorithm.reading(as: "keyEncryptionAlgorithm") { identifier in
      let wrap = try PasswordKeyWrap(identifier)
      if let refusal = policy.objection(to: wrap.encryption) { throw Unsupported.outdated(refusal) }
      return wrap
    }
    let derivation = try keyDerivationAlgorithm.reading(as: "keyDerivationAlgorithm") { identifier in
      guard identifier.algorithm == OID.pbkdf2 else {
        throw Unsupported("the key derivation \(OID.name(identifier.algorithm)) of a password recipient")
      }
      guard let parameters = identifier.parameters else { throw Malformed("PBKDF2 has no parameters") }
      let derivation = try PBKDF2(parameters: parameters)
      // RFC 8018 §4.1: eight octets at least; nobody needs a thousand.
      guard (8...1024).contains(derivation.salt.count) else {
        throw Malformed("a salt of \(derivation.salt.count) octets")
      }
      if let count = derivation.keyByteCount, count != wrap.keyByteCount {
        throw Malformed("a key of \(count) octets for \(wrap.encryption.name)")
      }
      return derivation
    }
    return (derivation, wrap)
  }

  func write(to der: inout DERWriter) {
    der.context(3) { der in
      der.int(version)
      keyDerivationAlgorithm?.write(to: &der, tag: .context(0))
      keyEncryptionAlgorithm.write(to: &der)
      der.octets(encryptedKey)
    }
  }
}
