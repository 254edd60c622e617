import ByteIO
import CMS
import PKIX
import SMIMECrypto

/// A file with a private key and its certificates: PKCS#12, or PEM with key and chain.
struct IdentityFile: LockedIdentity {
  let name: String
  private let bytes: [UInt8]

  init(_ path: String) throws {
    name = path
    bytes = try Input.bytes(of: path)
  }

  var certificates: [Certificate]? { nil }

  /// The identity to sign with: of several the first whose key signs.
  func opened(with unlock: Unlock) throws -> Identity {
    let all = try allOpened(with: unlock)
    return all.first { PrivateKey.Kind($0.certificate.publicKey.kind)?.signs ?? false } ?? all[0]
  }

  /// Every identity in the file whose key is offered, one at least.
  func allOpened(with unlock: Unlock) throws -> [Identity] {
    let all = try all(with: unlock)
    do {
      let offered = try all.filter(\.isOffered).map { try $0.identity() }
      // A key that is not offered says so by its name.
      return offered.isEmpty ? [try first(of: all).identity()] : offered
    } catch { throw CommandFailure(error, in: name) }
  }

  func keyedCertificate(with unlock: Unlock) throws -> KeyedCertificate { try first(of: all(with: unlock)) }

  private func first(of all: [KeyedCertificate]) throws -> KeyedCertificate {
    guard let first = all.first else {
      throw CommandFailure(.unreadable, "\(name): there is no private key with its certificate in it")
    }
    return first
  }

  /// All that is in a PKCS#12, under another password: also the keys that are kept for other software, and the names.
  func protectedAnew(
    with unlock: Unlock, _ profile: PKCS12.Profile, password: (Unlock) throws -> Password
  ) throws -> [UInt8] {
    do {
      guard try PEMBlock.all(in: bytes).isEmpty else {
        return try keyedCertificate(with: unlock).pkcs12(password: password(unlock), profile: profile)
      }
      let file = try unlock.open(named: name) { try PKCS12.read(bytes, password: $0) }
      for words in file.unread { Terminal.warning("\(name): left out: \(words)") }
      guard !file.keys.isEmpty || !file.keptKeys.isEmpty else { throw Malformed("there is no private key in it") }
      return try file.written(password: password(unlock), profile: profile)
    } catch {
      throw CommandFailure(error, in: name)
    }
  }

  /// Every key in the file that stands beside its certificate; those that are offered come first.
  func all(with unlock: Unlock) throws -> [KeyedCertificate] { try contents(with: unlock).keys }

  /// The same, and in words what else is in the file and is not among them.
  func contents(with unlock: Unlock) throws -> (keys: [KeyedCertificate], leftOut: [String]) {
    do {
      let blocks = try PEMBlock.all(in: bytes)
      return try unlock.open(named: name) { password in
        try blocks.isEmpty ? pkcs12(password) : ([pem(blocks, password)], [])
      }
    } catch {
      throw CommandFailure(error, in: name)
    }
  }

  private func pkcs12(_ password: Password) throws -> (keys: [KeyedCertificate], leftOut: [String]) {
    let file = try PKCS12.read(bytes, password: password)
    let all = try KeyedCertificate.all(in: file)
    if all.isEmpty, let kept = file.keptKeys.first { throw Unsupported(kept.privateKey.what) }
    return (all, file.keysAlone + file.unread)
  }

  private func pem(_ blocks: [PEMBlock], _ password: Password) throws -> KeyedCertificate {
    guard let keyBlock = blocks.first(where: { $0.label.hasSuffix("PRIVATE KEY") }) else {
      throw Malformed("there is no private key in it")
    }
    let certificates = try blocks.compactMap { try Certificate(pem: $0) }
    let key = try KeyedCertificate.Key(pem: keyBlock, password: password)
    guard let own = key.certificate(among: certificates) else {
      throw Malformed("there is no certificate for its private key in it")
    }
    return try KeyedCertificate(certificate: own, chain: certificates.filter { $0 != own }, key: key)
  }
}
