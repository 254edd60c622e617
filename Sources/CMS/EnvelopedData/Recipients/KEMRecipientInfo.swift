public import SMIMECrypto
import SwiftASN1

/// RFC 9629 §3
///
///     KEMRecipientInfo ::= SEQUENCE {
///         version       CMSVersion,  -- 0
///         rid           RecipientIdentifier,
///         kem           KEMAlgorithmIdentifier,
///         kemct         OCTET STRING,
///         kdf           KeyDerivationAlgorithmIdentifier,
///         kekLength     INTEGER (1..65535),
///         ukm           [0] EXPLICIT UserKeyingMaterial OPTIONAL,
///         wrap          KeyEncryptionAlgorithmIdentifier,
///         encryptedKey  EncryptedKey }
public struct KEMRecipientInfo: Hashable, Sendable {
  /// id-ori-kem
  static let type: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 9, 16, 13, 3]

  public let version: Int
  public let recipient: SignerIdentifier
  public let kem: AlgorithmIdentifier
  public let ciphertext: ArraySlice<UInt8>
  public let keyDerivation: AlgorithmIdentifier
  public let keyByteCount: Int
  public let userKeyingMaterial: ArraySlice<UInt8>?
  public let wrap: AlgorithmIdentifier
  public let encryptedKey: ArraySlice<UInt8>
  /// The whole encoding as it came; nil for one that was made.
  private let encoded: ArraySlice<UInt8>?

  init(_ fields: inout ASN1Cursor) throws(Malformed) {
    encoded = fields.encoded
    version = try fields.int("version")
    recipient = try SignerIdentifier(from: &fields, "rid")
    kem = try AlgorithmIdentifier(from: &fields, "kem")
    ciphertext = try fields.octets("kemct")
    keyDerivation = try AlgorithmIdentifier(from: &fields, "kdf")
    let count = try fields.int("kekLength")
    guard (1...65_535).contains(count) else { throw fields.failure("is out of range", "kekLength") }
    keyByteCount = count
    var material: ArraySlice<UInt8>?
    if var wrapped = try fields.context(ifPresent: 0, "ukm") {
      material = try wrapped.octets("ukm")
      try wrapped.finish()
    }
    userKeyingMaterial = material
    wrap = try AlgorithmIdentifier(from: &fields, "wrap")
    encryptedKey = try fields.octets("encryptedKey")
    try fields.finish()
  }

  /// Encapsulates a key for `publicKey` and wraps `key` under what it gives.
  init(
    wrapping key: SymmetricKey, for recipient: SignerIdentifier, _ publicKey: PublicKey, _ kem: KeyEncapsulation,
    _ derivation: KEMKeyDerivation, _ wrap: KeyWrap, userKeyingMaterial: [UInt8]?
  ) throws {
    version = 0
    encoded = nil
    self.recipient = recipient
    self.kem = kem.identifier
    keyDerivation = derivation.identifier
    keyByteCount = wrap.keyByteCount
    self.userKeyingMaterial = userKeyingMaterial?[...]
    self.wrap = wrap.identifier
    let (secret, ciphertext) = try publicKey.encapsulate(kem)
    self.ciphertext = ciphertext[...]
    let info = Self.otherInfo(wrap.identifier, wrap.keyByteCount, userKeyingMaterial?[...])
    let wrappingKey = try derivation.derive(from: secret, info: info, byteCount: wrap.keyByteCount)
    encryptedKey = try wrap.wrap(key, with: wrappingKey)[...]
  }

  /// The fields before ukm that can be wrong for a key, by their place.
  enum Field: Int {
    case kemct = 3
    case kekLength = 5
  }

  /// An error at `field`, with its place in the RecipientInfo.
  func failure(_ reason: String, _ field: Field) -> Malformed {
    var at: Int?
    if let encoded, var top = try? ASN1Cursor(encoded, as: "", rules: .ber), var fields = try? top.enter() {
      for _ in 0..<field.rawValue { _ = try? fields.raw() }
      at = fields.failure("").offset
    }
    return Malformed(reason, path: "\(field)", offset: at)
  }

  /// RFC 9629 §5   CMSORIforKEMOtherInfo ::= SEQUENCE { wrap, kekLength INTEGER, ukm [0] EXPLICIT … OPTIONAL }
  static func otherInfo(_ wrap: AlgorithmIdentifier, _ count: Int, _ material: ArraySlice<UInt8>?) -> [UInt8] {
    DERWriter.encode { der in
      der.sequence { der in
        wrap.write(to: &der)
        der.int(count)
        if let material { der.context(0) { $0.octets(material) } }
      }
    }
  }

  var otherInfo: [UInt8] { Self.otherInfo(wrap, keyByteCount, userKeyingMaterial) }

  func write(to der: inout DERWriter) {
    der.context(4) { der in
      der.oid(Self.type)
      der.sequence { der in
        der.int(version)
        recipient.write(to: &der)
        kem.write(to: &der)
        der.octets(ciphertext)
        keyDerivation.write(to: &der)
        der.int(keyByteCount)
        if let userKeyingMaterial { der.context(0) { $0.octets(userKeyingMaterial) } }
        wrap.write(to: &der)
        der.octets(encryptedKey)
      }
    }
  }
}
