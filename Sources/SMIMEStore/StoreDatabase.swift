import Synchronization

/// An engine that keeps rows: the seam between the store and its database.
///
/// Statements are in the dialect that SQLite and PostgreSQL share, with `?` for each value.
package protocol StoreDatabase: Sendable {
  /// Where it is, for messages.
  var place: String { get }

  /// Runs `work` on one state of the database.
  ///
  /// - Throws: ``StoreFailure``, and what `work` throws.
  func read<Result>(_ work: (any StoreSession) throws -> Result) throws -> Result

  /// Runs `work` as one transaction that holds off other writers from its beginning: all of it is on the disk when this
  /// returns, and nothing of it when it throws.
  ///
  /// - Throws: ``StoreFailure``, and what `work` throws.
  func write<Result>(_ work: (any StoreSession) throws -> Result) throws -> Result
}

/// A transaction under way.
package protocol StoreSession {
  var place: String { get }
  func rows(_ statement: String, _ values: [StoredValue]) throws -> [StoredRow]
  func run(_ statement: String, _ values: [StoredValue]) throws
}

extension StoreSession {
  /// Runs `work` between `begin` and COMMIT. Where it throws nothing of it stays.
  package func transaction<Result>(_ begin: String, _ work: (any StoreSession) throws -> Result) throws -> Result {
    try run(begin, [])
    do {
      let result = try work(self)
      try run("COMMIT", [])
      return result
    } catch {
      // When this fails too, the engine has undone the transaction by itself, or does so when it is closed.
      try? run("ROLLBACK", [])
      throw error
    }
  }
}

/// A connection to a database serves one user at a time; the others wait for their turn.
package final class Turn: Sendable {
  private let mutex = Mutex(())

  package init() {}

  package func take<Result>(_ work: () throws -> Result) throws -> Result {
    var result: Swift.Result<Result, any Error>?
    mutex.withLock { _ in result = Swift.Result { try work() } }
    // The lock ran what it was given.
    guard let result else { preconditionFailure("a turn that nobody took") }
    return try result.get()
  }
}

/// A value in a row. Texts have no NUL in them: some engines keep none, others read back only what stands before it.
package enum StoredValue: Hashable, Sendable {
  case integer(Int64)
  case text(String)
  case bytes([UInt8])
  case null

  /// The values of a statement, once all of them can be kept.
  package static func checked(_ values: [StoredValue], place: String) throws(StoreFailure) -> [StoredValue] {
    for case .text(let text) in values where text.utf8.contains(0) {
      throw StoreFailure(.cannotWrite, place, detail: "a text has a NUL in it")
    }
    return values
  }

  package static func optional(_ bytes: [UInt8]?) -> StoredValue { bytes.map(StoredValue.bytes) ?? .null }
  package static func optional(_ text: String?) -> StoredValue { text.map(StoredValue.text) ?? .null }
}

/// One row of an answer. Whatever lies in it is taken for damage where it is not what it should be.
package struct StoredRow: Sendable {
  private let values: [String: StoredValue]
  private let place: String

  package init(_ values: [String: StoredValue], place: String) {
    self.values = values
    self.place = place
  }

  package func bytes(_ column: String) throws(StoreFailure) -> [UInt8] {
    guard case .bytes(let bytes)? = values[column] else { throw damaged(column, "is not bytes") }
    return bytes
  }

  package func text(_ column: String) throws(StoreFailure) -> String {
    guard case .text(let text)? = values[column] else { throw damaged(column, "is not text") }
    return text
  }

  package func integer(_ column: String) throws(StoreFailure) -> Int64 {
    guard case .integer(let number)? = values[column] else { throw damaged(column, "is not a number") }
    return number
  }

  package func isNull(_ column: String) -> Bool { values[column] == .null }

  package func optionalBytes(_ column: String) throws(StoreFailure) -> [UInt8]? {
    isNull(column) ? nil : try bytes(column)
  }

  package func optionalText(_ column: String) throws(StoreFailure) -> String? {
    isNull(column) ? nil : try text(column)
  }

  package func damaged(_ column: String, _ detail: String) -> StoreFailure {
    StoreFailure(.damaged, place, detail: "\(column) \(detail)")
  }
}
