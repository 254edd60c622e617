extension Store {
  /// What the user set, by name, each with its values in order. The names are the application's.
  public func settings() throws -> [String: [String]] {
    try database.read { session in
      try session.rows("SELECT name, value FROM setting ORDER BY name, position", [])
        .reduce(into: [:]) { settings, row in settings[try row.text("name"), default: []].append(try row.text("value"))
        }
    }
  }

  /// Gives a setting these values in the place of those that it had; none unsets it.
  public func set(_ name: String, to values: [String]) throws {
    try database.write { session in
      try session.run("DELETE FROM setting WHERE name = ?", [.text(name)])
      for (position, value) in values.enumerated() {
        try session.run(
          "INSERT INTO setting (name, position, value) VALUES (?, ?, ?)",
          [.text(name), .integer(Int64(position)), .text(value)])
      }
    }
  }
}
