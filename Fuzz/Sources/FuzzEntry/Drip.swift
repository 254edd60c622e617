public import ByteIO

/// Gives bytes three at a time, as pipes do.
public struct Drip: ByteStream {
  private let bytes: [UInt8]

  public init(_ bytes: [UInt8]) { self.bytes = bytes }

  public func makeReader() -> any ByteReader { Reader(rest: bytes[...]) }

  private final class Reader: ByteReader {
    private var rest: ArraySlice<UInt8>

    init(rest: ArraySlice<UInt8>) { self.rest = rest }

    func read(into buffer: inout [UInt8]) -> Int {
      let count = min(3, rest.count, buffer.count)
      buffer.replaceSubrange(0..<count, with: rest.prefix(count))
      rest = rest.dropFirst(count)
      return count
    }
  }
}
