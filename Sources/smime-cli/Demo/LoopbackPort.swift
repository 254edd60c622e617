import ByteIO
import Glibc

/// A TCP port of 127.0.0.1 on which nobody listens.
enum LoopbackPort {
  static func free() throws(IOFailure) -> UInt16 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw IOFailure(.cannotOpen, "127.0.0.1", detail: systemError()) }
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    var count = socklen_t(MemoryLayout<sockaddr_in>.size)
    // Port 0 asks the system for one that is free.
    let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        unsafe bind(descriptor, pointer, count) == 0 && getsockname(descriptor, pointer, &count) == 0
      }
    }
    guard isBound else { throw IOFailure(.cannotOpen, "127.0.0.1", detail: systemError()) }
    return UInt16(bigEndian: address.sin_port)
  }
}

/// The daemon that the demonstration starts.
enum Daemon {
  /// Ends the process whose number stands in `processFile`, if it still runs.
  static func stop(processFile: String) {
    guard let bytes = try? Input.bytes(of: processFile),
      let number = pid_t(String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)), number > 1
    else { return }
    kill(number, SIGTERM)
  }
}
