#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Searches that the standard library does a byte at a time.
enum Bytes {
  /// The index of the first LF in `bytes[from..<to]`, or `to`.
  static func firstLineFeed(in bytes: UnsafeBufferPointer<UInt8>, from: Int, to: Int) -> Int {
    unsafe first(0x0A, in: bytes, from: from, to: to)
  }

  /// The index of the first `byte` in `bytes[from..<to]`, or `to`.
  static func first(_ byte: CInt, in bytes: UnsafeBufferPointer<UInt8>, from: Int, to: Int) -> Int {
    guard from < to, let start = bytes.baseAddress, let found = unsafe memchr(start + from, byte, to - from) else {
      return to
    }
    return unsafe UnsafeRawPointer(start).distance(to: UnsafeRawPointer(found))
  }

  /// True when no byte is zero or beyond ASCII.
  static func isASCIIWithoutNUL(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    let raw = UnsafeRawBufferPointer(bytes)
    var at = 0
    var seen: UInt64 = 0
    while at + 8 <= raw.count {
      seen |= unsafe raw.loadUnaligned(fromByteOffset: at, as: UInt64.self)
      at += 8
    }
    while at < raw.count {
      seen |= unsafe UInt64(raw[at])
      at += 1
    }
    guard seen & 0x8080_8080_8080_8080 == 0 else { return false }
    return unsafe first(0, in: bytes, from: 0, to: bytes.count) == bytes.count
  }
}
