import SMIMECrypto
import Testing

@testable import SMIMEPKCS11

@Suite struct `Wrong PINs` {
  private func token(_ serial: String) -> Token {
    Token(
      label: "Work", manufacturer: "M", model: "1", serial: serial, modulePath: nil, needsPIN: true, hasKeypad: false,
      isLocked: false, isLastTry: false, isWriteProtected: false)
  }

  @Test func `are not tried again on the token that refused them`() {
    let pins = WrongPINs()
    pins.add(Password("1234"), of: token("1"))
    #expect(pins.contains(Password("1234"), of: token("1")))
    // Another PIN, and another token.
    #expect(!pins.contains(Password("4321"), of: token("1")))
    #expect(!pins.contains(Password("1234"), of: token("2")))
  }

  /// One token by two modules is one token.
  @Test func `count for a token, whatever reaches it`() {
    let pins = WrongPINs()
    pins.add(Password("1234"), of: token("1"))
    let other = Token(
      label: "Work", manufacturer: "M", model: "1", serial: "1", modulePath: "/usr/lib/other.so", needsPIN: true,
      hasKeypad: false, isLocked: false, isLastTry: true, isWriteProtected: false)
    #expect(pins.contains(Password("1234"), of: other))
  }
}
