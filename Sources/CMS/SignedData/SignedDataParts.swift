import ByteIO
import SMIMECrypto
import SwiftASN1

/// A SignedData taken apart in one pass, its content handed on: what reading and amending have in common.
struct SignedDataParts {
  let version: Int
  let digestAlgorithms: [AlgorithmIdentifier]
  let contentType: ContentType
  let hasContent: Bool
  let contentCount: Int
  /// nil when the set is absent.
  let certificates: [TLVReader.Element]?
  /// nil when the set is absent.
  let revocationInfo: [TLVReader.Element]?
  let signerInfos: [TLVReader.Element]
  /// What stands behind the object.
  let following: [Malformed]

  /// Reads `stream`; `observer` gets the content and is told before which digests the object announces.
  init(
    _ stream: any ByteStream, limits: CMSLimits, observer: ([AlgorithmIdentifier]) -> any ByteSink
  ) throws {
    let reader = TLVReader(stream, as: "ContentInfo", limits: limits)
    (version, digestAlgorithms) = try Self.open(reader, limits)
    try reader.enter(.sequence, "encapContentInfo")
    contentType = ContentType(try reader.oid("eContentType"))
    hasContent = try reader.isNext(.context(0))
    contentCount = hasContent ? try Self.copyContent(reader, to: observer(digestAlgorithms)) : 0
    try reader.leave()
    certificates = try Self.elements(reader, .context(0), "certificates", limit: limits.certificates)
    revocationInfo = try Self.elements(reader, .context(1), "crls", limit: limits.certificates)
    signerInfos = try Self.signerInfos(reader, limits)
    following = try ContentInfo.close(reader)
  }

  /// Hands the content of an object on that was read before, and must have some.
  static func copyContent(of stream: any ByteStream, limits: CMSLimits, to sink: any ByteSink) throws {
    let reader = TLVReader(stream, as: "ContentInfo", limits: limits)
    _ = try open(reader, limits)
    try reader.enter(.sequence, "encapContentInfo")
    try reader.skip()
    _ = try copyContent(reader, to: sink)
  }

  /// Reads up to encapContentInfo.
  private static func open(
    _ reader: TLVReader, _ limits: CMSLimits
  ) throws -> (version: Int, digests: [AlgorithmIdentifier]) {
    _ = try ContentInfo.open(reader, [.signedData: "SignedData"])
    let version = try reader.int("version")
    let element = try reader.element(.set, "digestAlgorithms")
    do {
      var top = try element.cursor()
      var set = try top.enter(.set)
      var algorithms: [AlgorithmIdentifier] = []
      while !set.isAtEnd {
        guard algorithms.count < limits.digestAlgorithms else {
          throw LimitExceeded(.digestAlgorithms, limit: limits.digestAlgorithms)
        }
        algorithms.append(try AlgorithmIdentifier(elementOf: &set))
      }
      return (version, algorithms)
    } catch let fault as Malformed { throw element.place(fault) }
  }

  private static func copyContent(_ reader: TLVReader, to sink: any ByteSink) throws -> Int {
    try reader.enter(.context(0), "eContent")
    guard let header = try reader.next() else { throw reader.failure("is empty") }
    guard header.tag == .octetString else {
      throw reader.refusal("PKCS#7 content that is not an OCTET STRING (\(header.tag.name))")
    }
    let count = try reader.copyOctets("content", to: sink)
    try reader.leave()
    return count
  }

  /// The members of an IMPLICIT set; nil when it is absent.
  private static func elements(
    _ reader: TLVReader, _ tag: ASN1Identifier, _ field: StaticString, limit: Int
  ) throws -> [TLVReader.Element]? {
    guard try reader.isNext(tag) else { return nil }
    try reader.enter(tag, field)
    var elements: [TLVReader.Element] = []
    while try reader.next() != nil {
      guard elements.count < limit else { throw reader.exceeded(.elements, limit) }
      elements.append(try reader.indexedElement())
    }
    try reader.leave()
    return elements
  }

  private static func signerInfos(_ reader: TLVReader, _ limits: CMSLimits) throws -> [TLVReader.Element] {
    try reader.enter(.set, "signerInfos")
    var elements: [TLVReader.Element] = []
    var budget = AttributeBudget(limits)
    while try reader.next() != nil {
      guard elements.count < limits.signers else { throw reader.exceeded(.signers, limits.signers) }
      let element = try reader.indexedElement()
      try budget.count(signerInfo: element.bytes)
      elements.append(element)
    }
    try reader.leave()
    return elements
  }
}

extension TLVReader.Element {
  /// The SignerInfo that this is, or why it is none.
  var signerInfo: Result<SignerInfo, Malformed> {
    do throws(Malformed) {
      return .success(try SignerInfo(self))
    } catch { return .failure(error) }
  }
}
