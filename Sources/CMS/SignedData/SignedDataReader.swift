public import ByteIO
import PKIX
import SMIMECrypto
import SwiftASN1

/// Reads a SignedData object of any size in one pass, digesting its content on the way.
///
///     let data = try SignedDataReader(stream).read(detached: content)
///     for case .success(let signer) in data.signerInfos { … signer.verify(in: data, certificate: …) }
///
/// A second pass over the content is made only when a signer asks for a digest that `digestAlgorithms` does not
/// announce, or for the content as a whole.
public struct SignedDataReader: Sendable {
  private let stream: any ByteStream
  private let limits: CMSLimits

  public init(_ stream: any ByteStream, limits: CMSLimits = .standard) {
    self.stream = stream
    self.limits = limits
  }

  /// Reads the object. Content inside it goes to `sink`, unverified as it is; `detached` is content that came beside it.
  ///
  /// Throws `Malformed` if there is no SignedData to be had, and whatever the streams throw. A signer that cannot be
  /// read is a failure in `signerInfos`, and a certificate that cannot is kept: neither fails the others.
  public func read(content sink: any ByteSink = NullSink(), detached: (any ByteStream)? = nil) throws -> SignedData {
    let reader = TLVReader(stream, as: "ContentInfo", limits: limits)
    let (version, digestAlgorithms) = try openSignedData(reader)

    try reader.enter(.sequence, "encapContentInfo")
    let contentType = ContentType(try reader.oid("eContentType"))
    var observer = ContentObserver(digestAlgorithms.compactMap { try? DigestAlgorithm($0) }, passingTo: sink)
    let hasContent = try reader.isNext(.context(0))
    var contentCount = 0
    if hasContent { contentCount = try readContent(reader, to: observer) }
    try reader.leave()

    var defects: [Malformed] = []
    let certificates = try elements(reader, .context(0), "certificates", limit: limits.certificates)
    let crls = try elements(reader, .context(1), "crls", limit: limits.certificates)
    let signers = try signerInfos(reader)
    let following = try ContentInfo.close(reader)
    defects += following

    let place: SignedData.ContentPlace =
      switch (hasContent, detached != nil) {
      case (true, true): .both
      case (true, false): .attached
      case (false, true): .detached
      case (false, false): .nowhere
      }
    let needs = ContentNeeds(of: signers)
    if place == .detached, let detached, !signers.isEmpty {
      observer = ContentObserver(needs.digests, passingTo: NullSink(), keeping: needs.keptBytes(limits))
      contentCount = try detached.copy(to: observer)
    } else if place == .attached, !needs.isMet(by: observer) {
      observer = ContentObserver(needs.digests, passingTo: NullSink(), keeping: needs.keptBytes(limits))
      let again = TLVReader(stream, as: "ContentInfo", limits: limits)
      _ = try openSignedData(again)
      try again.enter(.sequence, "encapContentInfo")
      try again.skip()
      _ = try readContent(again, to: observer)
    }

    let readable = certificates.map { element in (element, Self.certificate(element, &defects)) }
    let lists = crls.map { element in (element, Self.list(element, &defects)) }
    return SignedData(
      version: version, digestAlgorithms: digestAlgorithms, contentType: contentType, contentPlace: place,
      contentCount: contentCount, certificates: readable.compactMap(\.1),
      otherCertificates: readable.filter { $0.1 == nil }.map(\.0.bytes), crls: lists.compactMap(\.1),
      otherRevocationInfo: lists.filter { $0.1 == nil }.map(\.0.bytes), signerInfos: signers,
      digests: observer.digests(), defects: defects, isFollowedByData: !following.isEmpty,
      wholeContent: observer.wholeContent, contentLooksLikeAttributes: observer.looksLikeAttributes)
  }

  /// Reads up to encapContentInfo.
  private func openSignedData(_ reader: TLVReader) throws -> (version: Int, digests: [AlgorithmIdentifier]) {
    _ = try ContentInfo.open(reader, [.signedData: "SignedData"])
    let version = try reader.int("version")
    let element = try reader.element(.set, "digestAlgorithms")
    do throws(Malformed) {
      var top = try element.cursor()
      var set = try top.enter(.set)
      var algorithms: [AlgorithmIdentifier] = []
      while !set.isAtEnd {
        var fields = try set.element()
        algorithms.append(try AlgorithmIdentifier(fields: &fields))
      }
      return (version, algorithms)
    } catch { throw element.place(error) }
  }

  private func readContent(_ reader: TLVReader, to observer: ContentObserver) throws -> Int {
    try reader.enter(.context(0), "eContent")
    guard let header = try reader.next() else { throw reader.failure("is empty") }
    guard header.tag == .octetString else {
      throw Unsupported("PKCS#7 content that is not an OCTET STRING (\(header.tag.name))")
    }
    let count = try reader.copyOctets("content", to: observer)
    try reader.leave()
    return count
  }

  /// The members of an IMPLICIT set that may be absent.
  private func elements(
    _ reader: TLVReader, _ tag: ASN1Identifier, _ field: StaticString, limit: Int
  ) throws -> [TLVReader.Element] {
    guard try reader.isNext(tag) else { return [] }
    try reader.enter(tag, field)
    var elements: [TLVReader.Element] = []
    while try reader.next() != nil {
      guard elements.count < limit else { throw LimitExceeded(.elements, limit: limit) }
      elements.append(try reader.indexedElement())
    }
    try reader.leave()
    return elements
  }

  private func signerInfos(_ reader: TLVReader) throws -> [Result<SignerInfo, Malformed>] {
    try reader.enter(.set, "signerInfos")
    var signers: [Result<SignerInfo, Malformed>] = []
    while try reader.next() != nil {
      guard signers.count < limits.signers else { throw LimitExceeded(.signers, limit: limits.signers) }
      let element = try reader.indexedElement()
      do throws(Malformed) {
        signers.append(.success(try SignerInfo(element)))
      } catch { signers.append(.failure(error)) }
    }
    try reader.leave()
    return signers
  }

  /// RFC 5652 §10.2.2: other members than X.509 certificates have a context tag; they are kept, and are no defect.
  private static func certificate(_ element: TLVReader.Element, _ defects: inout [Malformed]) -> Certificate? {
    guard element.bytes.first == 0x30 else { return nil }
    do throws(Malformed) {
      return try Certificate(der: element.bytes)
    } catch {
      defects.append(Malformed(error.reason, path: element.path, offset: element.offset + (error.offset ?? 0)))
      return nil
    }
  }

  private static func list(_ element: TLVReader.Element, _ defects: inout [Malformed]) -> CertificateRevocationList? {
    guard element.bytes.first == 0x30 else { return nil }
    do throws(Malformed) {
      return try CertificateRevocationList(der: element.bytes)
    } catch {
      defects.append(Malformed(error.reason, path: element.path, offset: element.offset + (error.offset ?? 0)))
      return nil
    }
  }
}

/// What the signers of one object need to know of its content.
private struct ContentNeeds {
  var digests: [DigestAlgorithm] = []
  /// RFC 8419 §2: a signer without signed attributes whose algorithm takes the whole message.
  var whole = false

  init(of signers: [Result<SignerInfo, Malformed>]) {
    for case .success(let signer) in signers {
      guard let digest = try? DigestAlgorithm(signer.digestAlgorithm) else { continue }
      if !digests.contains(digest) { digests.append(digest) }
      guard signer.signedAttributes == nil else { continue }
      if (try? SignatureAlgorithm(signer.signatureAlgorithm, digest: digest)) == .ed25519 { whole = true }
    }
  }

  func isMet(by observer: ContentObserver) -> Bool { !whole && digests.allSatisfy(observer.observes) }

  func keptBytes(_ limits: CMSLimits) -> Int { whole ? limits.oneShotBytes : 0 }
}
