#if PKCS11
  import CP11Kit
  import SMIMECrypto

  /// What is asked of one token, one thing after the other. The PIN is asked for when a private key is first needed, and
  /// tried once: three wrong ones lock most tokens for good.
  actor TokenSession {
    nonisolated let token: Token
    private let connection: TokenConnection
    private let pin: Tokens.PIN
    private var login = Login.notAsked
    private var keys: [PublicKey: Key] = [:]

    private enum Login {
      case notAsked
      /// The PIN is kept for keys that want it for each operation.
      case done(Password?)
      case failed(any Error)
    }

    private struct Key {
      let handle: CK_OBJECT_HANDLE
      let wantsPIN: Bool
    }

    init(_ place: TokenModule.Place, pin: @escaping Tokens.PIN) throws(TokenFailure) {
      token = place.token
      connection = try TokenConnection(place)
      self.pin = pin
    }

    /// True for what somebody publishes certificates by, such as p11-kit's module of those that the system trusts: nothing
    /// can be written to it, no PIN hides anything, and no private key is there. A token that does not say is none.
    func holdsNoKeys() -> Bool {
      guard token.isWriteProtected, !token.needsPIN else { return false }
      do { return try connection.objects(UInt(CKO_PRIVATE_KEY), limit: 1).isEmpty } catch { return false }
    }

    // MARK: Certificates

    /// Those that can be seen: without a PIN on most tokens.
    func certificates() throws(TokenFailure) -> [TokenCertificate] {
      var found: [TokenCertificate] = []
      for object in try connection.objects(UInt(CKO_CERTIFICATE)) {
        guard let bytes = connection.attribute(UInt(CKA_VALUE), of: object), !bytes.isEmpty else { continue }
        let label = connection.attribute(UInt(CKA_LABEL), of: object) ?? []
        found.append(
          TokenCertificate(
            label: String(decoding: label, as: UTF8.self), id: connection.attribute(UInt(CKA_ID), of: object) ?? [],
            derBytes: bytes))
      }
      return found
    }

    // MARK: The PIN

    /// Logs in, or fails as it failed before.
    func unlock() throws {
      switch login {
      case .done: return
      case .failed(let failure): throw failure
      case .notAsked: break
      }
      do {
        login = .done(try loggedIn())
      } catch {
        login = .failed(error)
        throw error
      }
    }

    private func loggedIn() throws -> Password? {
      guard token.needsPIN else { return nil }
      guard !token.isLocked else { throw TokenFailure.pinLocked(token: token.label) }
      var given: Password?
      if !token.hasKeypad {
        given = try pin(token)
        // An empty PIN would be a try as well.
        guard let given, !given.isEmpty else { throw TokenFailure.pinMissing(token: token.label) }
        guard !WrongPINs.known.contains(given, of: token) else { throw TokenFailure.pinWrong(token: token.label) }
      }
      let result = connection.login(.session, given)
      if case .wrong = result, let given { WrongPINs.known.add(given, of: token) }
      try check(result)
      return given
    }

    private func check(_ result: TokenConnection.Login) throws(TokenFailure) {
      switch result {
      case .done: return
      case .wrong: throw .pinWrong(token: token.label)
      case .locked: throw .pinLocked(token: token.label)
      case .refused(let code): throw .refused(operation: "the PIN", code: code)
      }
    }

    // MARK: Keys

    /// The private key of `publicKey`, by what it has in common with its certificate.
    private func key(_ publicKey: PublicKey, _ id: [UInt8]) throws -> Key {
      try unlock()
      if let known = keys[publicKey] { return known }
      let handles = try connection.objects(UInt(CKO_PRIVATE_KEY), id: id)
      guard !handles.isEmpty else { throw TokenFailure.noIdentity(token: token.label) }
      guard let handle = handles.first(where: { isKey($0, of: publicKey) }) else {
        throw TokenFailure.keyMismatch(token: token.label)
      }
      let key = Key(handle: handle, wantsPIN: connection.attribute(UInt(CKA_ALWAYS_AUTHENTICATE), of: handle) == [1])
      keys[publicKey] = key
      return key
    }

    /// False when the token shows that it is another's. Of a curve's key nothing is shown: its signatures are verified.
    private func isKey(_ handle: CK_OBJECT_HANDLE, of publicKey: PublicKey) -> Bool {
      let type = connection.attribute(UInt(CKA_KEY_TYPE), of: handle)
      // A number in the machine's byte order, which is little-endian wherever this builds.
      let number = type.map { $0.reversed().reduce(UInt(0)) { $0 << 8 | UInt($1) } }
      guard let modulus = publicKey.modulus else { return number.map { $0 == UInt(CKK_EC) } ?? true }
      if let number, number != UInt(CKK_RSA) { return false }
      guard let shown = connection.attribute(UInt(CKA_MODULUS), of: handle) else { return true }
      return shown.drop { $0 == 0 }.elementsEqual(modulus)
    }

    private func begin(
      _ operation: TokenConnection.Operation, _ mechanism: TokenMechanism, _ key: Key
    ) throws -> UInt {
      let code = connection.begin(operation, mechanism, key.handle)
      guard code == CKR_OK, key.wantsPIN, case .done(let pin) = login else { return code }
      do {
        try check(connection.login(.operation, pin))
      } catch {
        // Somebody else in this process unlocked the token before, by another PIN: this one is not tried again.
        login = .failed(error)
        throw error
      }
      return code
    }

    // MARK: What keys do

    /// A signature of `limit` octets at most.
    func sign(
      _ input: [UInt8], _ mechanism: TokenMechanism, named name: String, by publicKey: PublicKey, _ id: [UInt8],
      limit: Int
    ) throws -> [UInt8] {
      let code = try begin(.signature, mechanism, key(publicKey, id))
      guard code == CKR_OK else { throw TokenFailure.refused(operation: name, code: code) }
      switch connection.finish(.signature, input, limit: limit) {
      case .success(let signature): return signature
      // A signature larger than the certificate's key makes is by another.
      case .failure(let code) where code.value == CKR_BUFFER_TOO_SMALL:
        throw TokenFailure.keyMismatch(token: token.label)
      case .failure(let code): throw TokenFailure.refused(operation: name, code: code.value)
      }
    }

    /// The block under RSA v1.5, of as many octets as the modulus has; zeros when the token takes offence at it. What a
    /// token that pads by itself gives back is padded again, so that what follows is the same.
    func block(
      pkcs1 encrypted: [UInt8], by publicKey: PublicKey, _ id: [UInt8]
    ) throws -> [UInt8] {
      if let raw = try block(raw: encrypted, by: publicKey, id) { return raw }
      let code = try begin(.decryption, .rsaPKCS1, key(publicKey, id))
      guard code == CKR_OK else { throw TokenFailure.refused(operation: "RSA v1.5", code: code) }
      var message: [UInt8] = []
      switch connection.finish(.decryption, encrypted, limit: encrypted.count) {
      case .success(let plain): message = plain
      case .failure(let code):
        if code.isOfTheToken { throw TokenFailure.refused(operation: "RSA v1.5", code: code.value) }
      }
      let padding = max(0, encrypted.count - message.count - 3)
      return [0, 2] + [UInt8](repeating: 0xFF, count: padding) + [0] + message
    }

    /// The bare private-key operation; nil where the token or the key does not offer it, zeros when it takes offence.
    func block(raw encrypted: [UInt8], by publicKey: PublicKey, _ id: [UInt8]) throws -> [UInt8]? {
      let key = try key(publicKey, id)
      guard connection.offers(UInt(CKM_RSA_X_509), UInt(CKF_DECRYPT)), try begin(.decryption, .rsaRaw, key) == CKR_OK
      else { return nil }
      let zeros = [UInt8](repeating: 0, count: encrypted.count)
      switch connection.finish(.decryption, encrypted, limit: encrypted.count) {
      case .success(let block): return zeros.dropLast(block.count) + block
      case .failure(let code):
        if code.isOfTheToken { throw TokenFailure.refused(operation: "RSA", code: code.value) }
        return zeros
      }
    }

    /// What the token decrypts by `mechanism`; nil where it does not offer that, a failure for what is wrong otherwise.
    func decrypt(
      _ encrypted: [UInt8], _ mechanism: TokenMechanism, by publicKey: PublicKey, _ id: [UInt8]
    ) throws -> Result<[UInt8], DecryptionFailed>? {
      guard try begin(.decryption, mechanism, key(publicKey, id)) == CKR_OK else { return nil }
      switch connection.finish(.decryption, encrypted, limit: encrypted.count) {
      case .success(let plain): return .success(plain)
      case .failure(let code):
        if code.isOfTheToken { throw TokenFailure.refused(operation: "RSA-OAEP", code: code.value) }
        return .failure(DecryptionFailed())
      }
    }

    /// ECDH with a point that is on the curve: whatever fails then is the token's.
    func derive(
      _ point: [UInt8], byteCount: Int, by publicKey: PublicKey, _ id: [UInt8]
    ) throws -> [UInt8] {
      let key = try key(publicKey, id)
      // PKCS#11 has no place for a PIN between the beginning and the end of a derivation.
      if key.wantsPIN { throw TokenFailure.refused(operation: "ECDH", code: UInt(CKR_USER_NOT_LOGGED_IN)) }
      // PKCS#11 2.40 §2.3.5 lets tokens want the point raw or in an OCTET STRING.
      let wrapped = DERWriter.encode { $0.octets(point) }
      var code: UInt = 0
      for form in [point, wrapped] {
        switch connection.derive(key.handle, form, byteCount: byteCount) {
        case .success(let secret): return secret
        case .failure(let failure): code = code == 0 ? failure.value : code
        }
      }
      throw TokenFailure.refused(operation: "ECDH", code: code)
    }
  }
#endif
