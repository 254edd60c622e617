import ByteIO
import PKIX

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The files of an authority that can be made again from its journal.
struct AuthorityFiles: Sendable {
  let folder: String

  func path(_ name: String) -> String { "\(folder)/\(name)" }
  func exists(_ name: String) -> Bool { unsafe access(path(name), F_OK) == 0 }

  var lock: FolderLock { FolderLock(path: path("lock")) }

  static func name(of certificate: SerialNumber) -> String { "issued/\(certificate).pem" }

  func write(_ text: String, to name: String, mode: UInt32) throws {
    try write(Array(text.utf8), to: name, mode: mode)
  }

  func write(_ bytes: [UInt8], to name: String, mode: UInt32) throws {
    let file = try AtomicFile(path: path(name), overwrite: .replace, mode: mode)
    try file.write(bytes)
    try file.commit()
  }

  /// All of `name`; nil if it cannot be read.
  func bytes(of name: String) -> [UInt8]? { try? FileSource(path: path(name)).readAll(limit: 1 << 30) }

  func write(_ certificate: Certificate) throws {
    try Folder.make(path("issued"))
    try write(certificate.pem, to: Self.name(of: certificate.serialNumber), mode: 0o644)
  }

  func write(_ list: CertificateRevocationList, as kind: ListKind) throws {
    try Folder.make(path("crl"))
    try write(Array(list.derBytes), to: kind.path, mode: 0o644)
  }

  func write(_ identity: AuthorityIdentity) throws {
    for (name, text, mode) in Self.texts(of: identity) { try write(text, to: name, mode: mode) }
  }

  static func texts(of identity: AuthorityIdentity) -> [(name: String, text: String, mode: UInt32)] {
    var result: [(name: String, text: String, mode: UInt32)] = []
    for level in Authority.Level.allCases {
      result.append(("\(level.rawValue).pem", identity.certificate(level).pem, 0o644))
      result.append(("\(level.rawValue).key", identity.keyText(level), 0o600))
    }
    return result
  }
}

extension Authority {
  /// Makes every file beside the journal again that is missing or is not what it was.
  ///
  /// - Returns: the names of those that were written.
  public func rebuild() throws -> [String] {
    try transact { work in
      var written: [String] = []
      func restore(_ name: String, _ bytes: [UInt8], mode: UInt32) throws {
        if work.files.bytes(of: name) == bytes { return }
        try work.files.write(bytes, to: name, mode: mode)
        written.append(name)
      }
      for (name, text, mode) in AuthorityFiles.texts(of: who) { try restore(name, Array(text.utf8), mode: mode) }
      try Folder.make(work.files.path("issued"))
      for record in work.ledger.records {
        guard let certificate = try work.certificate(of: record) else { continue }
        try restore(AuthorityFiles.name(of: record.serialNumber), Array(certificate.pem.utf8), mode: 0o644)
      }
      try Folder.make(work.files.path("crl"))
      for kind in work.ledger.lists.current.keys.sorted(by: { $0.description < $1.description }) {
        guard let list = try work.currentList(kind) else { continue }
        try restore(kind.path, Array(list.derBytes), mode: 0o644)
      }
      return written
    }
  }
}
