public import ByteIO
public import SMIMECrypto
import SwiftASN1

/// RFC 5652 §7, as it was read: everything but the content.
///
///     DigestedData ::= SEQUENCE {
///         version           CMSVersion,
///         digestAlgorithm   DigestAlgorithmIdentifier,
///         encapContentInfo  EncapsulatedContentInfo,
///         digest            OCTET STRING }
///
/// A digest tells damage. It proves nothing about who wrote the content.
public struct DigestedData: Hashable, Sendable {
  /// What the digest says of the content.
  public enum State: Hashable, Sendable {
    /// The content has this digest.
    case intact
    case altered
    /// The object holds none and none was given with it.
    case contentMissing
    /// The object holds content and content was given beside it.
    case contentDoubled
    case unsupported(Unsupported)
    /// It has this digest, by an algorithm that the policy refuses; the words name it.
    case weakAlgorithm(String)
  }

  public let version: Int
  public let digestAlgorithm: AlgorithmIdentifier
  public let contentType: ContentType
  public let contentCount: Int
  public let digest: ArraySlice<UInt8>
  public let state: State
  /// True when the object itself holds content.
  public let hasContent: Bool
  /// What is wrong and changes nothing: a version that does not fit, data behind the object.
  public let defects: [Malformed]
}

/// Reads a DigestedData object of any size in one pass.
public struct DigestedDataReader: Sendable {
  private let stream: any ByteStream
  private let limits: CMSLimits

  public init(_ stream: any ByteStream, limits: CMSLimits = .standard) {
    self.stream = stream
    self.limits = limits
  }

  /// Reads the object. Content inside it goes to `sink` before its digest is known; `detached` is content beside it.
  ///
  /// Throws `Malformed` if there is no DigestedData to be had, and whatever the streams throw.
  public func read(
    content sink: any ByteSink = NullSink(), detached: (any ByteStream)? = nil, policy: AlgorithmPolicy = .standard
  ) throws -> DigestedData {
    let reader = TLVReader(stream, as: "ContentInfo", limits: limits)
    _ = try ContentInfo.open(reader, [.digestedData: "DigestedData"])
    let versionAt = reader.offset
    let version = try reader.int("version")
    let algorithm = try reader.algorithm("digestAlgorithm")
    let identifier = algorithm.identifier
    let named = Result { try algorithm.reading { try DigestAlgorithm($0) } }
    let digests = (try? named.get()).map { [$0] } ?? []
    var observer = ContentObserver(digests, passingTo: sink)
    try reader.enter(.sequence, "encapContentInfo")
    let type = ContentType(try reader.oid("eContentType"))
    let hasContent = try reader.isNext(.context(0))
    var count = 0
    if hasContent {
      try reader.enter(.context(0), "eContent")
      count = try reader.copyOctets("content", to: observer)
      try reader.leave()
    }
    try reader.leave()
    let element = try reader.element(.octetString, "digest")
    let digest: ArraySlice<UInt8>
    do throws(Malformed) {
      var cursor = try element.cursor()
      digest = try cursor.octets("")
    } catch { throw element.place(Malformed(error.reason, offset: error.offset)) }
    var defects = try ContentInfo.close(reader)
    // RFC 5652 §7: 0 for data, 2 for everything else.
    let expected = type == .data ? 0 : 2
    if version != expected {
      let words = "is \(version) and must be \(expected) for content of type \(type)"
      defects.append(Malformed(words, path: "DigestedData.version", offset: versionAt))
    }
    if !hasContent, let detached {
      observer = ContentObserver(digests, passingTo: NullSink())
      count = try detached.copy(to: observer)
    }

    let state: DigestedData.State
    switch (named, hasContent, detached != nil) {
    case (_, true, true): state = .contentDoubled
    case (_, false, false): state = .contentMissing
    case (.failure(let error), _, _):
      state = .unsupported(error as? Unsupported ?? Unsupported("the digest algorithm \(identifier.algorithm.digits)"))
    case (.success(let algorithm), _, _):
      if observer.digests()[algorithm].map({ digest.elementsEqual($0) }) ?? false {
        state = policy.objection(to: algorithm).map { .weakAlgorithm($0) } ?? .intact
      } else {
        state = .altered
      }
    }
    return DigestedData(
      version: version, digestAlgorithm: identifier, contentType: type, contentCount: count, digest: digest,
      state: state, hasContent: hasContent, defects: defects)
  }
}

/// Writes DigestedData: DER wherever the size of the content is known, else BER of indefinite length.
public enum DigestedDataWriter {
  /// Digests `content`, the bytes as they are, and writes the object to `sink`.
  public static func write(
    _ content: any ByteStream, type: ContentType = .data, digest: DigestAlgorithm = .sha256,
    form: SignedDataWriter.Form = .attached, to sink: any ByteSink
  ) throws {
    let measured = try MeasuredContent(content)
    guard form == .attached, measured.count == nil else {
      let observer = ContentObserver([digest], passingTo: NullSink())
      try measured.copy(to: observer)
      let frame = frame(type, digest, try Self.digest(observer, digest), form == .attached ? .primitive : .none)
      guard form == .attached, let count = measured.count else {
        return try sink.write(frame.head(inner: 0) + frame.tail(isDefinite: true))
      }
      let octets = BERFrame.header(BERFrame.octetString, count)
      try sink.write(frame.head(inner: octets.count + count) + octets)
      let written = OctetStringSink(sink, isSegmented: false)
      try measured.copy(to: written)
      guard written.count == count else { throw IOFailure(.truncated, "byte \(written.count)") }
      return try sink.write(frame.tail(isDefinite: true))
    }
    try sink.write(frame(type, digest, [], .segmented).head(inner: nil))
    let observer = ContentObserver([digest], passingTo: OctetStringSink(sink, isSegmented: true))
    try measured.copy(to: observer)
    try sink.write(frame(type, digest, try Self.digest(observer, digest), .segmented).tail(isDefinite: false))
  }

  private static func digest(_ observer: ContentObserver, _ algorithm: DigestAlgorithm) throws -> [UInt8] {
    guard let digest = observer.digests()[algorithm] else { throw Unsupported(algorithm.name) }
    return digest
  }

  private static func frame(
    _ type: ContentType, _ algorithm: DigestAlgorithm, _ digest: [UInt8], _ content: SignedDataFrame.Content
  ) -> ContentFrame {
    var frame = ContentFrame()
    frame.nest(BERFrame.sequence, before: DERWriter.encode { $0.oid(ContentType.digestedData.oid) })
    frame.nest(BERFrame.context(0))
    let before = DERWriter.encode { der in
      der.int(type == .data ? 0 : 2)
      algorithm.identifier.write(to: &der)
    }
    frame.nest(BERFrame.sequence, before: before, after: DERWriter.encode { $0.octets(digest) })
    frame.nest(BERFrame.sequence, before: DERWriter.encode { $0.oid(type.oid) })
    if content != .none { frame.nest(BERFrame.context(0)) }
    if content == .segmented { frame.nest(0x20 | BERFrame.octetString) }
    return frame
  }
}
