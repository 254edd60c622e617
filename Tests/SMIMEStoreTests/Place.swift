import Foundation
import PKIX
import SMIMECrypto
import SMIMEStore
import SMIMETestSupport

#if PostgreSQL
  import SMIMEPostgres
#endif

/// What a store lies in: one suite runs on all that there are.
enum Engine: CaseIterable {
  case sqlite
  #if PostgreSQL
    case postgres

    /// Where no server is installed, ``PostgreSQLTests`` says so.
    static let allCases: [Engine] = PostgresServer.isExpected ? [.sqlite, .postgres] : [.sqlite]
  #endif
}

/// A place for a store, and people whose keys go into it.
struct Place {
  let folder: String
  private let engine: Engine

  init(_ engine: Engine = .sqlite) throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("smime-store-\(UUID().uuidString)").path
    self.engine = engine
    #if PostgreSQL
      if engine == .postgres { try PostgresServer.shared.get().makeSchema(schema) }
    #endif
  }

  func store() throws -> Store {
    switch engine {
    case .sqlite: try Store(folder: folder)
    #if PostgreSQL
      case .postgres: try Store(postgres: PostgresServer.shared.get().connection(schema))
    #endif
    }
  }

  #if PostgreSQL
    /// A name that needs no quotes.
    private var schema: String { "s" + folder.suffix(36).lowercased().filter { $0 != "-" } }
  #endif

  func permissions(_ name: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")[.posixPermissions] as? Int
  }

  static let pki = Task { try await TestPKI() }

  static func identity(_ address: String) async throws -> Identity {
    try await pki.value.mailbox(address)
  }

  static func certificate(_ address: String) async throws -> Certificate { try await identity(address).certificate }
}

extension StoredIdentity {
  /// `identity` with its key sealed behind `lock`.
  init(_ identity: Identity, _ lock: StoredLock, _ key: SymmetricKey) throws {
    guard let privateKey = identity.signingKey as? PrivateKey else { throw CocoaError(.coderInvalidValue) }
    self.init(
      certificate: identity.certificate, chain: identity.chain,
      key: try StoredKey(pkcs8: privateKey.pkcs8, of: privateKey.publicKey, lock: lock, key: key))
  }
}

extension Date {
  static let first = Date(timeIntervalSince1970: 1_790_000_000)
  static let later = first.addingTimeInterval(3_600)
}
