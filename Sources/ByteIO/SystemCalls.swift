#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What the last system call that failed says of itself.
package func systemError() -> String { unsafe String(cString: strerror(errno)) }

/// Overwrites a secret, which the compiler may not leave out although nobody reads it again.
package func wipe(_ octets: inout [UInt8]) {
  unsafe octets.withUnsafeMutableBytes { bytes in
    guard let start = bytes.baseAddress else { return }
    #if canImport(Darwin)
      unsafe memset_s(start, bytes.count, 0, bytes.count)
    #else
      unsafe explicit_bzero(start, bytes.count)
    #endif
  }
}

/// An open file, closed with the last reference.
package final class Descriptor: Sendable {
  package let number: CInt

  package init(_ number: CInt) { self.number = number }

  deinit { close(number) }

  /// Reads up to `buffer.count` bytes at `offset`; 0 at the end.
  package func read(at offset: Int, into buffer: inout [UInt8], path: String) throws(IOFailure) -> Int {
    var filled = 0
    while filled < buffer.count {
      let count = unsafe buffer.withUnsafeMutableBytes { bytes in
        unsafe pread(number, bytes.baseAddress.map { unsafe $0 + filled }, bytes.count - filled, off_t(offset + filled))
      }
      if count > 0 {
        filled += count
      } else if count == 0 {
        break
      } else if errno != EINTR {
        throw IOFailure(.cannotRead, path, detail: systemError())
      }
    }
    return filled
  }

  package func write(_ bytes: Span<UInt8>, path: String) throws(IOFailure) {
    try Self.write(bytes, to: number, path: path)
  }

  /// Writes all of `bytes`, however often that takes.
  static func write(_ bytes: Span<UInt8>, to number: CInt, path: String) throws(IOFailure) {
    var written = 0
    while written < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { bytes in
        #if canImport(Glibc)
          unsafe Glibc.write(number, bytes.baseAddress.map { unsafe $0 + written }, bytes.count - written)
        #elseif canImport(Musl)
          unsafe Musl.write(number, bytes.baseAddress.map { unsafe $0 + written }, bytes.count - written)
        #else
          unsafe Darwin.write(number, bytes.baseAddress.map { unsafe $0 + written }, bytes.count - written)
        #endif
      }
      if count >= 0 {
        written += count
      } else if errno != EINTR {
        throw IOFailure(.cannotWrite, path, detail: systemError())
      }
    }
  }

  /// The file's size in bytes, and whether it is a regular file, a directory or a pipe.
  package var status: (size: Int, isRegular: Bool, isDirectory: Bool, isPipe: Bool)? {
    var status = stat()
    guard unsafe fstat(number, &status) == 0 else { return nil }
    let type = status.st_mode & S_IFMT
    return (Int(status.st_size), type == S_IFREG, type == S_IFDIR, type == S_IFIFO)
  }
}
