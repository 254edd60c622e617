import ByteIO
import Glibc
import Issuance
import PKIX
import SMIMECrypto

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A small offline authority in one folder: a root, an issuing authority below it, and what they did.
///
/// ```
/// root.pem issuing.pem    certificates          state.json           records, revocations, CRL number
/// root.key issuing.key    encrypted PKCS#8      issued/SERIAL.tbs    stored before it is signed
/// crl.pem                 both last CRLs        issued/SERIAL.pem    the certificate
/// ```
struct AuthorityFolder {
  let path: String

  /// Which of the two authorities.
  enum Level: String, CaseIterable { case root, issuing }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  // MARK: Certificates and keys

  /// Refuses to make an authority where there is one.
  func checkIsNew() throws(IOFailure) {
    if Files.exists(file("state.json")) { throw IOFailure(.exists, file("state.json")) }
  }

  /// The certificates that go with each certificate that is issued: from the issuing authority up to the root.
  func chain() throws -> [Certificate] { [try certificate(.issuing)] }

  func certificate(_ level: Level) throws -> Certificate {
    guard Files.exists(file("state.json")) else {
      throw CommandFailure(
        .noInput, "\(path): there is no authority", hint: "make one with 'smime ca init', or name its folder with --ca")
    }
    return try CertificateFile.first(in: file("\(level.rawValue).pem"))
  }

  func identity(_ level: Level, unlock: Unlock) throws -> Identity {
    let certificate = try certificate(level)
    let path = file("\(level.rawValue).key")
    do {
      let key = try PrivateKey.read(path, unlock: unlock)
      return try Identity(certificate: certificate, chain: [], privateKey: key)
    } catch {
      throw CommandFailure(error, in: path)
    }
  }

  func store(_ certificate: Certificate, as level: Level) throws {
    try write(certificate.pem, to: "\(level.rawValue).pem", mode: 0o644)
  }

  func store(_ key: PrivateKey, as level: Level, password: Password) throws {
    try write(try key.pem(password: password), to: "\(level.rawValue).key")
  }

  func write(_ text: String, to name: String, mode: UInt32 = 0o600) throws {
    try Files.write(Array(text.utf8), to: file(name), overwrite: .replace, mode: mode)
  }

  // MARK: State

  /// Reads the state, lets `change` work on it, and keeps what came out. One process at a time; `change` may store the
  /// state earlier as well, when something must be on disk before the next step.
  func update<Result>(_ change: (inout AuthorityState) async throws -> Result) async throws -> Result {
    let lock = unsafe open(file("lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard lock >= 0, flock(lock, LOCK_EX) == 0 else {
      throw IOFailure(.cannotCreate, file("lock"), detail: systemError())
    }
    defer { close(lock) }
    var state = try load()
    let result = try await change(&state)
    try store(state)
    return result
  }

  func load() throws -> AuthorityState {
    let path = file("state.json")
    do {
      return try JSONDecoder().decode(AuthorityState.self, from: Data(try Input.bytes(of: path)))
    } catch let error as DecodingError {
      throw CommandFailure(.unreadable, "\(path): \(error.words)")
    }
  }

  func store(_ state: AuthorityState) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try Files.write(Array(try encoder.encode(state)), to: file("state.json"), overwrite: .replace)
  }
}

extension DecodingError {
  fileprivate var words: String {
    switch self {
    case .dataCorrupted(let context), .keyNotFound(_, let context), .typeMismatch(_, let context),
      .valueNotFound(_, let context):
      context.debugDescription
    @unknown default: "cannot be read"
    }
  }
}
