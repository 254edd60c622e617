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
    guard from < to, let start = bytes.baseAddress, let found = unsafe memchr(start + from, 0x0A, to - from) else {
      return to
    }
    return unsafe UnsafeRawPointer(start).distance(to: UnsafeRawPointer(found))
  }
}
