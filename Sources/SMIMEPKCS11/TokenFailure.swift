/// What keeps a token from being used. None of it says anything of a message that it was to open.
public enum TokenFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// This build has no support for tokens: the trait `PKCS11` was off.
  case notBuilt
  /// p11-kit is not installed.
  case libraryMissing
  /// The PKCS#11 module in this file cannot be loaded or started.
  case moduleUnusable(String)
  /// No token is there that the address names.
  case noToken
  /// There is no certificate that the address names with its private key on the token of this label.
  case noIdentity(token: String)
  /// The token of this label asks for a PIN, and none is given.
  case pinMissing(token: String)
  /// The PIN was tried once, and is wrong.
  case pinWrong(token: String)
  /// After too many wrong PINs the token of this label takes none any more.
  case pinLocked(token: String)
  /// The certificate's public key is not that of the private key beside it.
  case keyMismatch(token: String)
  /// The token did not do what it was asked; the code is the standard's CKR_ value.
  case refused(operation: String, code: UInt)

  public var description: String {
    switch self {
    case .notBuilt: "this build has no support for tokens"
    case .libraryMissing: "p11-kit is not installed, through which tokens are reached"
    case .moduleUnusable(let path): "\(path): is no PKCS#11 module that can be started"
    case .noToken: "no token is there that this address names"
    case .noIdentity(let token): "no certificate with its private key is on the token '\(token)' by this address"
    case .pinMissing(let token): "the token '\(token)' asks for a PIN"
    case .pinWrong(let token): "the PIN of the token '\(token)' is wrong; it was tried once"
    case .pinLocked(let token): "the PIN of the token '\(token)' is locked after too many wrong ones"
    case .keyMismatch(let token): "the private key on the token '\(token)' is not the certificate's"
    case .refused(let operation, let code): "the token refuses \(operation) (\(Self.name(code)))"
    }
  }

  /// PKCS#11 2.40 §5.1: the codes that are met with tokens that work, by their names.
  private static func name(_ code: UInt) -> String {
    switch code {
    case 0x02: "CKR_HOST_MEMORY"
    case 0x05: "CKR_GENERAL_ERROR"
    case 0x06: "CKR_FUNCTION_FAILED"
    case 0x07: "CKR_ARGUMENTS_BAD"
    case 0x1B: "CKR_ACTION_PROHIBITED"
    case 0x20: "CKR_DATA_INVALID"
    case 0x21: "CKR_DATA_LEN_RANGE"
    case 0x30: "CKR_DEVICE_ERROR"
    case 0x31: "CKR_DEVICE_MEMORY"
    case 0x32: "CKR_DEVICE_REMOVED"
    case 0x54: "CKR_FUNCTION_NOT_SUPPORTED"
    case 0x62: "CKR_KEY_SIZE_RANGE"
    case 0x63: "CKR_KEY_TYPE_INCONSISTENT"
    case 0x68: "CKR_KEY_FUNCTION_NOT_PERMITTED"
    case 0x70: "CKR_MECHANISM_INVALID"
    case 0x71: "CKR_MECHANISM_PARAM_INVALID"
    case 0xA2: "CKR_PIN_LEN_RANGE"
    case 0xA3: "CKR_PIN_EXPIRED"
    case 0xB1: "CKR_SESSION_COUNT"
    case 0xB3: "CKR_SESSION_HANDLE_INVALID"
    case 0xE0: "CKR_TOKEN_NOT_PRESENT"
    case 0xE1: "CKR_TOKEN_NOT_RECOGNIZED"
    case 0x101: "CKR_USER_NOT_LOGGED_IN"
    case 0x102: "CKR_USER_PIN_NOT_INITIALIZED"
    default: "CKR 0x" + String(code, radix: 16)
    }
  }
}
