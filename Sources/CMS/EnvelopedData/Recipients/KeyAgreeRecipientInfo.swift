public import SMIMECrypto
import SwiftASN1

/// RFC 5652 §6.2.2, RFC 5753 §3.1
///
///     KeyAgreeRecipientInfo ::= SEQUENCE {
///         version                 CMSVersion,  -- 3
///         originator              [0] EXPLICIT OriginatorIdentifierOrKey,
///         ukm                     [1] EXPLICIT UserKeyingMaterial OPTIONAL,
///         keyEncryptionAlgorithm  KeyEncryptionAlgorithmIdentifier,
///         recipientEncryptedKeys  SEQUENCE OF RecipientEncryptedKey }
public struct KeyAgreeRecipientInfo: Hashable, Sendable {
  /// RFC 5652 §6.2.2
  ///
  ///     OriginatorIdentifierOrKey ::= CHOICE {
  ///         issuerAndSerialNumber  IssuerAndSerialNumber,
  ///         subjectKeyIdentifier   [0] SubjectKeyIdentifier,
  ///         originatorKey          [1] SEQUENCE { algorithm AlgorithmIdentifier, publicKey BIT STRING } }
  public enum Originator: Hashable, Sendable {
    /// A static key, named by its certificate: not offered.
    case certificate(SignerIdentifier)
    /// The ephemeral public key.
    case key(AlgorithmIdentifier, ArraySlice<UInt8>)
  }

  /// RFC 5652 §6.2.2
  ///
  ///     RecipientEncryptedKey ::= SEQUENCE { rid KeyAgreeRecipientIdentifier, encryptedKey EncryptedKey }
  ///     KeyAgreeRecipientIdentifier ::= CHOICE {
  ///         issuerAndSerialNumber  IssuerAndSerialNumber,
  ///         rKeyId                 [0] IMPLICIT RecipientKeyIdentifier }
  ///     RecipientKeyIdentifier ::= SEQUENCE {
  ///         subjectKeyIdentifier  SubjectKeyIdentifier,
  ///         date                  GeneralizedTime OPTIONAL,
  ///         other                 OtherKeyAttribute OPTIONAL }
  public struct RecipientKey: Hashable, Sendable {
    public let recipient: SignerIdentifier
    public let encryptedKey: ArraySlice<UInt8>

    init(_ recipient: SignerIdentifier, encryptedKey: [UInt8]) {
      self.recipient = recipient
      self.encryptedKey = encryptedKey[...]
    }

    init(_ fields: inout ASN1Cursor) throws(Malformed) {
      if var identifier = try fields.context(ifPresent: 0, "rid") {
        recipient = .subjectKeyIdentifier(try identifier.octets("subjectKeyIdentifier"))
      } else {
        var name = try fields.sequence("rid")
        recipient = .issuerAndSerial(try IssuerAndSerialNumber(fields: &name))
      }
      encryptedKey = try fields.octets("encryptedKey")
      try fields.finish()
    }
  }

  public let version: Int
  public let originator: Originator
  public let userKeyingMaterial: ArraySlice<UInt8>?
  public let keyEncryptionAlgorithm: AlgorithmIdentifier
  public let recipientKeys: [RecipientKey]

  /// - Parameter room: how many keys are wanted. One more is read, so that who counts them knows, and no others are.
  init(_ fields: inout ASN1Cursor, room: Int) throws(Malformed) {
    version = try fields.int("version")
    var choice = try fields.constructed(.context(0), "originator")
    if var key = try choice.context(ifPresent: 1, "originatorKey") {
      let algorithm = try AlgorithmIdentifier(from: &key, "algorithm")
      originator = .key(algorithm, try key.bitOctets("publicKey"))
      try key.finish()
    } else {
      originator = .certificate(try SignerIdentifier(from: &choice, "issuerAndSerialNumber"))
    }
    try choice.finish()
    var material: ArraySlice<UInt8>?
    if var wrapped = try fields.context(ifPresent: 1, "ukm") {
      material = try wrapped.octets("ukm")
      try wrapped.finish()
    }
    userKeyingMaterial = material
    keyEncryptionAlgorithm = try AlgorithmIdentifier(from: &fields, "keyEncryptionAlgorithm")
    var keys: [RecipientKey] = []
    var elements = try fields.sequence("recipientEncryptedKeys")
    while !elements.isAtEnd, keys.count <= room {
      var key = try elements.element()
      keys.append(try RecipientKey(&key))
    }
    recipientKeys = keys
    try fields.finish()
  }

  init(
    ephemeral point: [UInt8], of algorithm: AlgorithmIdentifier = AlgorithmIdentifier([1, 2, 840, 10045, 2, 1]),
    _ scheme: AlgorithmIdentifier, _ key: RecipientKey, userKeyingMaterial: [UInt8]? = nil
  ) {
    version = 3
    originator = .key(algorithm, point[...])
    self.userKeyingMaterial = userKeyingMaterial?[...]
    keyEncryptionAlgorithm = scheme
    recipientKeys = [key]
  }

  /// Wraps `key` under what an ephemeral key and `publicKey` agree on. RFC 5753 §3.1.1, RFC 8418 §3.2: the algorithm of
  /// the ephemeral key goes without parameters, since its curve is the recipient's.
  init(
    wrapping key: SymmetricKey, for recipient: SignerIdentifier, _ publicKey: PublicKey, _ scheme: KeyAgreement,
    userKeyingMaterial: [UInt8]?
  ) throws {
    let (secret, ephemeral) = try publicKey.agreeFreshly()
    let wrappingKey = try scheme.keyEncryptionKey(from: secret, userKeyingMaterial: userKeyingMaterial?[...])
    self.init(
      ephemeral: ephemeral, of: AlgorithmIdentifier(publicKey.algorithm.algorithm),
      scheme.identifier, RecipientKey(recipient, encryptedKey: try scheme.wrap.wrap(key, with: wrappingKey)),
      userKeyingMaterial: userKeyingMaterial)
  }

  func write(to der: inout DERWriter) {
    der.context(1) { der in
      der.int(version)
      der.context(0) { der in
        switch originator {
        case .certificate(let identifier): identifier.write(to: &der)
        case .key(let algorithm, let point):
          der.context(1) { der in
            algorithm.write(to: &der)
            der.bits(point)
          }
        }
      }
      if let userKeyingMaterial { der.context(1) { $0.octets(userKeyingMaterial) } }
      keyEncryptionAlgorithm.write(to: &der)
      der.sequence { der in
        for key in recipientKeys {
          der.sequence { der in
            switch key.recipient {
            case .issuerAndSerial(let value): value.write(to: &der)
            case .subjectKeyIdentifier(let identifier): der.context(0) { $0.octets(identifier) }
            }
            der.octets(key.encryptedKey)
          }
        }
      }
    }
  }
}
