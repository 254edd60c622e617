public import PKIX
import SMIMECrypto
import SwiftASN1

/// RFC 5652 §6.2
///
///     RecipientInfo ::= CHOICE {
///         ktri  KeyTransRecipientInfo,
///         kari  [1] KeyAgreeRecipientInfo,
///         kekri [2] KEKRecipientInfo,
///         pwri  [3] PasswordRecipientInfo,
///         ori   [4] OtherRecipientInfo }
///     OtherRecipientInfo ::= SEQUENCE { oriType OBJECT IDENTIFIER, oriValue ANY DEFINED BY oriType }
public enum RecipientInfo: Hashable, Sendable {
  case keyTransport(KeyTransRecipientInfo)
  case keyAgreement(KeyAgreeRecipientInfo)
  case keyEncryptionKey(KEKRecipientInfo)
  case password(PasswordRecipientInfo)
  /// OtherRecipientInfo of the type id-ori-kem (RFC 9629 §3).
  case kem(KEMRecipientInfo)
  /// A kind that is not offered, named; or one that cannot be read, with the reason.
  case other(String)

  /// - Parameter room: how many keys it may hold: of more only one is read.
  init(_ element: TLVReader.Element, room: Int) {
    do throws(Malformed) {
      var top = try element.cursor()
      switch top.tag {
      case .sequence:
        var fields = try top.sequence("ktri")
        self = .keyTransport(try KeyTransRecipientInfo(&fields))
      case .context(1):
        var fields = try top.constructed(.context(1), "kari")
        self = .keyAgreement(try KeyAgreeRecipientInfo(&fields, room: room))
      case .context(2):
        var fields = try top.constructed(.context(2), "kekri")
        self = .keyEncryptionKey(try KEKRecipientInfo(&fields))
      case .context(3):
        var fields = try top.constructed(.context(3), "pwri")
        self = .password(try PasswordRecipientInfo(&fields))
      case .context(4):
        var fields = try top.constructed(.context(4), "ori")
        let type = try fields.oid("oriType")
        guard type == KEMRecipientInfo.type else {
          self = .other("another kind of recipient (\(OID.name(type)))")
          return
        }
        var value = try fields.sequence("oriValue")
        self = .kem(try KEMRecipientInfo(&value))
        try fields.finish()
      default: self = .other("an unknown kind of recipient")
      }
    } catch { self = .other("malformed: \(element.place(error))") }
  }

  /// Whom it is for, one line for each key that is asked for.
  public var descriptions: [String] {
    switch self {
    case .keyTransport(let info): [info.recipient.description]
    case .keyAgreement(let info): info.recipientKeys.map(\.recipient.description)
    case .keyEncryptionKey(let info): ["shared key \(Hex.text(info.keyIdentifier))"]
    case .password: ["a password"]
    case .kem(let info): [info.recipient.description]
    case .other(let name): [name]
    }
  }

  /// What RFC 5652 calls it; nothing for kinds that are not read.
  var kindName: String {
    switch self {
    case .keyTransport: "ktri"
    case .keyAgreement: "kari"
    case .keyEncryptionKey: "kekri"
    case .password: "pwri"
    case .kem: "ori.oriValue"
    case .other: ""
    }
  }

  /// What opens it; nil for kinds that are not read.
  var keyKind: KeyMissing.Kind? {
    switch self {
    case .keyTransport, .keyAgreement, .kem: .certificateKey
    case .keyEncryptionKey: .sharedKey
    case .password: .password
    case .other: nil
    }
  }

  /// How many keys it holds.
  var keyCount: Int { if case .keyAgreement(let info) = self { max(1, info.recipientKeys.count) } else { 1 } }

  /// Whether it asks for the key of `certificate`.
  public func names(_ certificate: Certificate) -> Bool {
    switch self {
    case .keyTransport(let info): info.recipient.names(certificate)
    case .keyAgreement(let info): info.recipientKeys.contains { $0.recipient.names(certificate) }
    case .kem(let info): info.recipient.names(certificate)
    case .keyEncryptionKey, .password, .other: false
    }
  }

  /// How the content-encryption key is protected, by name.
  public var algorithmName: String {
    switch self {
    case .keyTransport(let info): info.keyEncryptionAlgorithm.shortName
    case .keyAgreement(let info): info.keyEncryptionAlgorithm.shortName
    case .keyEncryptionKey(let info): info.keyEncryptionAlgorithm.shortName
    case .password(let info): info.keyEncryptionAlgorithm.shortName
    case .kem(let info): info.kem.shortName
    case .other(let name): name
    }
  }

  /// The syntax version that it has, and the one that it must have; nil for kinds that are not read.
  var versions: (found: Int, required: Int)? {
    switch self {
    case .keyTransport(let info): (info.version, info.requiredVersion)
    case .keyAgreement(let info): (info.version, 3)
    case .keyEncryptionKey(let info): (info.version, 4)
    case .password(let info): (info.version, 0)
    case .kem(let info): (info.version, 0)
    case .other: nil
    }
  }

  /// The encoding of a recipient that was made here.
  var encoded: [UInt8] {
    DERWriter.encode { der in
      switch self {
      case .keyTransport(let info): info.write(to: &der)
      case .keyAgreement(let info): info.write(to: &der)
      case .keyEncryptionKey(let info): info.write(to: &der)
      case .password(let info): info.write(to: &der)
      case .kem(let info): info.write(to: &der)
      case .other: break
      }
    }
  }
}

extension AlgorithmIdentifier {
  /// A name for lists of recipients; the dotted OID of what has none here.
  var shortName: String {
    if let transport = try? KeyTransport(self) { return transport.name }
    if let agreement = try? KeyAgreement(self) { return agreement.name }
    if let wrap = try? KeyWrap(self) { return wrap.name }
    if let wrap = try? PasswordKeyWrap(self) { return "\(wrap.encryption.name) under a password" }
    if let encapsulation = try? KeyEncapsulation(self) { return encapsulation.name }
    return OID.name(algorithm)
  }
}
