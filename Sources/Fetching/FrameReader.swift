import ByteIO
import SMIMECrypto

/// Takes lines and counted bytes from a pipe.
final class FrameReader {
  private let reader: any ByteReader
  private var window: [UInt8]
  private var waiting: ArraySlice<UInt8> = []

  init(_ reader: any ByteReader) {
    self.reader = reader
    window = [UInt8](repeating: 0, count: 64 << 10)
  }

  /// The bytes of the next line without its end; nil when nothing follows.
  ///
  /// - Throws: ``Malformed`` for a line over `limit` bytes, or one that does not end.
  func line(limit: Int) throws -> [UInt8]? {
    var line: [UInt8] = []
    while true {
      if waiting.isEmpty, try !fill() {
        guard line.isEmpty else { throw Malformed("a line does not end") }
        return nil
      }
      let piece = waiting.prefix { $0 != 0x0A }
      line += piece
      guard line.count <= limit else { throw Malformed("a line has more than \(limit) bytes") }
      waiting = waiting.dropFirst(piece.count)
      if !waiting.isEmpty {
        waiting = waiting.dropFirst()
        return line
      }
    }
  }

  /// The next `count` bytes.
  func bytes(_ count: Int) throws -> [UInt8] {
    var result: [UInt8] = []
    while result.count < count {
      if waiting.isEmpty, try !fill() { throw Malformed("ends \(count - result.count) bytes early") }
      let piece = waiting.prefix(count - result.count)
      result += piece
      waiting = waiting.dropFirst(piece.count)
    }
    return result
  }

  private func fill() throws -> Bool {
    let count = try reader.read(into: &window)
    waiting = window[..<count]
    return count > 0
  }
}
