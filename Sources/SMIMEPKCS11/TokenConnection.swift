#if PKCS11
  import CP11Kit
  import SMIMECrypto

  /// One session with one token, used by one caller at a time. It ends when the last reference goes.
  @safe final class TokenConnection {
    private let functions: UnsafeMutablePointer<CK_FUNCTION_LIST>
    private let slot: CK_SLOT_ID
    private let session: CK_SESSION_HANDLE

    init(_ place: TokenModule.Place) throws(TokenFailure) {
      unsafe functions = unsafe place.module.functions
      slot = place.slot
      var session: CK_SESSION_HANDLE = 0
      let code = unsafe smime_p11_open(place.module.functions, place.slot, &session)
      guard code == CKR_OK else { throw .refused(operation: "a session", code: UInt(code)) }
      self.session = session
    }

    deinit { unsafe _ = smime_p11_close(functions, session) }

    // MARK: The PIN

    enum Login {
      case done, wrong, locked
      case refused(UInt)
    }

    /// What the PIN is asked for.
    enum User {
      case session
      /// One operation with a key that wants its own (CKA_ALWAYS_AUTHENTICATE).
      case operation
    }

    /// One try.
    ///
    /// - Parameter pin: nil where it is typed on the token.
    func login(_ user: User, _ pin: Password?) -> Login {
      let who = user == .session ? CK_USER_TYPE(CKU_USER) : CK_USER_TYPE(CKU_CONTEXT_SPECIFIC)
      var octets = pin?.utf8 ?? []
      defer { for index in octets.indices { octets[index] = 0 } }
      let code =
        pin == nil
        ? unsafe smime_p11_login(functions, session, who, nil, 0)
        : unsafe smime_p11_login(functions, session, who, &octets, CK_ULONG(octets.count))
      switch UInt(code) {
      case CKR_OK, CKR_USER_ALREADY_LOGGED_IN: return .done
      case CKR_PIN_INCORRECT, CKR_PIN_INVALID, CKR_PIN_LEN_RANGE: return .wrong
      case CKR_PIN_LOCKED: return .locked
      default: return .refused(UInt(code))
      }
    }

    // MARK: Objects

    /// The objects of `kind`, by `id` if there is one.
    func objects(_ kind: UInt, id: [UInt8]? = nil, limit: Int = 1_024) throws(TokenFailure) -> [CK_OBJECT_HANDLE] {
      var kind = CK_OBJECT_CLASS(kind)
      var id = id ?? []
      var found = [CK_OBJECT_HANDLE](repeating: 0, count: limit)
      var count: CK_ULONG = 0
      let code = unsafe withUnsafeMutableBytes(of: &kind) { kind in
        unsafe id.withUnsafeMutableBytes { id in
          var attributes = unsafe [
            CK_ATTRIBUTE(
              type: CK_ATTRIBUTE_TYPE(CKA_CLASS), pValue: kind.baseAddress, ulValueLen: CK_ULONG(kind.count))
          ]
          if id.count > 0 {
            unsafe attributes.append(
              CK_ATTRIBUTE(type: CK_ATTRIBUTE_TYPE(CKA_ID), pValue: id.baseAddress, ulValueLen: CK_ULONG(id.count)))
          }
          return unsafe smime_p11_find(
            functions, session, &attributes, CK_ULONG(attributes.count), &found, CK_ULONG(limit), &count)
        }
      }
      guard code == CKR_OK else { throw .refused(operation: "a search", code: UInt(code)) }
      return Array(found.prefix(Int(count)))
    }

    /// The octets of an attribute; nil when there is none or it is not shown.
    func attribute(_ type: UInt, of object: CK_OBJECT_HANDLE) -> [UInt8]? {
      var count: CK_ULONG = 0
      guard unsafe smime_p11_attribute(functions, session, object, CK_ATTRIBUTE_TYPE(type), nil, &count) == CKR_OK,
        count < 1 << 20
      else { return nil }
      guard count > 0 else { return [] }
      var value = [UInt8](repeating: 0, count: Int(count))
      guard unsafe smime_p11_attribute(functions, session, object, CK_ATTRIBUTE_TYPE(type), &value, &count) == CKR_OK,
        count <= value.count
      else { return nil }
      return Array(value.prefix(Int(count)))
    }

    /// True when the token does this with such a mechanism.
    func offers(_ mechanism: UInt, _ flag: UInt) -> Bool {
      var info = CK_MECHANISM_INFO()
      return unsafe smime_p11_mechanism(functions, slot, CK_MECHANISM_TYPE(mechanism), &info) == CKR_OK
        && info.flags & CK_FLAGS(flag) != 0
    }

    // MARK: Keys at work

    /// What an operation is called for, and how it begins.
    enum Operation {
      case signature, decryption
    }

    /// Begins an operation; the standard's code.
    func begin(_ operation: Operation, _ mechanism: TokenMechanism, _ key: CK_OBJECT_HANDLE) -> UInt {
      unsafe mechanism.withParameters { parameters, count in
        let type = CK_MECHANISM_TYPE(mechanism.type)
        switch operation {
        case .signature:
          return unsafe UInt(smime_p11_sign_init(functions, session, type, parameters, CK_ULONG(count), key))
        case .decryption:
          return unsafe UInt(smime_p11_decrypt_init(functions, session, type, parameters, CK_ULONG(count), key))
        }
      }
    }

    /// Ends what was begun: the result of `limit` octets at most, or the standard's code.
    func finish(_ operation: Operation, _ input: [UInt8], limit: Int) -> Result<[UInt8], TokenCode> {
      var input = input
      var output = [UInt8](repeating: 0, count: limit)
      var count = CK_ULONG(limit)
      let code =
        switch operation {
        case .signature:
          unsafe smime_p11_sign(functions, session, &input, CK_ULONG(input.count), &output, &count)
        case .decryption:
          unsafe smime_p11_decrypt(functions, session, &input, CK_ULONG(input.count), &output, &count)
        }
      defer { for index in output.indices { output[index] = 0 } }
      guard code == CKR_OK, count <= limit else { return .failure(TokenCode(value: UInt(code))) }
      return .success(Array(output.prefix(Int(count))))
    }

    /// The x-coordinate that a key shares with the owner of `point`.
    func derive(_ key: CK_OBJECT_HANDLE, _ point: [UInt8], byteCount: Int) -> Result<[UInt8], TokenCode> {
      var point = point
      var secret = [UInt8](repeating: 0, count: byteCount)
      defer { for index in secret.indices { secret[index] = 0 } }
      let code = unsafe smime_p11_derive(
        functions, session, key, &point, CK_ULONG(point.count), &secret, CK_ULONG(byteCount))
      guard code == CKR_OK else { return .failure(TokenCode(value: UInt(code))) }
      return .success(Array(secret))
    }
  }

  /// A CKR_ value other than CKR_OK.
  struct TokenCode: Error {
    let value: UInt

    /// True when it tells of the token, and nothing of the bytes that it was given.
    var isOfTheToken: Bool {
      [
        CKR_HOST_MEMORY, CKR_DEVICE_MEMORY, CKR_DEVICE_REMOVED, CKR_TOKEN_NOT_PRESENT, CKR_TOKEN_NOT_RECOGNIZED,
        CKR_SESSION_CLOSED, CKR_SESSION_HANDLE_INVALID, CKR_USER_NOT_LOGGED_IN, CKR_CRYPTOKI_NOT_INITIALIZED,
        CKR_OPERATION_NOT_INITIALIZED, CKR_FUNCTION_NOT_SUPPORTED, CKR_FUNCTION_CANCELED,
      ].contains { UInt($0) == value }
    }
  }
#endif
