import CertificateAuthority
import Foundation
import FuzzEntry
import PKIX
import SMIMECrypto

/// Lines that are put behind those of an authority that was just made, each under a checksum that is right, so that what
/// they say is read. What cannot be is `damaged`, and the authority is not opened.
@_cdecl("fuzz_entry") public func entry() { Entry.start() }

enum Entry {
  static func start() {
    let folder = NSTemporaryDirectory() + "/smime-fuzz-\(UUID().uuidString)"
    FuzzEntry.wait {
      _ = try! await Authority.create(in: folder, AuthorityPlan(name: "Fuzz", key: .ec(.p256)), password: Password("fuzz"))
    }
    let path = folder + "/journal"
    let original = [UInt8](FileManager.default.contents(atPath: path)!)
    FuzzEntry.run { bytes in
      var journal = original
      var checksum = Array(original.dropLast().split(separator: 0x0A).last!.prefix(32))
      for line in bytes.split(separator: 0x0A) {
        let digest = try! MessageDigest.hash((checksum + line)[...], .sha256)
        checksum = digest.prefix(16).flatMap { [digit($0 >> 4), digit($0 & 15)] }
        journal += checksum + [0x20] + line + [0x0A]
      }
      try! Data(journal).write(to: URL(fileURLWithPath: path))
      guard let authority = try? Authority(folder: folder) else { return }
      _ = try? authority.status(of: SerialNumber([1]))
    }
  }

  private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? value + 48 : value + 87 }
}
