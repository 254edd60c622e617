import CMS
import PKIX
import SMIMECrypto

/// An identity whose key is opened when it is needed: of a file that was named, or of the store.
protocol LockedIdentity: Sendable {
  /// What to call it in messages: the file, or the address.
  var name: String { get }

  /// The certificate and those above it, if they are known without a password.
  var certificates: [Certificate]? { get }

  /// The identity to sign with, opened with the first password that fits.
  func opened(with unlock: Unlock) throws -> Identity

  /// What there is to read with: one identity at least.
  func allOpened(with unlock: Unlock) throws -> [Identity]

  /// What can be handed on: keys that are not offered are among it.
  func keyedCertificate(with unlock: Unlock) throws -> KeyedCertificate

  /// The same as PKCS#12.
  ///
  /// - Parameter password: to write it under, by what opened it.
  func protectedAnew(
    with unlock: Unlock, _ profile: PKCS12.Profile, password: (Unlock) throws -> Password
  ) throws -> [UInt8]
}

extension LockedIdentity {
  func allOpened(with unlock: Unlock) throws -> [Identity] { [try opened(with: unlock)] }

  func protectedAnew(
    with unlock: Unlock, _ profile: PKCS12.Profile, password: (Unlock) throws -> Password
  ) throws -> [UInt8] {
    let keyed = try keyedCertificate(with: unlock)
    return try keyed.pkcs12(password: password(unlock), profile: profile)
  }

  /// The certificates as PEM. No password is needed for the store's.
  func publicPEM(_ passwords: PasswordOptions) throws -> String {
    if let certificates { return certificates.map(\.pem).joined() }
    let opened = try keyedCertificate(with: Unlock(given: try passwords.given()))
    return ([opened.certificate] + opened.chain).map(\.pem).joined()
  }
}
