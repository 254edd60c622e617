public import ByteIO
public import SMIMECrypto
import SwiftASN1

/// RFC 5652 §4, as it was read: everything but the content.
///
///     Data ::= OCTET STRING
///
/// An object that does nothing but hold its content: nobody signed it, and nothing tells damage.
public struct DataContent: Hashable, Sendable {
  /// How many octets the content has.
  public let contentCount: Int
  /// What is wrong and changes nothing: data behind the object.
  public let defects: [Malformed]
}

/// Reads a ContentInfo of the type id-data, of any size, in one pass.
public struct DataContentReader: Sendable {
  private let stream: any ByteStream
  private let limits: CMSLimits

  public init(_ stream: any ByteStream, limits: CMSLimits = .standard) {
    self.stream = stream
    self.limits = limits
  }

  /// Hands the content to `sink`.
  ///
  /// Throws `Malformed` if there is no such object to be had, and whatever the streams throw. What was handed on before is
  /// not taken back.
  public func read(content sink: any ByteSink) throws -> DataContent {
    let reader = TLVReader(stream, as: "ContentInfo", limits: limits)
    let start = reader.offset
    let type = try ContentInfo.open(reader)
    guard type == .data else {
      throw Malformed("is \(type), not \(ContentType.data)", path: "ContentInfo.contentType", offset: start)
    }
    let count = try reader.copyOctets("Data", to: sink)
    return DataContent(contentCount: count, defects: try ContentInfo.closeFrame(reader))
  }
}

/// Writes a ContentInfo of the type id-data: DER wherever the size of the content is known, else BER of indefinite length.
public enum DataContentWriter {
  /// Writes `content`, the bytes as they are, as an object to `sink`.
  public static func write(_ content: any ByteStream, to sink: any ByteSink) throws {
    let measured = try MeasuredContent(content)
    let octets = OctetStringSink(sink, isSegmented: measured.count == nil)
    let frame = frame(isSegmented: measured.count == nil)
    if let count = measured.count {
      let header = BERFrame.header(BERFrame.octetString, count)
      try sink.write(frame.head(inner: header.count + count) + header)
    } else {
      try sink.write(frame.head(inner: nil))
    }
    try measured.copy(to: octets)
    guard measured.count == nil || measured.count == octets.count else {
      throw IOFailure(.truncated, "byte \(octets.count)")
    }
    try sink.write(frame.tail(isDefinite: measured.count != nil))
  }

  private static func frame(isSegmented: Bool) -> ContentFrame {
    var frame = ContentFrame()
    frame.nest(BERFrame.sequence, before: DERWriter.encode { $0.oid(ContentType.data.oid) })
    frame.nest(BERFrame.context(0))
    if isSegmented { frame.nest(0x20 | BERFrame.octetString) }
    return frame
  }
}
