public import ByteIO
public import SMIMECrypto
import SwiftASN1

/// RFC 3274 §1.1, as it was read: everything but the content.
///
///     CompressedData ::= SEQUENCE {
///         version               CMSVersion,  -- Always set to 0
///         compressionAlgorithm  CompressionAlgorithmIdentifier,
///         encapContentInfo      EncapsulatedContentInfo }
public struct CompressedData: Hashable, Sendable {
  public let contentType: ContentType
  /// How many octets the content has, inflated.
  public let contentCount: Int
  /// What is wrong and changes nothing: data behind the object.
  public let defects: [Malformed]

  /// id-alg-zlibCompress (RFC 3274 §2), without parameters.
  static let zlib = AlgorithmIdentifier([1, 2, 840, 113549, 1, 9, 16, 3, 8])
}

/// Reads a CompressedData object of any size in one pass. What may come out of it is counted against
/// ``CMSLimits/inflatedBytes`` and ``CMSLimits/inflationRatio`` before it is handed on.
public struct CompressedDataReader: Sendable {
  private let stream: any ByteStream
  private let limits: CMSLimits

  public init(_ stream: any ByteStream, limits: CMSLimits = .standard) {
    self.stream = stream
    self.limits = limits
  }

  /// How many octets the content can have at most.
  public var contentLimit: Int { InflatingSink.allowed(stream.countLimit, limits) }

  /// Inflates the content into `sink`.
  ///
  /// Throws `Malformed`, `Unsupported` for another algorithm than zlib, `LimitExceeded` for content that is out of
  /// proportion, and whatever the streams throw. What was handed on before is not taken back.
  public func read(content sink: any ByteSink) throws -> CompressedData {
    let reader = TLVReader(stream, as: "ContentInfo", limits: limits)
    _ = try ContentInfo.open(reader, [.compressedData: "CompressedData"])
    let versionAt = reader.offset
    let version = try reader.int("version")
    guard version == 0 else {
      throw Malformed("is \(version) and must be 0", path: "CompressedData.version", offset: versionAt)
    }
    try reader.algorithm("compressionAlgorithm").reading { algorithm in
      guard algorithm.algorithm == CompressedData.zlib.algorithm else {
        throw Unsupported("the compression algorithm \(algorithm.algorithm.digits)")
      }
      // QUIRK: OpenSSL and others write NULL; RFC 3274 §2 wants nothing.
      guard algorithm.hasNoParameters else { throw Malformed("zlib has parameters") }
    }
    try reader.enter(.sequence, "encapContentInfo")
    let type = ContentType(try reader.oid("eContentType"))
    try reader.enter(.context(0), "eContent")
    let path = "CompressedData.encapContentInfo.eContent"
    let inflating = try InflatingSink(passingTo: sink, limits: limits, path: path)
    do {
      _ = try reader.copyOctets("content", to: inflating)
    } catch let fault as InflatingSink.Fault {
      throw Malformed(fault.reason, path: path, offset: reader.offset + fault.taken)
    }
    guard inflating.isFinished else {
      throw Malformed("the compressed content ends early", path: path, offset: reader.offset)
    }
    try reader.leave()
    try reader.leave()
    return CompressedData(contentType: type, contentCount: inflating.made, defects: try ContentInfo.close(reader))
  }
}

/// Writes CompressedData: DER when it takes a mebibyte at most, else BER of indefinite length.
public enum CompressedDataWriter {
  /// Compresses `content`, the bytes as they are, and writes the object to `sink`.
  public static func compress(_ content: any ByteStream, type: ContentType = .data, to sink: any ByteSink) throws {
    let octets = WaitingOctets(frame(type, segmented: false), frame(type, segmented: true), sink)
    let deflating = try DeflatingSink(passingTo: octets)
    try content.copy(to: deflating)
    try deflating.finish()
    try octets.finish()
  }

  private static func frame(_ type: ContentType, segmented: Bool) -> ContentFrame {
    var frame = ContentFrame()
    frame.nest(BERFrame.sequence, before: DERWriter.encode { $0.oid(ContentType.compressedData.oid) })
    frame.nest(BERFrame.context(0))
    let before = DERWriter.encode { der in
      der.int(0)
      CompressedData.zlib.write(to: &der)
    }
    frame.nest(BERFrame.sequence, before: before)
    frame.nest(BERFrame.sequence, before: DERWriter.encode { $0.oid(type.oid) })
    frame.nest(BERFrame.context(0))
    if segmented { frame.nest(0x20 | BERFrame.octetString) }
    return frame
  }
}

/// Holds octets back until it is clear whether they are few, and writes them as one OCTET STRING or in segments.
private final class WaitingOctets: ByteSink {
  private let definite: ContentFrame
  private let indefinite: ContentFrame
  private let sink: any ByteSink
  private let segments: OctetStringSink
  private var waiting: [UInt8] = []
  private var isSegmented = false

  private static let limit = 1 << 20

  init(_ definite: ContentFrame, _ indefinite: ContentFrame, _ sink: any ByteSink) {
    self.definite = definite
    self.indefinite = indefinite
    self.sink = sink
    segments = OctetStringSink(sink, isSegmented: true)
  }

  func write(_ bytes: Span<UInt8>) throws {
    if isSegmented { return try segments.write(bytes) }
    unsafe bytes.withUnsafeBufferPointer { unsafe waiting.append(contentsOf: $0) }
    guard waiting.count > Self.limit else { return }
    isSegmented = true
    try sink.write(indefinite.head(inner: nil))
    try segments.write(waiting)
    waiting = []
  }

  func finish() throws {
    if isSegmented { return try sink.write(indefinite.tail(isDefinite: false)) }
    let octets = BERFrame.header(BERFrame.octetString, waiting.count)
    try sink.write(definite.head(inner: octets.count + waiting.count) + octets)
    try sink.write(waiting)
    try sink.write(definite.tail(isDefinite: true))
  }
}
