import ByteIO
import SMIMECrypto

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Where the passphrase of the issuing key comes from.
struct PassphraseSource {
  let file: String?
  /// The name of a variable of the environment.
  let variable: String?
  /// Where systemd puts what LoadCredential= names.
  let credentialsFolder: String?

  /// The first that there is; an empty one when none is, which opens keys without a passphrase.
  func read() throws -> Password {
    if let file { return try firstLine(of: file) }
    if let variable {
      guard let text = ProcessInfo.processInfo.environment[variable] else {
        throw Stop(.noKey, "there is no variable \(variable) in the environment")
      }
      return Password(text)
    }
    if let credentialsFolder {
      do { return try firstLine(of: "\(credentialsFolder)/passphrase") } catch let failure as IOFailure {
        guard failure.reason == .cannotOpen else { throw failure }
      }
    }
    return Password("")
  }

  private func firstLine(of path: String) throws -> Password {
    let line = try FileSource(path: path).readAll(limit: 65_536).prefix { $0 != UInt8(ascii: "\n") }
    return Password(String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self))
  }
}
