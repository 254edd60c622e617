#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Reads from a descriptor that somebody else opened, such as a pipe. It stays open.
public final class DescriptorReader: ByteReader, Sendable {
  private let number: CInt
  private let name: String

  public init(_ number: CInt, named name: String = "standard input") {
    self.number = number
    self.name = name
  }

  public func read(into buffer: inout [UInt8]) throws -> Int { try read(into: &buffer, from: 0) }

  /// Waits until `buffer` is full or the end is reached; fewer bytes than that are the last.
  package func fill(_ buffer: inout [UInt8]) throws -> Int {
    var filled = 0
    while filled < buffer.count {
      let count = try read(into: &buffer, from: filled)
      if count == 0 { break }
      filled += count
    }
    return filled
  }

  private func read(into buffer: inout [UInt8], from start: Int) throws -> Int {
    while true {
      let count = unsafe buffer.withUnsafeMutableBytes { bytes in
        let bytes = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[start...])
        #if canImport(Glibc)
          return unsafe Glibc.read(number, bytes.baseAddress, bytes.count)
        #elseif canImport(Musl)
          return unsafe Musl.read(number, bytes.baseAddress, bytes.count)
        #else
          return unsafe Darwin.read(number, bytes.baseAddress, bytes.count)
        #endif
      }
      if count >= 0 { return count }
      guard errno == EINTR else { throw IOFailure(.cannotRead, name, detail: systemError()) }
    }
  }
}
