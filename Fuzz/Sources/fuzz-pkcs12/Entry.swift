import ByteIO
import CMS
import FuzzEntry
import PKIX
import SMIMECrypto

@_cdecl("fuzz_entry") public func entry() { Entry.start() }

enum Entry {
  static func start() {
    var limits = CMSLimits.standard
    // More rounds find nothing but time.
    limits.keyDerivationRounds = 4_096
    FuzzEntry.run { bytes in
      guard let file = try? PKCS12.read(bytes, password: Password("fuzz"), limits: limits) else { return }
      _ = file.identities()
      _ = "\(file.defects)"
    }
  }
}
