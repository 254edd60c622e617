#if PostgreSQL
  import CLibPQ
  import SMIMEStore

  /// A transaction of PostgreSQL. Values travel in binary form, so that nothing is quoted.
  @safe struct PostgresSession: StoreSession {
    let connection: OpaquePointer
    let place: String

    /// The types that values have, as every server numbers them.
    private enum TypeID {
      static let bytes: UInt32 = 17
      static let integer: UInt32 = 20
      static let text: UInt32 = 25
    }

    func run(_ statement: String, _ values: [StoredValue]) throws {
      let result = unsafe try execute(statement, values)
      unsafe PQclear(result)
    }

    func rows(_ statement: String, _ values: [StoredValue]) throws -> [StoredRow] {
      let result = unsafe try execute(statement, values)
      defer { unsafe PQclear(result) }
      let columns = unsafe (0..<PQnfields(result)).map { column in
        unsafe (column, PostgresDatabase.text(PQfname(result, column)) ?? "", PQftype(result, column))
      }
      return try unsafe (0..<PQntuples(result)).map { row in
        var named: [String: StoredValue] = [:]
        for (column, name, type) in columns {
          named[name] = unsafe PQgetisnull(result, row, column) == 1 ? .null : try value(result, row, column, type)
        }
        return StoredRow(named, place: place)
      }
    }

    private func value(_ result: OpaquePointer, _ row: Int32, _ column: Int32, _ type: UInt32) throws -> StoredValue {
      let count = unsafe Int(PQgetlength(result, row, column))
      let bytes = unsafe UnsafeRawBufferPointer(start: PQgetvalue(result, row, column), count: count)
      switch type {
      case TypeID.bytes: return unsafe .bytes(Array(bytes))
      case TypeID.text: return unsafe .text(String(decoding: bytes, as: UTF8.self))
      case TypeID.integer where count == 8:
        return unsafe .integer(bytes.reduce(0) { $0 << 8 | Int64($1) })
      // Of a lock that was taken there is nothing to be said.
      default: return .null
      }
    }

    private func execute(_ statement: String, _ values: [StoredValue]) throws -> OpaquePointer {
      let encoded = try StoredValue.checked(values, place: place).map(Self.encode)
      // Each value in memory of its own, which is freed when the server has it.
      let copies = unsafe encoded.map { value -> UnsafeMutableBufferPointer<CChar>? in
        guard let bytes = value.bytes else { return nil }
        // Never empty, since a value without an address is NULL.
        let copy = UnsafeMutableBufferPointer<CChar>.allocate(capacity: bytes.count + 1)
        unsafe copy.initialize(repeating: 0)
        for (index, byte) in bytes.enumerated() { unsafe copy[index] = CChar(bitPattern: byte) }
        return unsafe copy
      }
      defer {
        unsafe copies.forEach { copy in
          unsafe copy?.update(repeating: 0)
          unsafe copy?.deallocate()
        }
      }
      let addresses = unsafe copies.map { unsafe UnsafePointer<CChar>($0?.baseAddress) }
      let result = unsafe PQexecParams(
        connection, Self.numbered(statement), Int32(values.count), encoded.map(\.type), addresses,
        encoded.map { Int32($0.bytes?.count ?? 0) }, encoded.map { _ in 1 }, 1)
      guard let result = unsafe result else {
        throw unsafe StoreFailure(.cannotOpen, place, detail: PostgresDatabase.text(PQerrorMessage(connection)))
      }
      let status = unsafe PQresultStatus(result)
      guard status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK else {
        defer { unsafe PQclear(result) }
        throw unsafe failure(result)
      }
      return unsafe result
    }

    /// What the server says, by the class of its SQLSTATE. Neither the statement nor its values: they may be secret.
    private func failure(_ result: OpaquePointer) -> StoreFailure {
      let state = unsafe PostgresDatabase.text(PQresultErrorField(result, Int32(UInt8(ascii: "C")))) ?? ""
      let words = unsafe PostgresDatabase.text(PQresultErrorField(result, Int32(UInt8(ascii: "M"))))
      let reason: StoreFailure.Reason =
        switch state {
        case "55P03", "57014", "40001", "40P01": .busy
        case "25006": .cannotWrite
        case "42501", "": .cannotOpen
        default:
          state.hasPrefix("53") || state.hasPrefix("58")
            ? .cannotWrite
            : state.hasPrefix("08") || state.hasPrefix("57") || state.hasPrefix("28") ? .cannotOpen : .damaged
        }
      return StoreFailure(reason, place, detail: words)
    }

    private static func encode(_ value: StoredValue) -> (type: UInt32, bytes: [UInt8]?) {
      switch value {
      case .integer(let number): (TypeID.integer, (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) })
      case .text(let text): (TypeID.text, Array(text.utf8))
      case .bytes(let bytes): (TypeID.bytes, bytes)
      // Its type is the column's.
      case .null: (0, nil)
      }
    }

    /// The statement with `$1`, `$2`, … in the place of each `?`.
    private static func numbered(_ statement: String) -> String {
      var number = 0
      return statement.split(separator: "?", omittingEmptySubsequences: false).reduce(into: "") { text, part in
        if number > 0 { text += "$\(number)" }
        text += part
        number += 1
      }
    }
  }
#endif
