import FuzzEntry
import PKIX

@_cdecl("fuzz_entry") public func entry() { Entry.start() }

enum Entry {
  static func start() {
    FuzzEntry.run { bytes in
      guard let response = try? OCSPResponse(der: bytes[...]), let basic = response.basic else { return }
      _ = try? basic.nonce
      _ = basic.certificates.map { basic.responder.names($0) }
    }
  }
}
