import CSQLite

/// An open database of SQLite with the statements that were prepared on it; for one user at a time.
@safe final class SQLiteConnection: StoreSession {
  let place: String
  private let database: OpaquePointer
  private var statements: [String: SQLiteStatement] = [:]

  enum Access { case reading, writing }

  /// How many milliseconds a process waits for another that writes.
  private static let patience: Int32 = 20_000

  /// - Parameter name: a path, or a file URI.
  init(_ name: String, _ access: Access, place: String? = nil) throws(StoreFailure) {
    self.place = place ?? name
    var database: OpaquePointer?
    let flags = access == .reading ? SQLITE_OPEN_READONLY | SQLITE_OPEN_URI : SQLITE_OPEN_READWRITE
    let code = unsafe sqlite3_open_v2(name, &database, flags | SQLITE_OPEN_NOMUTEX, nil)
    guard let database = unsafe database else {
      throw StoreFailure(.cannotOpen, self.place, detail: "no memory")
    }
    unsafe self.database = database
    // From here on the end of this object closes it.
    guard code == SQLITE_OK else { throw unsafe Self.failure(code, database, self.place) }
    unsafe sqlite3_busy_timeout(database, Self.patience)
    unsafe smime_sqlite3_distrust(database)
  }

  deinit {
    statements.removeAll()
    unsafe sqlite3_close_v2(database)
  }

  func run(_ statement: String, _ values: [StoredValue]) throws { _ = try rows(statement, values) }

  func rows(_ statement: String, _ values: [StoredValue]) throws -> [StoredRow] {
    let prepared = try prepared(statement)
    defer { prepared.forget() }
    try check(prepared.bind(try StoredValue.checked(values, place: place)))
    var rows: [StoredRow] = []
    while true {
      switch prepared.step() {
      case SQLITE_ROW: rows.append(StoredRow(prepared.row(), place: place))
      case SQLITE_DONE: return rows
      case let code: throw unsafe Self.failure(code, database, place)
      }
    }
  }

  private func prepared(_ text: String) throws(StoreFailure) -> SQLiteStatement {
    if let known = statements[text] { return known }
    var pointer: OpaquePointer?
    try check(unsafe sqlite3_prepare_v3(database, text, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &pointer, nil))
    guard let pointer = unsafe pointer else { throw StoreFailure(.damaged, place, detail: "an empty statement") }
    let statement = unsafe SQLiteStatement(pointer)
    statements[text] = statement
    return statement
  }

  private func check(_ code: Int32) throws(StoreFailure) {
    guard code == SQLITE_OK else { throw unsafe Self.failure(code, database, place) }
  }

  /// What SQLite says, in the store's words. Neither the statement nor its values: they may be secret.
  private static func failure(_ code: Int32, _ database: OpaquePointer, _ place: String) -> StoreFailure {
    let reason: StoreFailure.Reason =
      // The low octet is the kind of error; the others say more of it.
      switch code & 0xFF {
      case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL: .busy
      case SQLITE_FULL, SQLITE_READONLY, SQLITE_IOERR: .cannotWrite
      case SQLITE_CANTOPEN, SQLITE_PERM, SQLITE_AUTH: .cannotOpen
      // Also a statement that the tables do not fit, and a row that breaks a rule: somebody else changed them.
      default: .damaged
      }
    return unsafe StoreFailure(reason, place, detail: String(cString: sqlite3_errmsg(database)))
  }
}

/// A prepared statement.
@safe private final class SQLiteStatement {
  private let pointer: OpaquePointer

  init(_ pointer: OpaquePointer) { unsafe self.pointer = pointer }

  deinit { unsafe sqlite3_finalize(pointer) }

  /// Sets every value; the first code that is not SQLITE_OK ends it.
  func bind(_ values: [StoredValue]) -> Int32 {
    guard unsafe Int(sqlite3_bind_parameter_count(pointer)) == values.count else { return SQLITE_RANGE }
    for (index, value) in values.enumerated() {
      let place = Int32(index + 1)
      let code =
        switch value {
        case .integer(let number): unsafe sqlite3_bind_int64(pointer, place, number)
        case .null: unsafe sqlite3_bind_null(pointer, place)
        case .text(let text):
          unsafe Array(text.utf8).withUnsafeBytes {
            unsafe smime_sqlite3_bind_text(pointer, place, $0.baseAddress, UInt64($0.count))
          }
        case .bytes(let bytes):
          unsafe bytes.withUnsafeBytes {
            unsafe smime_sqlite3_bind_blob(pointer, place, $0.baseAddress, UInt64($0.count))
          }
        }
      guard code == SQLITE_OK else { return code }
    }
    return SQLITE_OK
  }

  func step() -> Int32 { unsafe sqlite3_step(pointer) }

  /// The row that it stands at, by the names of its columns.
  func row() -> [String: StoredValue] {
    var row: [String: StoredValue] = [:]
    for column in unsafe 0..<sqlite3_column_count(pointer) {
      guard let name = unsafe sqlite3_column_name(pointer, column) else { continue }
      unsafe row[String(cString: name)] = value(column)
    }
    return row
  }

  private func value(_ column: Int32) -> StoredValue {
    switch unsafe sqlite3_column_type(pointer, column) {
    case SQLITE_INTEGER: return unsafe .integer(sqlite3_column_int64(pointer, column))
    case SQLITE_NULL: return .null
    case SQLITE_BLOB: return unsafe .bytes(Array(octets(sqlite3_column_blob(pointer, column), column)))
    // A number with a fraction, which no column has, is read as the text that it is shown as.
    default: return unsafe .text(String(decoding: octets(sqlite3_column_text(pointer, column), column), as: UTF8.self))
    }
  }

  /// Asked for after the address: to ask for it may convert the value.
  private func octets(_ start: UnsafeRawPointer?, _ column: Int32) -> UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(pointer, column)))
  }

  /// Ends the run, and lets go of its values.
  func forget() {
    unsafe sqlite3_reset(pointer)
    unsafe sqlite3_clear_bindings(pointer)
  }
}
