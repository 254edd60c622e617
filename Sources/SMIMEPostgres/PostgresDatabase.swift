#if PostgreSQL
  import CLibPQ
  import SMIMEStore

  /// A database on a PostgreSQL server, over one connection, which its users take in turn.
  @safe final class PostgresDatabase: StoreDatabase {
    let place: String
    private let turn = Turn()
    /// libpq's handle may be used from any thread, by one at a time: whoever has the turn.
    nonisolated(unsafe) private let connection: OpaquePointer

    /// Writers of every process take this lock for the length of a transaction: "smime" in ASCII.
    private static let writers: Int64 = 0x736D_696D65

    init(_ string: String) throws {
      guard let connection = unsafe PQconnectdb(string) else {
        throw StoreFailure(.cannotOpen, "postgresql", detail: "no memory")
      }
      unsafe self.connection = unsafe connection
      let database = unsafe Self.text(PQdb(connection)) ?? ""
      place = unsafe "postgresql \(Self.text(PQhost(connection)) ?? "")/\(database)"
      guard unsafe PQstatus(connection) == CONNECTION_OK else {
        throw unsafe StoreFailure(.cannotOpen, place, detail: Self.text(PQerrorMessage(connection)))
      }
      try turn.take {
        try prepare()
        try transaction("BEGIN", isWriting: true) { try StoreSchema.bringUpToDate($0, dialect: Self.dialect) }
      }
    }

    deinit { unsafe PQfinish(connection) }

    func read<Result>(_ work: (any StoreSession) throws -> Result) throws -> Result {
      try inTurn("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", isWriting: false, work)
    }

    func write<Result>(_ work: (any StoreSession) throws -> Result) throws -> Result {
      try inTurn("BEGIN", isWriting: true, work)
    }

    /// Waits for the turn. A connection that broke is made again first.
    private func inTurn<Result>(
      _ begin: String, isWriting: Bool, _ work: (any StoreSession) throws -> Result
    ) throws -> Result {
      try turn.take {
        if unsafe PQstatus(connection) != CONNECTION_OK {
          unsafe PQreset(connection)
          try prepare()
        }
        return try transaction(begin, isWriting: isWriting, work)
      }
    }

    private var session: PostgresSession { unsafe PostgresSession(connection: connection, place: place) }

    private func prepare() throws {
      // A writer waits as long as it would for SQLite's; what the server would warn of is nobody's business here.
      for setting in ["SET lock_timeout = '20s'", "SET client_min_messages = error", "SET client_encoding = 'UTF8'"] {
        try session.run(setting, [])
      }
    }

    private func transaction<Result>(
      _ begin: String, isWriting: Bool, _ work: (any StoreSession) throws -> Result
    ) throws -> Result {
      try session.transaction(begin) { session in
        if isWriting { _ = try session.rows("SELECT pg_advisory_xact_lock(?)", [.integer(Self.writers)]) }
        return try work(session)
      }
    }

    /// PostgreSQL's names of the two types that are called otherwise.
    private static func dialect(_ statement: String) -> String {
      statement.replacing(" BLOB", with: " BYTEA").replacing(" INTEGER", with: " BIGINT")
    }

    static func text(_ pointer: UnsafePointer<CChar>?) -> String? {
      guard let pointer = unsafe pointer else { return nil }
      return unsafe String(cString: pointer).split(whereSeparator: \.isNewline).joined(separator: "; ")
    }
  }
#endif
