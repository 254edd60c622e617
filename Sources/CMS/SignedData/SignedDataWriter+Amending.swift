public import ByteIO
public import PKIX
import SMIMECrypto

/// Adding to a SignedData that exists. Its content, its certificates and lists and whatever its signers said stay byte for
/// byte, so that every signature goes on holding; the object around them is written anew, in definite lengths.
extension SignedDataWriter {
  /// Adds signatures by `signers` over the content of `object`, and writes the whole to `sink`.
  ///
  /// - Parameter detached: the content, when the object holds none.
  /// - Throws: ``ContentMismatch`` when the content is not what an earlier signer signed.
  public static func add(
    _ signers: [Signer], to object: any ByteStream, detached: (any ByteStream)? = nil,
    limits: CMSLimits = .standard, writingTo sink: any ByteSink
  ) async throws {
    let wanted = digests(of: signers)
    var observer = ContentObserver([], passingTo: NullSink())
    let parts = try SignedDataParts(object, limits: limits) { announced in
      observer = ContentObserver(wanted + announced.compactMap { try? DigestAlgorithm($0) }, passingTo: NullSink())
      return observer
    }
    switch (parts.hasContent, detached) {
    case (true, nil): break
    case (false, .some(let content)):
      let announced = parts.digestAlgorithms.compactMap { try? DigestAlgorithm($0) }
      observer = ContentObserver(wanted + announced, passingTo: NullSink())
      try content.copy(to: observer)
    case (true, .some):
      throw Malformed("is there, beside content that was given", path: "SignedData.encapContentInfo.eContent")
    case (false, nil): throw Malformed("is missing, and none was given", path: "SignedData.encapContentInfo.eContent")
    }
    let found = observer.digests()
    try compareEarlier(parts.signerInfos.compactMap { try? $0.signerInfo.get() }, found) {
      try SignedDataReader(object, limits: limits).read(detached: detached)
    }
    var frame = SignedDataFrame(parts)
    for signer in signers { frame.digestAlgorithms.insert(signer.digestIdentifier.encoded) }
    for certificate in signers.flatMap(\.enclosed) { frame.certificates.insert(Array(certificate.derBytes)) }
    for info in try await signerInfos(signers, parts.contentType, found) { frame.signerInfos.insert(info) }
    try write(frame, parts, of: object, limits, to: sink)
  }

  /// Makes sure that earlier signers signed content with the digests `found`, as far as it can be told.
  ///
  /// - Parameter read: reads the object, where it announces fewer digests than its signers used, or where a signer without
  ///   signed attributes says nothing but by its signature.
  private static func compareEarlier(
    _ signers: [SignerInfo], _ found: [DigestAlgorithm: [UInt8]], _ read: () throws -> SignedData
  ) throws {
    func digest(_ info: SignerInfo, _ digests: [DigestAlgorithm: [UInt8]]) -> [UInt8]? {
      (try? DigestAlgorithm(info.digestAlgorithm)).flatMap { digests[$0] }
    }
    let isPlain = signers.allSatisfy { $0.messageDigest != nil && digest($0, found) != nil }
    let data = isPlain ? nil : try read()
    for info in signers {
      if let said = info.messageDigest {
        guard let known = digest(info, data?.digests ?? found) else { continue }
        if !said.elementsEqual(known) { throw ContentMismatch(signer: info.path) }
      } else if let data, info.signedAttributes == nil {
        let verdicts = info.certificates(in: data.certificates).map {
          info.verify(in: data, certificate: $0, policy: .legacy)
        }
        let isOther = verdicts.allSatisfy { if case .contentAltered = $0 { true } else { false } }
        if !verdicts.isEmpty, isOther { throw ContentMismatch(signer: info.path) }
      }
    }
  }

  /// Writes `object` with other SignerInfos in the places of some: countersigned or time-stamped ones.
  ///
  ///     let signer = try data.signerInfos[0].get()
  ///     let better = try await signer.countersigned(by: [notary])
  ///     try SignedDataWriter.replaceSigners([0: better], in: object, adding: notary.chain, writingTo: sink)
  ///
  /// - Parameters:
  ///   - changes: new SignerInfos by the index of the old.
  ///   - certificates: what the new ones need to be verified. Those that are there already are not added again.
  public static func replaceSigners(
    _ changes: [Int: SignerInfo], in object: any ByteStream, adding certificates: [Certificate] = [],
    limits: CMSLimits = .standard, writingTo sink: any ByteSink
  ) throws {
    let parts = try SignedDataParts(object, limits: limits) { _ in NullSink() }
    var frame = SignedDataFrame(parts)
    for index in changes.keys where !parts.signerInfos.indices.contains(index) {
      throw Malformed("there is no signer \(index)", path: "SignedData.signerInfos")
    }
    frame.signerInfos.replace(changes.mapValues { Array($0.encoded) })
    for certificate in certificates { frame.certificates.insert(Array(certificate.derBytes)) }
    try write(frame, parts, of: object, limits, to: sink)
  }

  /// Countersigns every readable signer of `object` by each of `signers` (RFC 5652 §11.4).
  ///
  /// - Throws: `Malformed` when there is no signature to countersign.
  public static func countersign(
    _ object: any ByteStream, by signers: [Signer], limits: CMSLimits = .standard, writingTo sink: any ByteSink
  ) async throws {
    try await amendEverySigner(of: object, adding: signers.flatMap(\.enclosed), limits: limits, to: sink) {
      try await $0.countersigned(by: signers)
    }
  }

  /// Has the signature of every readable signer of `object` time-stamped (RFC 3161 Appendix A).
  ///
  /// - Throws: `Malformed` when there is no signature to stamp; ``TimestampRefused``, or whatever the source throws.
  public static func timestamp(
    _ object: any ByteStream, by source: any TimestampSource, limits: CMSLimits = .standard,
    writingTo sink: any ByteSink
  ) async throws {
    try await amendEverySigner(of: object, adding: [], limits: limits, to: sink) {
      try await $0.timestamped(by: source)
    }
  }

  private static func amendEverySigner(
    of object: any ByteStream, adding certificates: [Certificate], limits: CMSLimits, to sink: any ByteSink,
    _ amend: (SignerInfo) async throws -> SignerInfo
  ) async throws {
    let parts = try SignedDataParts(object, limits: limits) { _ in NullSink() }
    var changes: [Int: SignerInfo] = [:]
    for (index, element) in parts.signerInfos.enumerated() {
      guard case .success(let info) = element.signerInfo else { continue }
      changes[index] = try await amend(info)
    }
    guard !changes.isEmpty else { throw Malformed("there is no signature", path: "SignedData.signerInfos") }
    try replaceSigners(changes, in: object, adding: certificates, limits: limits, writingTo: sink)
  }

  private static func write(
    _ frame: SignedDataFrame, _ parts: SignedDataParts, of object: any ByteStream, _ limits: CMSLimits,
    to sink: any ByteSink
  ) throws {
    guard parts.hasContent else { return try sink.write(frame.detached) }
    try frame.write(contentCount: parts.contentCount, to: sink) { content in
      try SignedDataParts.copyContent(of: object, limits: limits, to: content)
    }
  }
}

extension SignedDataFrame {
  /// What `parts` were read from, to be added to.
  init(_ parts: SignedDataParts) {
    self.init(type: parts.contentType)
    digestAlgorithms = OrderedSet(asRead: parts.digestAlgorithms.map(\.encoded))
    certificates = OrderedSet(asRead: parts.certificates.map { $0.map { Array($0.bytes) } })
    revocationInfo = OrderedSet(asRead: parts.revocationInfo.map { $0.map { Array($0.bytes) } })
    signerInfos = OrderedSet(asRead: parts.signerInfos.map { Array($0.bytes) })
    read = (parts.version, demandedVersion)
  }
}

/// The content to be signed is not what the object's other signers signed.
public struct ContentMismatch: Error, Hashable, Sendable, CustomStringConvertible {
  /// The place of a signer who signed something else.
  public let signer: String

  public var description: String { "\(signer) signed other content than this" }
}
