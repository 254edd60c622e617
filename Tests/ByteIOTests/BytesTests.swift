import ByteIO
import Testing

@Suite struct BytesTests {
  @Test(arguments: [0, 1, 2, 7, 30]) func `A byte is found in a slice where it stands first, and not outside it`(
    start: Int
  ) {
    let all = [UInt8](repeating: 1, count: 5) + [UInt8](repeating: 9, count: start) + [7, 9, 7, 9] + [3, 0]
    let slice = all[5..<all.count - 2]
    #expect(Bytes.first(7, in: slice) == 5 + start)
    #expect(Bytes.first(7, in: slice[(6 + start)...]) == 7 + start)
    #expect(Bytes.first(9, in: slice) == slice.firstIndex(of: 9))
    for outside in [0, 1, 3, 255] as [UInt8] { #expect(Bytes.first(outside, in: slice) == nil) }
    #expect(Bytes.first(7, in: slice[slice.endIndex...]) == nil && Bytes.first(7, in: []) == nil)
  }

  @Test func `Only the same bytes are equal`() {
    let all: [UInt8] = Array("xserial".utf8)
    #expect(Bytes.areEqual(all[1...], "serial") && Bytes.areEqual([], ""))
    for other in ["serials", "seria", "Serial", "seriam", ""] as [StaticString] {
      #expect(!Bytes.areEqual(all[1...], other))
    }
    #expect(Bytes.areEqual(all[1...], Array("serial".utf8)[...]) && Bytes.areEqual([], all[7...]))
    #expect(!Bytes.areEqual(all[1...], all[...]) && !Bytes.areEqual(all[1...], all[..<6]))
  }
}
