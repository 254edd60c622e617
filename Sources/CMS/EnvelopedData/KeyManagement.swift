import ByteIO
import PKIX
import SMIMECrypto
import SwiftASN1

/// What EnvelopedData, AuthEnvelopedData and AuthenticatedData begin with: whom the object is for.
///
///     version         CMSVersion,
///     originatorInfo  [0] IMPLICIT OriginatorInfo OPTIONAL,
///     recipientInfos  SET OF RecipientInfo
///     OriginatorInfo ::= SEQUENCE {
///         certs  [0] IMPLICIT CertificateSet OPTIONAL,
///         crls   [1] IMPLICIT RevocationInfoChoices OPTIONAL }
struct KeyManagement: Sendable {
  let version: Int
  /// nil where there is no originatorInfo.
  let originator: Originator?
  let recipients: [RecipientInfo]
  /// What ``recipients`` were read from.
  private let elements: [TLVReader.Element]

  /// OriginatorInfo, as far as it matters.
  struct Originator: Sendable {
    /// The certificates that can be read.
    var certificates: [Certificate] = []
    /// CertificateChoices [2], attribute certificates of version 2.
    var hasAttributeCertificates = false
    /// CertificateChoices [3] or RevocationInfoChoices [1].
    var hasOther = false
  }

  /// Reads up to what follows recipientInfos.
  init(_ reader: TLVReader, _ limits: CMSLimits) throws {
    version = try reader.int("version")
    originator = try Self.originator(reader, limits)
    (recipients, elements) = try Self.recipients(reader, limits)
  }

  /// `error`, which was met when a recipient was made use of, with its place in the object.
  func placed(_ error: any Error, atRecipient index: Int) -> any Error {
    let kind = FaultPlace(recipients[index].kindName, offset: elements[index].bytes.startIndex)
    return elements[index].placed(kind.placed(error))
  }

  /// Passes over what ``init(_:_:)`` reads.
  static func skip(_ reader: TLVReader) throws {
    try reader.skip()
    if try reader.isNext(.context(0)) { try reader.skip() }
    try reader.skip()
  }

  private static func originator(_ reader: TLVReader, _ limits: CMSLimits) throws -> Originator? {
    guard try reader.isNext(.context(0)) else { return nil }
    try reader.enter(.context(0), "originatorInfo")
    var result = Originator()
    var count = 0
    for (tag, field) in [(ASN1Identifier.context(0), "certs" as StaticString), (.context(1), "crls")] {
      guard try reader.isNext(tag) else { continue }
      try reader.enter(tag, field)
      while try reader.next() != nil {
        count += 1
        guard count <= limits.certificates else { throw reader.exceeded(.elements, limits.certificates) }
        let isCRL = tag == .context(1)
        if try reader.isNext(.context(3)) { result.hasOther = result.hasOther || !isCRL }
        if try reader.isNext(.context(2)), !isCRL { result.hasAttributeCertificates = true }
        if try reader.isNext(.context(1)) { result.hasOther = result.hasOther || isCRL }
        let element = try reader.indexedElement()
        if !isCRL, let certificate = try? Certificate(der: element.bytes) { result.certificates.append(certificate) }
      }
      try reader.leave()
    }
    try reader.leave()
    return result
  }

  private static func recipients(
    _ reader: TLVReader, _ limits: CMSLimits
  ) throws -> ([RecipientInfo], [TLVReader.Element]) {
    try reader.enter(.set, "recipientInfos")
    var recipients: [RecipientInfo] = []
    var elements: [TLVReader.Element] = []
    var count = 0
    while try reader.next() != nil {
      let element = try reader.indexedElement()
      let recipient = RecipientInfo(element, room: limits.recipients - count)
      count += recipient.keyCount
      guard count <= limits.recipients else {
        throw element.placed(LimitExceeded(.recipients, limit: limits.recipients))
      }
      recipients.append(recipient)
      elements.append(element)
    }
    try reader.leave()
    return (recipients, elements)
  }

  // MARK: Versions

  /// RFC 5652 §6.1: what the version of EnvelopedData must be.
  static func envelopedVersion(
    _ recipients: [RecipientInfo], _ originator: Originator?, hasUnprotectedAttributes: Bool
  ) -> Int {
    if let originator, originator.hasOther { return 4 }
    if let originator, originator.hasAttributeCertificates { return 3 }
    let isExtended = recipients.contains { recipient in
      switch recipient {
      case .password, .kem, .other: true
      case .keyTransport, .keyAgreement, .keyEncryptionKey: false
      }
    }
    if isExtended { return 3 }
    let isPlain = recipients.allSatisfy { $0.versions?.required == 0 }
    return originator == nil && !hasUnprotectedAttributes && isPlain ? 0 : 2
  }

  /// RFC 5652 §9.1: what the version of AuthenticatedData must be.
  static func authenticatedVersion(_ originator: Originator?) -> Int {
    guard let originator else { return 0 }
    return originator.hasOther ? 3 : originator.hasAttributeCertificates ? 1 : 0
  }

  /// What is wrong with versions. Nothing follows from them, so that they fail no message; they are told.
  func defects(in structure: StaticString, required: Int) -> [Malformed] {
    var defects: [Malformed] = []
    if version != required {
      defects.append(Malformed("is \(version) and must be \(required)", path: "\(structure).version"))
    }
    for (index, recipient) in recipients.enumerated() {
      guard let versions = recipient.versions, versions.found != versions.required else { continue }
      defects.append(
        Malformed(
          "is \(versions.found) and must be \(versions.required)",
          path: "\(structure).recipientInfos[\(index)].\(recipient.kindName).version"))
    }
    return defects
  }

  // MARK: Writing

  /// The recipients of `key`, and what the sender encloses, in DER.
  static func encoded(version: Int, _ recipients: [RecipientInfo], _ certificates: [Certificate]) -> [UInt8] {
    DERWriter.encode { der in
      der.int(version)
      if !certificates.isEmpty {
        der.context(0) { $0.setOf(certificates.map { Array($0.derBytes) }, tag: .context(0)) }
      }
      der.setOf(recipients.map(\.encoded))
    }
  }
}
