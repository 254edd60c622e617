import Issuance
import PKIX
import SMIMECrypto

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// One thing that happened, as a line of the journal tells it.
struct JournalEvent: Hashable, Sendable {
  let date: Date
  let content: Content

  enum Content: Hashable, Sendable {
    case created(Creation)
    case settings(baseURL: String?, revocationListURL: String?)
    case prepared(Preparation)
    case issued(SerialNumber, signature: Base64Text)
    case revoked([SerialNumber], RevocationReason, at: Date)
    case listNumbered(ListNumbering)
    case listSigned(ListKind, number: Int, signature: Base64Text)
    case requested(Arrival)
    case coded(request: String, address: String, digest: [UInt8], expires: Date)
    case proved(request: String, address: String)
    case approved(request: String, by: String, evidence: String?)
    case rejected(request: String, by: String, reason: String)
    /// A torn line was taken out before this one.
    case healed(byteCount: Int, kept: String)
  }

  /// The first line: who the authority is.
  struct Creation: Hashable, Sendable {
    let name: String
    let root: Base64Text
    let issuing: Base64Text
    /// PEM, encrypted under the passphrase.
    let rootKey: String
    let issuingKey: String
    let settings: AuthorityPlan.Settings
    /// The last number of a list that was given before this journal began.
    let listNumber: Int
  }

  /// A certificate that will be signed: its TBSCertificate is on record before.
  struct Preparation: Hashable, Sendable {
    let serialNumber: SerialNumber
    let subject: String
    let addresses: [String]
    let notAfter: Date
    let purpose: IssuedRecord.Purpose
    /// The request that it answers.
    let request: String?
    let tbs: Base64Text
  }

  /// A list that will be signed. What is in it follows from the lines before this one.
  struct ListNumbering: Hashable, Sendable {
    let kind: ListKind
    let number: Int
    let thisUpdate: Date
    let nextUpdate: Date
    /// For a delta, the number of the list that it is about.
    let base: Int?
  }

  /// A request that came in.
  struct Arrival: Hashable, Sendable {
    let id: String
    let from: String?
    let tokenDigest: [UInt8]?
    let encoded: Base64Text
  }
}

// MARK: - Writing

extension JournalEvent {
  /// The line's object.
  var encoded: [UInt8] {
    var fields = JournalFieldsWriter()
    fields.add("at", date)
    switch content {
    case .created(let creation):
      fields.add("event", "created")
      fields.add("version", Self.version)
      fields.add("name", creation.name)
      fields.add("root", creation.root)
      fields.add("issuing", creation.issuing)
      fields.add("rootKey", creation.rootKey)
      fields.add("issuingKey", creation.issuingKey)
      fields.add("url", creation.settings.baseURL)
      fields.add("crlURL", creation.settings.revocationListURL)
      fields.add("shards", creation.settings.shardCount)
      fields.add("listNumber", creation.listNumber)
    case .settings(let baseURL, let revocationListURL):
      fields.add("event", "settings")
      fields.add("url", baseURL)
      fields.add("crlURL", revocationListURL)
    case .prepared(let one):
      fields.add("event", "prepared")
      fields.add("serial", one.serialNumber.description)
      fields.add("purpose", one.purpose.rawValue)
      fields.add("subject", one.subject)
      fields.add("addresses", one.addresses)
      fields.add("notAfter", one.notAfter)
      fields.add("request", one.request)
      fields.add("tbs", one.tbs)
    case .issued(let serialNumber, let signature):
      fields.add("event", "issued")
      fields.add("serial", serialNumber.description)
      fields.add("signature", signature)
    case .revoked(let serialNumbers, let reason, let date):
      fields.add("event", "revoked")
      fields.add("serials", serialNumbers.map(\.description))
      fields.add("reason", reason.name)
      fields.add("date", date)
    case .listNumbered(let list):
      fields.add("event", "listNumbered")
      fields.add("list", list.kind.description)
      fields.add("number", list.number)
      fields.add("thisUpdate", list.thisUpdate)
      fields.add("nextUpdate", list.nextUpdate)
      fields.add("base", list.base)
    case .listSigned(let kind, let number, let signature):
      fields.add("event", "listSigned")
      fields.add("list", kind.description)
      fields.add("number", number)
      fields.add("signature", signature)
    case .healed(let byteCount, let kept):
      fields.add("event", "healed")
      fields.add("bytes", byteCount)
      fields.add("kept", kept)
    case .requested, .coded, .proved, .approved, .rejected: writeRequest(&fields)
    }
    return fields.finished()
  }

  private func writeRequest(_ fields: inout JournalFieldsWriter) {
    switch content {
    case .requested(let arrival):
      fields.add("event", "requested")
      fields.add("request", arrival.id)
      fields.add("from", arrival.from)
      fields.add("token", hex: arrival.tokenDigest)
      fields.add("csr", arrival.encoded)
    case .coded(let request, let address, let digest, let expires):
      fields.add("event", "coded")
      fields.add("request", request)
      fields.add("address", address)
      fields.add("code", hex: digest)
      fields.add("expires", expires)
    case .proved(let request, let address):
      fields.add("event", "proved")
      fields.add("request", request)
      fields.add("address", address)
    case .approved(let request, let approver, let evidence):
      fields.add("event", "approved")
      fields.add("request", request)
      fields.add("by", approver)
      fields.add("evidence", evidence)
    case .rejected(let request, let approver, let reason):
      fields.add("event", "rejected")
      fields.add("request", request)
      fields.add("by", approver)
      fields.add("reason", reason)
    default: break
    }
  }

  /// Of the journal. A program refuses what a later one wrote.
  static let version = 1
}

// MARK: - Reading

extension JournalEvent {
  init(_ bytes: ArraySlice<UInt8>) throws(JournalFault) {
    let fields = try JournalFields(bytes)
    date = try fields.date("at")
    content = try Self.content(try fields.text("event"), fields)
  }

  private static func content(_ name: String, _ fields: JournalFields) throws(JournalFault) -> Content {
    switch name {
    case "created": .created(try creation(fields))
    case "settings":
      .settings(baseURL: try fields.optionalText("url"), revocationListURL: try fields.optionalText("crlURL"))
    case "prepared": .prepared(try preparation(fields))
    case "issued": .issued(try serialNumber(try fields.text("serial")), signature: try fields.base64("signature"))
    case "revoked": try revocation(fields)
    case "listNumbered":
      .listNumbered(
        ListNumbering(
          kind: try list(fields), number: try fields.number("number"), thisUpdate: try fields.date("thisUpdate"),
          nextUpdate: try fields.date("nextUpdate"), base: try fields.optionalNumber("base")))
    case "listSigned":
      .listSigned(
        try list(fields), number: try fields.number("number"), signature: try fields.base64("signature"))
    case "requested":
      .requested(
        Arrival(
          id: try fields.text("request"), from: try fields.optionalText("from"),
          tokenDigest: try fields.optionalHex("token"), encoded: try fields.base64("csr")))
    case "coded":
      .coded(
        request: try fields.text("request"), address: try fields.text("address"), digest: try fields.hex("code"),
        expires: try fields.date("expires"))
    case "proved": .proved(request: try fields.text("request"), address: try fields.text("address"))
    case "approved":
      .approved(
        request: try fields.text("request"), by: try fields.text("by"), evidence: try fields.optionalText("evidence"))
    case "rejected":
      .rejected(request: try fields.text("request"), by: try fields.text("by"), reason: try fields.text("reason"))
    case "healed": .healed(byteCount: try fields.number("bytes"), kept: try fields.text("kept"))
    default: throw JournalFault("tells of '\(name)', which this program does not know")
    }
  }

  private static func creation(_ fields: JournalFields) throws(JournalFault) -> Creation {
    let version = try fields.number("version")
    guard version == Self.version else {
      throw JournalFault("is of version \(version), which this program does not know")
    }
    let shardCount = try fields.number("shards")
    guard AuthorityPlan.Settings.shardCounts.contains(shardCount) else {
      throw JournalFault("spreads over \(shardCount) lists")
    }
    return Creation(
      name: try fields.text("name"), root: try fields.base64("root"), issuing: try fields.base64("issuing"),
      rootKey: try fields.text("rootKey"), issuingKey: try fields.text("issuingKey"),
      settings: AuthorityPlan.Settings(
        baseURL: try fields.optionalText("url"), revocationListURL: try fields.optionalText("crlURL"),
        shardCount: shardCount),
      listNumber: try fields.number("listNumber"))
  }

  private static func preparation(_ fields: JournalFields) throws(JournalFault) -> Preparation {
    guard let purpose = IssuedRecord.Purpose(rawValue: try fields.text("purpose")) else {
      throw JournalFault("has a certificate for no known purpose")
    }
    return Preparation(
      serialNumber: try serialNumber(try fields.text("serial")), subject: try fields.text("subject"),
      addresses: try fields.texts("addresses"), notAfter: try fields.date("notAfter"), purpose: purpose,
      request: try fields.optionalText("request"), tbs: try fields.base64("tbs"))
  }

  private static func revocation(_ fields: JournalFields) throws(JournalFault) -> Content {
    guard let reason = RevocationReason(name: try fields.text("reason")) else {
      throw JournalFault("has no reason of RFC 5280")
    }
    var serialNumbers: [SerialNumber] = []
    for text in try fields.texts("serials") { serialNumbers.append(try serialNumber(text)) }
    return .revoked(serialNumbers, reason, at: try fields.date("date"))
  }

  private static func list(_ fields: JournalFields) throws(JournalFault) -> ListKind {
    guard let kind = ListKind(try fields.text("list")) else { throw JournalFault("names no list") }
    return kind
  }

  private static func serialNumber(_ text: String) throws(JournalFault) -> SerialNumber {
    guard let number = SerialNumber(hex: text), number.bytes.count <= 20 else {
      throw JournalFault("has no serial number")
    }
    return number
  }
}
