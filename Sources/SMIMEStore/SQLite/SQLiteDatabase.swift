import ByteIO
import Foundation
import GRDB

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
  private let queue: DatabaseQueue

  /// How many seconds a process waits for another that writes.
  private static let patience = 20.0

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
    var configuration = Configuration()
    configuration.journalMode = .wal
    configuration.busyMode = .timeout(Self.patience)
    // Two that make the same file at once would refuse each other the change to WAL, which does not wait.
    queue = try Self.told(path) {
      try FolderLock(ofDatabase: path).hold {
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        // What was written is on the disk when the command says so. GRDB takes NORMAL for WAL, by which a loss of power
        // takes the last transactions; it does so after everything that a configuration can say.
        try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
        try Self.migrate(queue, path)
        return queue
      }
    }
  }

  /// Opens a file that is there, and writes nothing, not even beside it.
  init(reading path: String) throws {
    place = path
    var configuration = Configuration()
    configuration.readonly = true
    // Readers and writers share files beside the database. Where there are none nobody writes, and none is needed.
    let hasLog = unsafe access(path + "-wal", F_OK) == 0
    queue = try Self.told(path) {
      let queue = try DatabaseQueue(
        path: hasLog ? path : "file:\(Self.escaped(path))?immutable=1", configuration: configuration)
      let migrator = Self.migrator()
      let state = try queue.read { try Self.state(of: migrator, $0) }
      guard !state.isNewer else { throw StoreFailure(.newer, path) }
      guard state.isCurrent else {
        throw StoreFailure(.cannotWrite, path, detail: "an earlier version made it, and it must be brought up to date")
      }
      return queue
    }
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

  private static func migrator() -> DatabaseMigrator {
    var migrator = DatabaseMigrator()
    for step in StoreSchema.steps {
      migrator.registerMigration(step.name) { database in
        for statement in step.statements {
          try database.execute(sql: statement.hasPrefix("CREATE TABLE") ? statement + " STRICT" : statement)
        }
      }
    }
    return migrator
  }

  private static func state(
    of migrator: DatabaseMigrator, _ database: Database
  ) throws -> (isCurrent: Bool, isNewer: Bool) {
    (try migrator.hasCompletedMigrations(database), try migrator.hasBeenSuperseded(database))
  }

  private static func migrate(_ queue: DatabaseQueue, _ path: String) throws {
    let migrator = Self.migrator()
    let state = try queue.read { try Self.state(of: migrator, $0) }
    guard !state.isNewer else { throw StoreFailure(.newer, path) }
    if !state.isCurrent { try migrator.migrate(queue) }
  }

  func read<Result>(_ work: (any StoreSession) throws -> Result) throws -> Result {
    try Self.told(place) { try queue.read { try work(SQLiteSession(database: $0, place: place)) } }
  }

  func write<Result>(_ work: (any StoreSession) throws -> Result) throws -> Result {
    try Self.told(place) {
      try queue.writeWithoutTransaction { database in
        var result: Result?
        try database.inTransaction(.immediate) {
          result = try work(SQLiteSession(database: database, place: place))
          return .commit
        }
        guard let result else { throw StoreFailure(.cannotWrite, place) }
        return result
      }
    }
  }

  /// Tells SQLite's errors in the store's words.
  private static func told<Result>(_ path: String, _ work: () throws -> Result) throws -> Result {
    do { return try work() } catch let error as DatabaseError { throw StoreFailure(error, path) }
  }
}

extension StoreFailure {
  init(_ error: DatabaseError, _ path: String) {
    let reason: Reason =
      switch error.resultCode {
      case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_PROTOCOL: .busy
      case .SQLITE_FULL, .SQLITE_READONLY, .SQLITE_IOERR: .cannotWrite
      case .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH: .cannotOpen
      // Also a statement that the tables do not fit, and a row that breaks a rule: somebody else changed them.
      default: .damaged
      }
    // Neither the statement nor its values: they may be secret.
    self.init(reason, path, detail: error.message ?? "\(error.resultCode)")
  }
}

/// A transaction of SQLite.
private struct SQLiteSession: StoreSession {
  let database: Database
  let place: String

  func run(_ statement: String, _ values: [StoredValue]) throws {
    try database.cachedStatement(sql: statement).execute(arguments: try arguments(values))
  }

  func rows(_ statement: String, _ values: [StoredValue]) throws -> [StoredRow] {
    let cursor = try Row.fetchCursor(
      database.cachedStatement(sql: statement), arguments: try arguments(values))
    var result: [StoredRow] = []
    while let row = try cursor.next() {
      var named: [String: StoredValue] = [:]
      for (name, value) in row { named[name] = StoredValue(value.storage) }
      result.append(StoredRow(named, place: place))
    }
    return result
  }

  /// A text is read back only as far as its first NUL, so that none is let in.
  private func arguments(_ values: [StoredValue]) throws -> StatementArguments {
    StatementArguments(
      try values.map { value -> DatabaseValue in
        switch value {
        case .integer(let number): return number.databaseValue
        case .text(let text):
          guard !text.utf8.contains(0) else {
            throw StoreFailure(.cannotWrite, place, detail: "a text has a NUL in it")
          }
          return text.databaseValue
        case .bytes(let bytes): return Data(bytes).databaseValue
        case .null: return .null
        }
      })
  }
}

extension StoredValue {
  fileprivate init(_ storage: DatabaseValue.Storage) {
    switch storage {
    case .null: self = .null
    case .int64(let number): self = .integer(number)
    case .double(let number): self = .text("\(number)")
    case .string(let text): self = .text(text)
    case .blob(let data): self = .bytes(Array(data))
    }
  }
}
