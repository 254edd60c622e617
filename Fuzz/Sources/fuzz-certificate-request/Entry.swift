import FuzzEntry
import PKIX

@_cdecl("fuzz_entry") public func entry() { Entry.start() }

enum Entry {
  static func start() {
    FuzzEntry.run { bytes in
      guard let request = try? CertificateSigningRequest(bytes) else { return }
      _ = request.emailAddresses
      _ = try? request.provesPossession()
    }
  }
}
