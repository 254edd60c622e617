import FuzzEntry
import PKIX
import SMIMECrypto

@_cdecl("fuzz_entry") public func entry() { Entry.start() }

enum Entry {
  static func start() {
    FuzzEntry.run { bytes in
      var keys: [PublicKey] = []
      if let key = try? PublicKey(spki: bytes[...]) { keys.append(key) }
      for certificate in (try? Certificate.all(in: bytes)) ?? [] {
        _ = "\(certificate.subject) \(certificate.issuer) \(certificate.serialNumber) \(certificate.emailAddresses)"
        keys.append(certificate.publicKey)
      }
      for key in keys {
        _ = key.summary
        let algorithm = key.defaultSignatureAlgorithm
        precondition((try? key.isValid([UInt8](repeating: 0, count: 64)[...], of: bytes[...], algorithm)) != true)
        _ = try? key.encrypt(SymmetricKey(octets: [UInt8](repeating: 7, count: 16)), .rsaPKCS1)
      }
    }
  }
}
