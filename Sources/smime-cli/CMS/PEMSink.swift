import ByteIO

/// Writes what it takes as one PEM block with lines of 64 columns (RFC 7468 §2), a window at a time.
final class PEMSink: ByteSink {
  private static let lineBytes = 48
  private let label: String
  private let target: any ByteSink
  private var held: [UInt8] = []
  private var hasBegun = false

  init(label: String, to target: any ByteSink) {
    self.label = label
    self.target = target
  }

  func write(_ bytes: Span<UInt8>) throws {
    unsafe bytes.withUnsafeBufferPointer { unsafe held.append(contentsOf: $0) }
    guard held.count >= windowSize else { return }
    let whole = held.count / Self.lineBytes * Self.lineBytes
    try emit(held[..<whole])
    held.removeFirst(whole)
  }

  /// Writes the rest and the END line.
  func finish() throws {
    try emit(held[...])
    held = []
    try target.write(Array("-----END \(label)-----\n".utf8))
  }

  private func emit(_ bytes: ArraySlice<UInt8>) throws {
    var text: [UInt8] = hasBegun ? [] : Array("-----BEGIN \(label)-----\n".utf8)
    hasBegun = true
    text.reserveCapacity(text.count + bytes.count * 4 / 3 + bytes.count / Self.lineBytes + 8)
    var at = bytes.startIndex
    while at < bytes.endIndex {
      let end = min(at + Self.lineBytes, bytes.endIndex)
      text += Base64.encode(Array(bytes[at..<end]))
      text.append(UInt8(ascii: "\n"))
      at = end
    }
    try target.write(text)
  }
}
