import PKIX
import SMIMECrypto

/// Who an authority is: its two certificates, and its two keys as they are kept.
struct AuthorityIdentity: Sendable {
  let name: String
  let root: Certificate
  let issuing: Certificate
  private let rootKey: String
  private let issuingKey: String

  init(_ creation: JournalEvent.Creation) throws(JournalFault) {
    name = creation.name
    rootKey = creation.rootKey
    issuingKey = creation.issuingKey
    let (rootBytes, issuingBytes) = (try creation.root.bytes, try creation.issuing.bytes)
    do {
      root = try Certificate(der: ArraySlice(rootBytes))
      issuing = try Certificate(der: ArraySlice(issuingBytes))
    } catch { throw JournalFault("has no certificate of an authority: \(error)") }
  }

  func certificate(_ level: Authority.Level) -> Certificate { level == .root ? root : issuing }

  /// PEM, encrypted under the passphrase unless there is none.
  func keyText(_ level: Authority.Level) -> String { level == .root ? rootKey : issuingKey }

  /// - Throws: ``WrongPassword``
  func identity(_ level: Authority.Level, password: Password) throws -> Identity {
    guard let block = try PEMBlock.all(in: Array(keyText(level).utf8)).first else {
      throw Malformed("there is no private key in it", path: "\(level.rawValue)Key")
    }
    return try Identity(
      certificate: certificate(level), chain: level == .root ? [] : [root],
      privateKey: try PrivateKey(pem: block, password: password))
  }
}
