import FuzzEntry
import SMIMECrypto

@_cdecl("fuzz_entry") public func entry() { Entry.start() }

enum Entry {
  static func start() {
    FuzzEntry.run { bytes in
      let slice = bytes[...]
      var keys = [
        try? PrivateKey(pkcs8: slice), try? PrivateKey(sec1: slice), try? PrivateKey(pkcs1: slice),
      ].compactMap(\.self)
      for block in (try? PEMBlock.all(in: bytes)) ?? [] {
        if let key = try? PrivateKey(pem: block) { keys.append(key) }
      }
      for key in keys {
        // A key that was read is written so that it is read as the same, and can be used or says why not.
        let again = try? PrivateKey(pkcs8: key.pkcs8[...])
        precondition(again?.publicKey.keyBytes == key.publicKey.keyBytes, "\(key)")
        _ = try? key.sign(.message([1, 2, 3]), key.publicKey.defaultSignatureAlgorithm)
        _ = try? key.sharedSecret(with: key.publicKey)
        _ = try? key.decrypt([UInt8](repeating: 1, count: 256)[...], .rsaPKCS1, keyByteCount: 32)
      }
    }
  }
}
