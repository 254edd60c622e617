public import PKIX
public import SMIMECrypto
import SwiftASN1

/// RFC 5652 §6.2
///
///     RecipientInfo ::= CHOICE {
///         ktri  KeyTransRecipientInfo,
///         kari  [1] KeyAgreeRecipientInfo,
///         kekri [2] KEKRecipientInfo,
///         pwri  [3] PasswordRecipientInfo,
///         ori   [4] OtherRecipientInfo }
public enum RecipientInfo: Hashable, Sendable {
  case keyTransport(KeyTransRecipientInfo)
  case keyAgreement(KeyAgreeRecipientInfo)
  /// A kind that is not offered, named; or one that cannot be read, with the reason.
  case other(String)

  init(_ element: TLVReader.Element) {
    do throws(Malformed) {
      var top = try element.cursor()
      switch top.tag {
      case .sequence:
        var fields = try top.enter()
        self = .keyTransport(try KeyTransRecipientInfo(&fields))
      case .context(1):
        var fields = try top.enter(.context(1))
        self = .keyAgreement(try KeyAgreeRecipientInfo(&fields))
      case .context(2): self = .other("a shared key-encryption key (kekri)")
      case .context(3): self = .other("a password (pwri)")
      case .context(4): self = .other("another kind of recipient (ori)")
      default: self = .other("an unknown kind of recipient")
      }
    } catch { self = .other("malformed: \(element.place(error))") }
  }

  /// Whom it is for, one line for each key that is asked for.
  public var descriptions: [String] {
    switch self {
    case .keyTransport(let info): [info.recipient.description]
    case .keyAgreement(let info): info.recipientKeys.map(\.recipient.description)
    case .other(let name): [name]
    }
  }

  /// How many keys it holds.
  var keyCount: Int { if case .keyAgreement(let info) = self { max(1, info.recipientKeys.count) } else { 1 } }

  /// Whether it asks for the key of `certificate`.
  public func names(_ certificate: Certificate) -> Bool {
    switch self {
    case .keyTransport(let info): info.recipient.names(certificate)
    case .keyAgreement(let info): info.recipientKeys.contains { $0.recipient.names(certificate) }
    case .other: false
    }
  }

  /// How the content-encryption key is protected, by name.
  public var algorithmName: String {
    switch self {
    case .keyTransport(let info): info.keyEncryptionAlgorithm.shortName
    case .keyAgreement(let info): info.keyEncryptionAlgorithm.shortName
    case .other(let name): name
    }
  }
}

/// RFC 5652 §6.2.1
///
///     KeyTransRecipientInfo ::= SEQUENCE {
///         version                 CMSVersion,  -- 0 or 2
///         rid                     RecipientIdentifier,
///         keyEncryptionAlgorithm  KeyEncryptionAlgorithmIdentifier,
///         encryptedKey            EncryptedKey }
public struct KeyTransRecipientInfo: Hashable, Sendable {
  public let version: Int
  public let recipient: SignerIdentifier
  public let keyEncryptionAlgorithm: AlgorithmIdentifier
  public let encryptedKey: ArraySlice<UInt8>

  init(_ fields: inout ASN1Cursor) throws(Malformed) {
    version = try fields.int("version")
    recipient = try SignerIdentifier(from: &fields, "rid")
    keyEncryptionAlgorithm = try AlgorithmIdentifier(from: &fields, "keyEncryptionAlgorithm")
    encryptedKey = try fields.octets("encryptedKey")
    try fields.finish()
  }

  init(_ recipient: SignerIdentifier, _ algorithm: AlgorithmIdentifier, encryptedKey: [UInt8]) {
    version = if case .issuerAndSerial = recipient { 0 } else { 2 }
    self.recipient = recipient
    keyEncryptionAlgorithm = algorithm
    self.encryptedKey = encryptedKey[...]
  }

  func write(to der: inout DER.Serializer) {
    der.sequence { der in
      der.int(version)
      recipient.write(to: &der)
      keyEncryptionAlgorithm.write(to: &der)
      der.octets(encryptedKey)
    }
  }
}

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

  init(_ fields: inout ASN1Cursor) throws(Malformed) {
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
    while !elements.isAtEnd {
      var key = try elements.element()
      keys.append(try RecipientKey(&key))
    }
    recipientKeys = keys
    try fields.finish()
  }

  init(ephemeral point: [UInt8], _ algorithm: AlgorithmIdentifier, _ key: RecipientKey) {
    version = 3
    originator = .key(AlgorithmIdentifier([1, 2, 840, 10045, 2, 1]), point[...])
    userKeyingMaterial = nil
    keyEncryptionAlgorithm = algorithm
    recipientKeys = [key]
  }

  /// Writes what the second initialiser makes: an ephemeral key, no user keying material.
  func write(to der: inout DER.Serializer) {
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

extension AlgorithmIdentifier {
  /// A name for lists of recipients; the dotted OID of what has none here.
  var shortName: String {
    if let transport = try? KeyTransport(self) { return transport.name }
    if let agreement = try? KeyAgreement(self) { return agreement.name }
    return "\(algorithm)"
  }
}
