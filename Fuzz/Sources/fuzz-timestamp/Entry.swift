import ByteIO
import CMS
import FuzzEntry
import PKIX
import SMIMECrypto

/// Tokens, requests and responses of RFC 3161.
@_cdecl("fuzz_entry") public func entry() { Entry.start() }

enum Entry {
  static func start() {
    FuzzEntry.run { bytes in
      if let token = try? Timestamp(bytes[...]) {
        _ = token.check(over: [1, 2, 3], policy: .legacy)
      }
      let request = try? TimestampRequest(der: bytes[...])
      if let response = try? TimestampResponse(der: bytes[...]), let request { _ = try? response.token(for: request) }
    }
  }
}
