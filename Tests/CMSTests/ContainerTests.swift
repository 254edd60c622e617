import ByteIO
import Foundation
import SMIMECrypto
import SwiftASN1
import Testing

@testable import CMS

@Suite struct `DigestedData` {
  private let content = Array("Hello, Bob.\r\n".utf8)

  private func written(
    _ stream: any ByteStream, type: ContentType = .data, digest: DigestAlgorithm = .sha256,
    form: SignedDataWriter.Form = .attached
  ) throws -> [UInt8] {
    let sink = BufferSink()
    try DigestedDataWriter.write(stream, type: type, digest: digest, form: form, to: sink)
    return sink.bytes
  }

  @Test(arguments: [DigestAlgorithm.sha256, .sha512, .sha3_256])
  func `What is digested is intact, inside and beside`(digest: DigestAlgorithm) throws {
    let attached = try written(BufferSource(content), digest: digest)
    _ = try ASN1Cursor(attached[...], as: "ContentInfo", rules: .der)
    let sink = BufferSink()
    let read = try DigestedDataReader(BufferSource(attached)).read(content: sink)
    #expect(read.state == .intact && read.version == 0 && read.contentCount == content.count && read.defects.isEmpty)
    #expect(sink.bytes == content)
    let detached = BufferSource(try written(BufferSource(content), digest: digest, form: .detached))
    #expect(try DigestedDataReader(detached).read(detached: BufferSource(content)).state == .intact)
    #expect(try DigestedDataReader(detached).read(detached: BufferSource([1])).state == .altered)
    #expect(try DigestedDataReader(detached).read().state == .contentMissing)
    #expect(
      try DigestedDataReader(BufferSource(attached)).read(detached: BufferSource(content)).state == .contentDoubled)
  }

  @Test func `Content of unknown size is digested in one pass`() throws {
    let large = (0..<1_100_000).map { UInt8(truncatingIfNeeded: $0 &* 13) }
    let object = try written(DrippingStream(bytes: large, run: 50_001), type: .signedData)
    #expect(object.starts(with: [0x30, 0x80]))
    let sink = BufferSink()
    let read = try DigestedDataReader(DrippingStream(bytes: object, run: 1_013)).read(content: sink)
    #expect(read.state == .intact && read.version == 2 && read.contentType == .signedData)
    #expect(sink.bytes == large)
  }

  @Test func `Every damage is told`() throws {
    let object = try written(BufferSource(content))
    for index in object.indices {
      var flipped = object
      flipped[index] ^= 1 << UInt8(index % 8)
      let sink = BufferSink()
      guard let read = try? DigestedDataReader(BufferSource(flipped)).read(content: sink) else { continue }
      #expect(read.state != .intact || sink.bytes == content)
    }
    for count in 0..<object.count {
      #expect(throws: Malformed.self) { try DigestedDataReader(BufferSource(object.prefix(count))).read() }
    }
  }

  @Test func `Weak and unknown digests are named`() throws {
    let weak = BufferSource(try written(BufferSource(content), digest: .sha1))
    #expect(try DigestedDataReader(weak).read().state == .weakAlgorithm("SHA-1"))
    #expect(try DigestedDataReader(weak).read(policy: .legacy).state == .intact)
    var unknown = try written(BufferSource(content))
    let oid = DERWriter.encode { $0.oid(DigestAlgorithm.sha256.oid) }
    let place = try #require((0..<unknown.count - oid.count).first { Array(unknown[$0..<$0 + oid.count]) == oid })
    unknown[place + oid.count - 1] = 0x7F
    guard case .unsupported = try DigestedDataReader(BufferSource(unknown)).read().state else {
      Issue.record("an unknown digest")
      return
    }
  }
}

@Suite struct `Content of the type data` {
  private static let oid = DERWriter.encode { $0.oid(ContentType.data.oid) }

  private func wrapped(_ stream: any ByteStream) throws -> [UInt8] {
    let sink = BufferSink()
    try DataContentWriter.write(stream, to: sink)
    return sink.bytes
  }

  /// An object of the type data around `content`, the value and its tag.
  private static func object(_ content: [UInt8], type: [UInt8] = oid) -> [UInt8] {
    DERWriter.encode { der in
      der.sequence { der in
        der.raw(type)
        der.context(0) { $0.raw(content) }
      }
    }
  }

  @Test(arguments: [0, 1, 127, 128, 200_000, 1_500_000])
  func `What is wrapped comes out as it went in`(count: Int) throws {
    let content = `CompressedData`.noise(count)
    for stream in [BufferSource(content), DrippingStream(bytes: content, run: 50_001)] as [any ByteStream] {
      let object = try wrapped(stream)
      let isStreamed = stream is DrippingStream && count > 1 << 20
      #expect(object.starts(with: [0x30, 0x80]) == isStreamed)
      if !isStreamed { #expect(object == Self.object(DERWriter.encode { $0.octets(content) })) }
      #expect(try ContentInfo.contentType(of: BufferSource(object)) == .data)
      for source in [BufferSource(object), DrippingStream(bytes: object, run: 997)] as [any ByteStream] {
        let sink = BufferSink()
        let read = try DataContentReader(source).read(content: sink)
        #expect(sink.bytes == content && read.contentCount == count && read.defects.isEmpty)
      }
    }
  }

  @Test func `Segments in segments are one content`() throws {
    let segments: [UInt8] = [0x24, 0x80, 0x04, 0x01, 1, 0x24, 0x80, 0x04, 0x02, 2, 3, 0, 0, 0x04, 0x00, 0, 0]
    for object in [[0x30, 0x80] + Self.oid + [0xA0, 0x80] + segments + [0, 0, 0, 0], Self.object(segments)] {
      let sink = BufferSink()
      #expect(try DataContentReader(BufferSource(object)).read(content: sink).contentCount == 3)
      #expect(sink.bytes == [1, 2, 3])
    }
  }

  @Test(arguments: [
    (object([0x04, 0x00], type: DERWriter.encode { $0.oid(ContentType.signedData.oid) }), "is signedData, not data"),
    (object([0x02, 0x01, 0x05]), "expected OCTET STRING"), (object([]), "is missing"),
    (object([0x04, 0x00, 0x04, 0x00]), "more than the structure allows"),
    (object([0x24, 0x03, 0x02, 0x01, 0x05]), "a segment is INTEGER"),
    ([0x30, 0x0B] + oid, "is missing"), ([0x30, 0x80] + oid + [0xA0, 0x80, 0x04, 0x01, 0x61], "ends"),
    ([0x30, 0x03, 0x02, 0x01, 0x05], "expected OBJECT IDENTIFIER"), ([0x04, 0x00], "expected SEQUENCE"),
    ([], "is missing"),
  ]) func `What is no such object is told, with its place`(object: [UInt8], words: String) throws {
    let fault = #expect(throws: Malformed.self) {
      _ = try DataContentReader(BufferSource(object)).read(content: NullSink())
    }
    #expect(fault?.reason.contains(words) == true, "\(fault.map { "\($0)" } ?? "")")
    #expect(fault?.path.hasPrefix("ContentInfo") == true && fault?.offset.map { $0 <= object.count } == true)
  }

  @Test func `Every truncation is an error, and what follows is told`() throws {
    let object = try wrapped(BufferSource([UInt8](repeating: 7, count: 300)))
    for count in 0..<object.count {
      #expect(throws: Malformed.self) {
        _ = try DataContentReader(BufferSource(object.prefix(count))).read(content: NullSink())
      }
    }
    let read = try DataContentReader(BufferSource(object + [0])).read(content: NullSink())
    #expect(read.contentCount == 300 && read.defects.map(\.offset) == [object.count])
  }
}

@Suite struct `CompressedData` {
  private func compressed(_ stream: any ByteStream, type: ContentType = .data) throws -> [UInt8] {
    let sink = BufferSink()
    try CompressedDataWriter.compress(stream, type: type, to: sink)
    return sink.bytes
  }

  /// Octets that do not shrink.
  static func noise(_ count: Int) -> [UInt8] {
    var state: UInt64 = 88_172_645_463_325_252
    return (0..<count).map { _ in
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return UInt8(truncatingIfNeeded: state)
    }
  }

  @Test(arguments: [0, 1, 100, 200_000, 1_500_000])
  func `What is compressed comes out as it went in`(count: Int) throws {
    let content = Self.noise(count)
    let object = try compressed(DrippingStream(bytes: content, run: 70_003), type: .signedData)
    // Small ones are DER, large ones in segments.
    #expect(object.starts(with: [0x30, 0x80]) == (count > 1 << 20))
    let sink = BufferSink()
    let read = try CompressedDataReader(DrippingStream(bytes: object, run: 997)).read(content: sink)
    #expect(sink.bytes == content)
    #expect(read.contentCount == count && read.contentType == .signedData && read.defects.isEmpty)
  }

  @Test func `Text becomes smaller`() throws {
    let text = Array(String(repeating: "Dear Bob, this is the same line again.\r\n", count: 5_000).utf8)
    let object = try compressed(BufferSource(text))
    #expect(object.count * 20 < text.count)
    let sink = BufferSink()
    _ = try CompressedDataReader(BufferSource(object)).read(content: sink)
    #expect(sink.bytes == text)
  }

  @Test func `A bomb is refused by its ratio, before its content is handed on`() throws {
    let bomb = try compressed(ZeroSource(count: 64 << 20))
    #expect(bomb.count < 100_000)
    let sink = CountingSink()
    #expect(throws: LimitExceeded(.inflation, limit: 200)) {
      _ = try CompressedDataReader(BufferSource(bomb)).read(content: sink)
    }
    // What may come out whatever went in, and what the octets read so far are worth: never more.
    #expect(sink.count <= max(1 << 20, bomb.count * 200))
    #expect(sink.count < 64 << 20)
    #expect(CompressedDataReader(BufferSource(bomb)).contentLimit == bomb.count * 200)
    #expect(CompressedDataReader(BufferSource([0x30])).contentLimit == 1 << 20)
    #expect(CompressedDataReader(DrippingStream(bytes: bomb, run: 1)).contentLimit == CMSLimits.standard.inflatedBytes)
    var generous = CMSLimits()
    generous.inflationRatio = 2_000
    #expect(
      try CompressedDataReader(BufferSource(bomb), limits: generous).read(content: NullSink()).contentCount == 64 << 20)
    generous.inflatedBytes = 1_000_000
    let small = CountingSink()
    #expect(throws: LimitExceeded(.size, limit: 1_000_000)) {
      _ = try CompressedDataReader(BufferSource(bomb), limits: generous).read(content: small)
    }
    #expect(small.count <= 1_000_000)
  }

  @Test func `A budget that is just enough is enough`() throws {
    let object = try compressed(BufferSource([UInt8](repeating: 7, count: 5_000)))
    var limits = CMSLimits()
    limits.inflatedBytes = 5_000
    #expect(
      try CompressedDataReader(BufferSource(object), limits: limits).read(content: NullSink()).contentCount == 5_000)
    limits.inflatedBytes = 4_999
    #expect(throws: LimitExceeded(.size, limit: 4_999)) {
      _ = try CompressedDataReader(BufferSource(object), limits: limits).read(content: NullSink())
    }
  }

  @Test func `Every truncation is an error, and damage is one with a place`() throws {
    let content = Self.noise(300)
    let object = try compressed(BufferSource(content))
    for count in 0..<object.count {
      #expect(throws: Malformed.self) {
        _ = try CompressedDataReader(BufferSource(object.prefix(count))).read(content: NullSink())
      }
    }
    for index in object.indices {
      var flipped = object
      flipped[index] ^= 1 << UInt8(index % 8)
      let sink = BufferSink()
      do {
        _ = try CompressedDataReader(BufferSource(flipped)).read(content: sink)
        #expect(sink.bytes == content)
      } catch let fault as Malformed {
        #expect(fault.path.hasPrefix("ContentInfo") || fault.path.hasPrefix("CompressedData"))
        #expect(fault.offset.map { $0 <= object.count } ?? false)
      } catch is Unsupported {}
    }
  }

  @Test func `What is wrong inside is named`() throws {
    func object(_ content: [UInt8], version: Int = 0, parameters: ArraySlice<UInt8>? = nil) -> BufferSource {
      BufferSource(
        DERWriter.encode { der in
          der.sequence { der in
            der.oid(ContentType.compressedData.oid)
            der.context(0) { der in
              der.sequence { der in
                der.int(version)
                AlgorithmIdentifier([1, 2, 840, 113549, 1, 9, 16, 3, 8], parameters: parameters).write(to: &der)
                der.sequence { der in
                  der.oid(ContentType.data.oid)
                  der.context(0) { $0.octets(content) }
                }
              }
            }
          }
        })
    }
    let stream: [UInt8] = [0x78, 0x9C, 0x03, 0x00, 0x00, 0x00, 0x00, 0x01]
    #expect(try CompressedDataReader(object(stream)).read(content: NullSink()).contentCount == 0)
    // OpenSSL writes no parameters, others NULL.
    #expect(try CompressedDataReader(object(stream, parameters: [5, 0])).read(content: NullSink()).contentCount == 0)
    for (source, words) in [
      (object(stream + [0]), "data follows the compressed content"), (object([1, 2, 3]), "is no zlib stream"),
      (object([]), "ends early"), (object(stream, version: 2), "must be 0"),
      (object(stream, parameters: [2, 1, 0]), "zlib has parameters"),
    ] {
      let fault = #expect(throws: Malformed.self) { _ = try CompressedDataReader(source).read(content: NullSink()) }
      #expect(fault?.reason.contains(words) == true, "\(fault.map { "\($0)" } ?? "")")
    }
  }
}
