#if OpenSSL
  import Synchronization

  /// An RSA private key that libcrypto gets to see when it is first used: most keys that are read do nothing.
  final class LazyRSAKey: Sendable {
    private let pkcs1: SymmetricKey
    private let plain = Mutex<RSAPrivateHandle?>(nil)
    private let key = Mutex<EVPKey?>(nil)

    /// - Parameter pkcs1: an RSAPrivateKey whose numbers were checked.
    init(pkcs1: SymmetricKey) { self.pkcs1 = pkcs1 }

    /// For PKCS#1 v1.5 and the bare operation.
    func handle() throws(Unsupported) -> RSAPrivateHandle {
      try plain.withLock { (plain: inout RSAPrivateHandle?) throws(Unsupported) -> RSAPrivateHandle in
        if let plain { return plain }
        let new = try RSAPrivateHandle(pkcs1: pkcs1)
        plain = new
        return new
      }
    }

    /// For PSS and OAEP, whose encodings are libcrypto's: it looks its algorithms up first, which takes two milliseconds.
    func evp() throws(Unsupported) -> EVPKey {
      try key.withLock { (key: inout EVPKey?) throws(Unsupported) -> EVPKey in
        if let key { return key }
        let new = try EVPKey(rsaPrivateKey: pkcs1.octets[...])
        key = new
        return new
      }
    }
  }
#endif
