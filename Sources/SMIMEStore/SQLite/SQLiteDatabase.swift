import ByteIO

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A database in one file, which several processes may use at once: SQLite with a write-ahead log.
struct SQLiteDatabase: StoreDatabase {
  let place: String
  private let turn = Turn()
  /// Used by whoever has the turn.
  nonisolated(unsafe) private let connection: SQLiteConnection

  /// Opens the file, makes it if it is not there, and brings its tables up to date. Only the owner can read it.
  ///
  /// Where it is and cannot be written, as on a disk that is mounted so, it is read only.
  init(path: String) throws {
    if unsafe access(path, R_OK) == 0, unsafe access(Self.folder(of: path), W_OK) != 0 {
      try self.init(reading: path)
    } else {
      try self.init(writing: path)
    }
  }

  private init(writing path: String) throws {
    place = path
    try Self.makeFile(path)
    // Two that make the same file at once would refuse each other the change to WAL, which does not wait.
    unsafe connection = try FolderLock(ofDatabase: path).hold {
      let connection = try SQLiteConnection(path, .writing)
      guard try connection.rows("PRAGMA journal_mode = WAL", []).first?.text("journal_mode") == "wal" else {
        throw StoreFailure(.cannotWrite, path, detail: "there is no write-ahead log")
      }
      // What was written is on the disk when the command says so.
      try connection.run("PRAGMA synchronous = FULL", [])
      try connection.run("PRAGMA foreign_keys = ON", [])
      // What was sealed under a passphrase that is changed does not stay in pages that are free.
      try connection.run("PRAGMA secure_delete = ON", [])
      if try !Self.isCurrent(connection) {
        try connection.transaction(Self.writing) { try StoreSchema.bringUpToDate($0, dialect: Self.dialect) }
      }
      return connection
    }
  }

  /// Opens a file that is there, and writes nothing, not even beside it.
  init(reading path: String) throws {
    place = path
    // Readers and writers share files beside the database. Where there are none nobody writes, and none is needed.
    let hasLog = unsafe access(path + "-wal", F_OK) == 0
    unsafe connection = try SQLiteConnection(
      hasLog ? path : "file:\(Self.escaped(path))?immutable=1", .reading, place: path)
    guard try unsafe Self.isCurrent(connection) else {
      throw StoreFailure(.cannotWrite, path, detail: "an earlier version made it, and it must be brought up to date")
    }
  }

  func read<Result>(_ work: (any StoreSession) throws -> Result) throws -> Result {
    try turn.take { try unsafe connection.transaction("BEGIN", work) }
  }

  func write<Result>(_ work: (any StoreSession) throws -> Result) throws -> Result {
    try turn.take { try unsafe connection.transaction(Self.writing, work) }
  }

  /// Holds off other writers from its beginning.
  private static let writing = "BEGIN IMMEDIATE"

  /// Whether every step was run on it; a database of a later version is an error.
  private static func isCurrent(_ connection: SQLiteConnection) throws -> Bool {
    try connection.transaction("BEGIN") { session in
      let tables = try session.rows("SELECT name FROM sqlite_master WHERE name = ?", [.text("store_migration")])
      return try !tables.isEmpty && StoreSchema.missingSteps(session).isEmpty
    }
  }

  /// Tables whose columns hold what they say.
  private static func dialect(_ statement: String) -> String {
    statement.hasPrefix("CREATE TABLE") ? statement + " STRICT" : statement
  }

  private static func folder(of path: String) -> String {
    path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
  }

  /// A path as it stands in a file URI.
  private static func escaped(_ path: String) -> String {
    path.utf8.map { octet in
      let isPlain = (0x21...0x7E).contains(octet) && !"%?#".utf8.contains(octet)
      return isPlain ? String(UnicodeScalar(octet)) : "%" + (octet < 16 ? "0" : "") + String(octet, radix: 16)
    }.joined()
  }

  /// An empty file is a database without tables. SQLite gives the files beside it the same mode.
  ///
  /// A file that is there is not opened: closing it again would drop the locks that this process may have on it.
  private static func makeFile(_ path: String) throws {
    let number = unsafe open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    if number >= 0 {
      close(number)
      return
    }
    guard errno == EEXIST else {
      throw StoreFailure(errno == ENOENT ? .cannotOpen : .cannotWrite, path, detail: systemError())
    }
    var status = stat()
    guard unsafe lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw StoreFailure(.cannotOpen, path, detail: "not a file")
    }
    if status.st_mode & 0o077 != 0, unsafe chmod(path, 0o600) != 0 {
      throw StoreFailure(.cannotOpen, path, detail: systemError())
    }
  }
}
