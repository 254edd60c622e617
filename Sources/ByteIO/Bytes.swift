#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Searches and comparisons that the standard library does a byte at a time.
package enum Bytes {
  /// The index of the first LF in `bytes[from..<to]`, or `to`.
  package static func firstLineFeed(in bytes: UnsafeBufferPointer<UInt8>, from: Int, to: Int) -> Int {
    unsafe first(0x0A, in: bytes, from: from, to: to)
  }

  /// The index of the first `byte` in `bytes[from..<to]`, or `to`.
  package static func first(_ byte: CInt, in bytes: UnsafeBufferPointer<UInt8>, from: Int, to: Int) -> Int {
    guard from < to, let start = bytes.baseAddress, let found = unsafe memchr(start + from, byte, to - from) else {
      return to
    }
    return unsafe UnsafeRawPointer(start).distance(to: UnsafeRawPointer(found))
  }

  /// The index of the first `byte` in `bytes`, if it is there.
  package static func first(_ byte: UInt8, in bytes: ArraySlice<UInt8>) -> Int? {
    let place = unsafe bytes.withUnsafeBufferPointer { unsafe first(CInt(byte), in: $0, from: 0, to: $0.count) }
    return place < bytes.count ? bytes.startIndex + place : nil
  }

  /// True when both are the same bytes. Not for secrets: how long it takes tells where they differ.
  package static func areEqual(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Bool {
    guard left.count == right.count else { return false }
    return unsafe left.withUnsafeBytes { left in
      unsafe right.withUnsafeBytes { unsafe areEqual(left, $0) }
    }
  }

  /// True when `bytes` spell `text`.
  package static func areEqual(_ bytes: ArraySlice<UInt8>, _ text: StaticString) -> Bool {
    guard text.hasPointerRepresentation, bytes.count == text.utf8CodeUnitCount else { return false }
    return unsafe bytes.withUnsafeBytes { bytes in
      unsafe areEqual(bytes, UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
  }

  /// Feeds `bytes` to `hasher` in one piece, where a collection's own hash goes byte by byte.
  package static func hash(_ bytes: ArraySlice<UInt8>, into hasher: inout Hasher) {
    hasher.combine(bytes.count)
    unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
  }

  /// For buffers of the same count: without an address there are no bytes, in either.
  private static func areEqual(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
    guard let first = left.baseAddress, let second = right.baseAddress else { return true }
    return unsafe memcmp(first, second, left.count) == 0
  }

  /// True when no byte is zero or beyond ASCII.
  package static func isASCIIWithoutNUL(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
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
