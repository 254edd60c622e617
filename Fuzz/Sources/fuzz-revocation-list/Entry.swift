import FuzzEntry
import PKIX

@_cdecl("fuzz_entry") public func entry() { Entry.start() }

enum Entry {
  static func start() {
    FuzzEntry.run { bytes in
      for list in (try? CertificateRevocationList.all(in: bytes)) ?? [] {
        _ = try? list.entryCount
        _ = try? list.objection
        _ = try? list.number
        _ = try? list.entry(for: SerialNumber([1]))
      }
    }
  }
}
