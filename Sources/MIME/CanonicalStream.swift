public import ByteIO
import CVector

/// Text with every bare LF made CRLF, and everything else as it is (RFC 8551 §3.1.1).
///
/// A lone CR stays: it is no line end in mail (RFC 5322 §2.3), and a signer's digest was made over it as it stood.
public struct CanonicalStream: ByteStream {
  private let base: any ByteStream

  public init(_ base: any ByteStream) { self.base = base }

  public func makeReader() -> any ByteReader { CanonicalReader(base) }

  /// Every byte may be an LF.
  public var countLimit: Int {
    let (double, isTooMuch) = base.countLimit.multipliedReportingOverflow(by: 2)
    return isTooMuch ? .max : double
  }
}

private final class CanonicalReader: ByteReader {
  private let base: any ByteReader
  private var window: [UInt8]
  private var at = 0
  private var count = 0
  private var lastWasCR = false
  /// True when a CR was written for an LF that did not fit any more.
  private var owesLF = false

  init(_ stream: any ByteStream) {
    base = stream.makeReader()
    window = stream.makeWindow()
  }

  func read(into buffer: inout [UInt8]) throws -> Int {
    guard !buffer.isEmpty else { return 0 }
    if at == count {
      count = try base.read(into: &window)
      at = 0
      if count == 0 { return 0 }
    }
    var filled = 0
    unsafe window.withUnsafeBufferPointer { window in
      unsafe buffer.withUnsafeMutableBufferPointer { buffer in
        if owesLF {
          unsafe buffer[0] = 0x0A
          filled = 1
          at += 1
          owesLF = false
          lastWasCR = false
        }
        while at < count, filled < buffer.count {
          // A run up to the next bare LF, as far as there is room.
          let room = min(count, at + buffer.count - filled)
          let bareLF = unsafe BareLineFeed.first(in: window, from: at, to: room, lastWasCR: lastWasCR)
          let run = bareLF - at
          if run > 0 {
            _ = unsafe buffer[filled..<filled + run].update(fromContentsOf: window[at..<bareLF])
            lastWasCR = unsafe window[bareLF - 1] == 0x0D
            filled += run
            at = bareLF
          }
          guard bareLF < room else { continue }
          unsafe buffer[filled] = 0x0D
          filled += 1
          lastWasCR = true
          guard filled < buffer.count else {
            owesLF = true
            break
          }
          unsafe buffer[filled] = 0x0A
          filled += 1
          at += 1
          lastWasCR = false
        }
      }
    }
    return filled
  }
}

/// An LF without a CR before it.
enum BareLineFeed {
  /// The index of the first one in `bytes[from..<to]`, or `to`.
  static func first(in bytes: UnsafeBufferPointer<UInt8>, from: Int, to: Int, lastWasCR: Bool) -> Int {
    guard from < to, let start = bytes.baseAddress else { return to }
    let passed = unsafe smime_pass_crlf(start + from, to - from, lastWasCR ? 0x0D : 0)
    return unsafe firstByScalars(
      in: bytes, from: from + passed, to: to, lastWasCR: passed == 0 ? lastWasCR : bytes[from + passed - 1] == 0x0D)
  }

  /// The same without vector instructions.
  static func firstByScalars(in bytes: UnsafeBufferPointer<UInt8>, from: Int, to: Int, lastWasCR: Bool) -> Int {
    var at = from
    while true {
      let lineFeed = unsafe Bytes.firstLineFeed(in: bytes, from: at, to: to)
      guard lineFeed < to else { return to }
      let isCRLF = unsafe lineFeed > from ? bytes[lineFeed - 1] == 0x0D : lastWasCR
      guard isCRLF else { return lineFeed }
      at = lineFeed + 1
    }
  }
}
