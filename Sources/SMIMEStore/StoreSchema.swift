/// The tables, and how they came to be: steps are only ever added, each is run once on every database.
package enum StoreSchema {
  package static let steps: [(name: String, statements: [String])] = [
    ("1 identities and trust", first), ("2 authorities", authorities), ("3 settings", settings),
  ]

  /// Runs the steps that were not run on this database, in a transaction that writes.
  ///
  /// - Parameter dialect: the engine's own spelling of a statement.
  package static func bringUpToDate(
    _ session: any StoreSession, dialect: (String) -> String
  ) throws {
    try session.run("CREATE TABLE IF NOT EXISTS store_migration (name TEXT NOT NULL PRIMARY KEY)", [])
    for step in try missingSteps(session) {
      for statement in step.statements { try session.run(dialect(statement), []) }
      try session.run("INSERT INTO store_migration (name) VALUES (?)", [.text(step.name)])
    }
  }

  /// The steps that were not run on this database, which has the table of those that were.
  package static func missingSteps(
    _ session: any StoreSession
  ) throws -> [(name: String, statements: [String])] {
    let done = try session.rows("SELECT name FROM store_migration", []).map { try $0.text("name") }
    guard done.allSatisfy(steps.map(\.name).contains) else { throw StoreFailure(.newer, session.place) }
    return steps.filter { !done.contains($0.name) }
  }

  /// Times are whole seconds since 1970. Nothing removes a private key, or an identity that has one.
  private static let first = [
    // Every certificate once, by its SHA-256.
    "CREATE TABLE certificate (sha256 BLOB NOT NULL PRIMARY KEY, der BLOB NOT NULL)",
    // A key that seals private keys; its place is the path of the key file that opens it.
    "CREATE TABLE secret_lock (id BLOB NOT NULL PRIMARY KEY, content BLOB NOT NULL, place TEXT)",
    // By the SHA-256 of the public key: a certificate that is renewed for the same key shares it.
    """
    CREATE TABLE private_key (id BLOB NOT NULL PRIMARY KEY, form TEXT NOT NULL, content BLOB NOT NULL,
      secret_lock BLOB REFERENCES secret_lock(id), added INTEGER NOT NULL)
    """,
    """
    CREATE TABLE identity (sha256 BLOB NOT NULL PRIMARY KEY REFERENCES certificate(sha256),
      private_key BLOB NOT NULL REFERENCES private_key(id), added INTEGER NOT NULL)
    """,
    """
    CREATE TABLE identity_chain (identity BLOB NOT NULL REFERENCES identity(sha256), position INTEGER NOT NULL,
      sha256 BLOB NOT NULL REFERENCES certificate(sha256), PRIMARY KEY (identity, position))
    """,
    // A request waits until a certificate for its key comes.
    """
    CREATE TABLE request (private_key BLOB NOT NULL PRIMARY KEY REFERENCES private_key(id), der BLOB NOT NULL,
      added INTEGER NOT NULL)
    """,
    """
    CREATE TABLE correspondent (address TEXT NOT NULL, sha256 BLOB NOT NULL REFERENCES certificate(sha256),
      trust TEXT NOT NULL, trusted INTEGER NOT NULL, source TEXT NOT NULL, place TEXT, first_seen INTEGER NOT NULL,
      last_seen INTEGER NOT NULL, PRIMARY KEY (address, sha256))
    """,
    "CREATE TABLE capabilities (address TEXT NOT NULL PRIMARY KEY, content BLOB NOT NULL, seen INTEGER NOT NULL)",
    """
    CREATE TABLE anchor (sha256 BLOB NOT NULL PRIMARY KEY REFERENCES certificate(sha256), name TEXT NOT NULL,
      added INTEGER NOT NULL)
    """,
    """
    CREATE TABLE message (digest BLOB NOT NULL PRIMARY KEY, signature TEXT NOT NULL, encryption TEXT NOT NULL,
      signer BLOB, opened INTEGER NOT NULL)
    """,
  ]

  private static let authorities = [
    // Certificates that help to find paths. They are not trusted for being here.
    "CREATE TABLE authority (sha256 BLOB NOT NULL PRIMARY KEY REFERENCES certificate(sha256), added INTEGER NOT NULL)"
  ]

  private static let settings = [
    // A setting has one value or several, in order; one that has none is not there.
    """
    CREATE TABLE setting (name TEXT NOT NULL, position INTEGER NOT NULL, value TEXT NOT NULL,
      PRIMARY KEY (name, position))
    """
  ]
}
