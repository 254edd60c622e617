import ByteIO
import Glibc
import PKIX
import SMIMECrypto
import SMIMEStore

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A home as version 0.1 kept it, or as somebody filled it by hand: folders of files.
///
/// They are taken into the store when it is first opened, and then lie in `imported/`, so that nothing is lost. No password
/// is needed: a key stays in its file's form until it is first used. What was interrupted is done again, which changes
/// nothing that was done.
struct EarlierHome {
  let folder: String

  private var keyFiles: [String] { Files.list("\(folder)/identities", endings: [".p12", ".pfx"]) }
  private var identities: [String] { keyFiles.filter { Files.exists(Self.beside($0, ".pem")) } }
  private var requests: [String] { Files.list("\(folder)/identities", endings: [".csr"]) }
  private var certificates: [String] { Files.list("\(folder)/certificates", endings: Self.certificateEndings) }
  private var anchors: [String] { Files.list("\(folder)/anchors", endings: Self.certificateEndings) }
  private static let certificateEndings = [".pem", ".crt", ".cer", ".der", ".p7c"]

  var isEmpty: Bool { identities.isEmpty && requests.isEmpty && certificates.isEmpty && anchors.isEmpty }

  func move(into store: Store) throws {
    guard !isEmpty else { return }
    // Another process may be at it: what it took is gone when its turn is over.
    let count = try Store.alone(in: folder) { try moveAll(into: store) }
    guard count > 0 else { return }
    Terminal.note("\(count) files were taken into the store; they are in \(folder)/imported now")
    tellOfLonelyKeys()
  }

  /// Names the key files that were not taken in, because their certificates are not known without a password.
  func tellOfLonelyKeys() {
    for path in keyFiles where !Files.exists(Self.beside(path, ".pem")) {
      Terminal.warning(
        "\(path): not in the store, since its certificate is not beside it",
        hint: "bring it in with 'smime id import \(path)', and then move it elsewhere")
    }
  }

  /// How many files were taken in.
  private func moveAll(into store: Store) throws -> Int {
    let now = Date()
    var count = 0
    for path in identities { count += try take([path, Self.beside(path, ".pem")]) { try identity(path, store, now) } }
    for path in requests { count += try take([path, Self.beside(path, ".key")]) { try request(path, store, now) } }
    for path in certificates {
      count += try take([path]) {
        for certificate in try CertificateFile.certificates(in: path).forEncryption {
          for address in certificate.mailboxes {
            try store.add(certificate, for: address, from: .file, place: path, trust: .pinned, at: now)
          }
        }
      }
    }
    for path in anchors {
      count += try take([path]) {
        for certificate in try CertificateFile.certificates(in: path) {
          try store.trust(certificate, name: String(Self.name(of: path).prefix { $0 != "." }), at: now)
        }
      }
    }
    return count
  }

  /// Has `work` take a file in, and moves it and what belongs to it away. What cannot be read stays where it is.
  private func take(_ paths: [String], _ work: () throws -> Void) throws -> Int {
    guard Files.exists(paths[0]) else { return 0 }
    do { try work() } catch let failure as StoreFailure { throw failure } catch {
      Terminal.warning("\(CommandFailure(error, in: paths[0]).message); it stays where it is")
      return 0
    }
    for path in paths where Files.exists(path) { try moveAway(path) }
    return 1
  }

  private func identity(_ path: String, _ store: Store, _ now: Date) throws {
    let certificates = try CertificateFile.certificates(in: Self.beside(path, ".pem"))
    guard let own = certificates.first else { throw Malformed("there is no certificate in it") }
    let key = StoredKey(found: .pkcs12(try Input.bytes(of: path)), of: own.publicKey)
    try store.add(StoredIdentity(certificate: own, chain: Array(certificates.dropFirst()), key: key), at: now)
  }

  private func request(_ path: String, _ store: Store, _ now: Date) throws {
    let request = try CertificateSigningRequest(try Input.bytes(of: path))
    let key = StoredKey(found: .pem(try Input.bytes(of: Self.beside(path, ".key"))), of: request.publicKey)
    try store.add(StoredRequest(request, key: key), at: now)
  }

  /// Moves a file below `imported/`, under a name that is free there. Another process may have done so already.
  private func moveAway(_ path: String) throws {
    let parts = path.split(separator: "/")
    let kind = parts.dropLast().last.map(String.init) ?? ""
    let place = "\(folder)/imported/\(kind)"
    try Files.makeFolder(place)
    var target = "\(place)/\(Self.name(of: path))"
    var number = 2
    while Files.exists(target) {
      target = "\(place)/\(number)-\(Self.name(of: path))"
      number += 1
    }
    guard unsafe rename(path, target) == 0 || errno == ENOENT else {
      throw IOFailure(.cannotCreate, target, detail: systemError())
    }
    unsafe rmdir("\(folder)/\(kind)")
  }

  private static func name(of path: String) -> String { String(path.split(separator: "/").last ?? "") }
  private static func beside(_ path: String, _ ending: String) -> String { String(path.dropLast(4)) + ending }
}
