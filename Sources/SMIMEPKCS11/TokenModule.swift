#if PKCS11
  import CP11Kit

  /// A PKCS#11 module that is started. It stays so until the process ends, and its functions where they are.
  @safe struct TokenModule: Sendable {
    /// A token in a slot of a module.
    struct Place: Sendable {
      let module: TokenModule
      let slot: CK_SLOT_ID
      let token: Token
    }

    /// Never changed, and callable from every thread: p11-kit starts modules with locking by the system.
    nonisolated(unsafe) let functions: UnsafeMutablePointer<CK_FUNCTION_LIST>
    private let path: String?

    /// The tokens that `address` names, of all modules that it leaves open.
    static func places(_ address: TokenAddress) throws(TokenFailure) -> [Place] {
      var places: [Place] = []
      for module in try started(address.modulePath) {
        guard module.matches(address) else { continue }
        for slot in module.slots() where module.matches(slot, address) {
          guard let token = module.token(in: slot), Self.matches(token, address) else { continue }
          places.append(Place(module: module, slot: slot, token: token))
        }
      }
      return places
    }

    private static func started(_ path: String?) throws(TokenFailure) -> [TokenModule] {
      guard smime_p11_is_installed() != 0 else { throw .libraryMissing }
      if let path {
        guard let functions = unsafe smime_p11_module(path) else { throw .moduleUnusable(path) }
        return [unsafe TokenModule(functions: functions, path: path)]
      }
      guard let list = unsafe smime_p11_modules() else { return [] }
      var modules: [TokenModule] = []
      var next = unsafe list
      while let functions = unsafe next.pointee {
        unsafe modules.append(TokenModule(functions: functions, path: nil))
        unsafe next += 1
      }
      return modules
    }

    // MARK: What is there

    private func slots() -> [CK_SLOT_ID] {
      var count: CK_ULONG = 0
      guard unsafe smime_p11_slots(functions, nil, &count) == CKR_OK, count > 0, count < 1_024 else { return [] }
      var slots = [CK_SLOT_ID](repeating: 0, count: Int(count))
      guard unsafe smime_p11_slots(functions, &slots, &count) == CKR_OK else { return [] }
      return Array(slots.prefix(Int(count)))
    }

    private func token(in slot: CK_SLOT_ID) -> Token? {
      var info = CK_TOKEN_INFO()
      guard unsafe smime_p11_token(functions, slot, &info) == CKR_OK else { return nil }
      // SoftHSM and others show an empty slot as a token to be made.
      guard info.flags & CK_FLAGS(CKF_TOKEN_INITIALIZED) != 0 else { return nil }
      let has = { (flag: UInt) in info.flags & CK_FLAGS(flag) != 0 }
      return Token(
        label: Self.text(info.label), manufacturer: Self.text(info.manufacturerID), model: Self.text(info.model),
        serial: Self.text(info.serialNumber), modulePath: path, needsPIN: has(CKF_LOGIN_REQUIRED),
        hasKeypad: has(CKF_PROTECTED_AUTHENTICATION_PATH), isLocked: has(CKF_USER_PIN_LOCKED),
        isLastTry: has(CKF_USER_PIN_FINAL_TRY), isWriteProtected: has(CKF_WRITE_PROTECTED))
    }

    /// What the standard fills up with blanks.
    private static func text<Octets>(_ octets: Octets) -> String {
      let bytes = unsafe withUnsafeBytes(of: octets) { unsafe Array($0) }
      let end = bytes.lastIndex { $0 != 0x20 && $0 != 0 }.map { $0 + 1 } ?? 0
      return String(decoding: bytes[..<end], as: UTF8.self)
    }

    // MARK: What an address names

    private static func matches(_ token: Token, _ address: TokenAddress) -> Bool {
      let parts: [(TokenAddress.Attribute, String)] = [
        (.token, token.label), (.manufacturer, token.manufacturer), (.model, token.model), (.serial, token.serial),
      ]
      return parts.allSatisfy { attribute, value in address.attributes[attribute].map { $0 == value } ?? true }
    }

    private func matches(_ address: TokenAddress) -> Bool {
      let wanted = address.attributes
      guard
        wanted[.libraryManufacturer] != nil || wanted[.libraryDescription] != nil || wanted[.libraryVersion] != nil
      else { return true }
      var info = CK_INFO()
      guard unsafe smime_p11_info(functions, &info) == CKR_OK else { return false }
      let version = "\(info.libraryVersion.major).\(info.libraryVersion.minor)"
      return (wanted[.libraryManufacturer].map { $0 == Self.text(info.manufacturerID) } ?? true)
        && (wanted[.libraryDescription].map { $0 == Self.text(info.libraryDescription) } ?? true)
        && (wanted[.libraryVersion].map { $0 == version } ?? true)
    }

    private func matches(_ slot: CK_SLOT_ID, _ address: TokenAddress) -> Bool {
      let wanted = address.attributes
      if let id = wanted[.slotID], id != String(slot) { return false }
      guard wanted[.slotManufacturer] != nil || wanted[.slotDescription] != nil else { return true }
      var info = CK_SLOT_INFO()
      guard unsafe smime_p11_slot(functions, slot, &info) == CKR_OK else { return false }
      return (wanted[.slotManufacturer].map { $0 == Self.text(info.manufacturerID) } ?? true)
        && (wanted[.slotDescription].map { $0 == Self.text(info.slotDescription) } ?? true)
    }
  }
#endif
