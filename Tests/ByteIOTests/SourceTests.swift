import ByteIO
import Testing

struct SourceTests {
  private static let bytes = Array(UInt8(0)..<100)

  @Test func slicesOfSlices() throws {
    let source = BufferSource(Self.bytes)
    let slice = source.slice(10..<20).slice(2..<5)
    #expect(try slice.readAll(limit: 10) == [12, 13, 14])
    #expect(source.slice(95..<200).count == 5)
    #expect(try source.slice(200..<300).readAll(limit: 10).isEmpty)
    var buffer = [UInt8](repeating: 0, count: 2)
    #expect(try slice.read(at: 2, into: &buffer) == 1)
    #expect(try slice.read(at: 3, into: &buffer) == 0)
    #expect(try slice.read(at: -1, into: &buffer) == 0)
  }

  @Test func aSliceOfAnArrayKeepsItsPlace() throws {
    let source = BufferSource(Self.bytes[50..<60])
    #expect(try source.bytes(in: 0..<2) == [50, 51])
    #expect(try source.readAll(limit: 10) == Array(50..<60))
    #expect(throws: IOFailure.self) { try source.bytes(in: 5..<11) }
  }

  @Test func shortReadsArePutTogether() throws {
    let source = DripSource(Self.bytes, most: 3)
    #expect(try source.bytes(in: 0..<100) == Self.bytes)
    #expect(try source.readAll(limit: 100) == Self.bytes)
    let sink = BufferSink()
    #expect(try source.copy(to: sink) == 100)
    #expect(sink.bytes == Self.bytes)
  }

  @Test func limits() throws {
    let source = BufferSource(Self.bytes)
    #expect(throws: LimitExceeded(.size, limit: 99)) { try source.readAll(limit: 99) }
    #expect(throws: LimitExceeded(.size, limit: 99)) { try source.copy(to: BufferSink(limit: 99)) }
    #expect(try source.copy(to: NullSink()) == 100)
  }

  @Test func failuresAreOneLine() {
    #expect(IOFailure(.cannotOpen, "f", detail: "gone").description == "f: cannot open (gone)")
    #expect(IOFailure(.exists, "f").description == "f: exists already")
    #expect(LimitExceeded(.parts, limit: 3).description == "more than 3 parts")
    let placed = LimitExceeded(.recipients, limit: 10_000, path: "EnvelopedData.recipientInfos", offset: 40)
    #expect(placed.description == "EnvelopedData.recipientInfos: more than 10 000 recipients at byte 40")
    #expect(placed == LimitExceeded(.recipients, limit: 10_000))
  }

  @Test(arguments: [
    (LimitExceeded.Resource.size, 999, "more than 999 bytes"), (.size, 1_234_567, "more than 1 234 567 bytes"),
    (.size, 32 << 20, "more than 32 MiB"), (.size, 16 << 30, "more than 16 GiB"),
    (.nesting, 32, "nested deeper than 32 levels"), (.inflation, 200, "grows to more than 200 times its size"),
    (.elements, 1_000, "more than 1 000 elements"), (.signers, 64, "more than 64 signers"),
    (.keyOperations, 64, "more than 64 encrypted keys to be tried"),
    (.keyDerivationRounds, 10_000_000, "more than 10 000 000 rounds of key derivation"),
    (.keyDerivationMemory, 64 << 20, "a key derivation that takes more than 64 MiB"),
  ]) func `Limits are told in words`(resource: LimitExceeded.Resource, limit: Int, words: String) {
    #expect(LimitExceeded(resource, limit: limit).description == words)
  }
}
