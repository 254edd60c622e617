#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Reads from a descriptor that somebody else opened, such as a pipe. It stays open.
public final class DescriptorReader: ByteReader {
  private let number: CInt
  private let name: String

  public init(_ number: CInt, named name: String = "standard input") {
    self.number = number
    self.name = name
  }

  public func read(into buffer: inout [UInt8]) throws -> Int {
    while true {
      let count = unsafe buffer.withUnsafeMutableBytes { bytes in
        #if canImport(Glibc)
          unsafe Glibc.read(number, bytes.baseAddress, bytes.count)
        #elseif canImport(Musl)
          unsafe Musl.read(number, bytes.baseAddress, bytes.count)
        #else
          unsafe Darwin.read(number, bytes.baseAddress, bytes.count)
        #endif
      }
      if count >= 0 { return count }
      guard errno == EINTR else { throw IOFailure(.cannotRead, name, detail: systemError()) }
    }
  }
}
