import Foundation
import Testing

/// What is printed with --json keeps the schemas that scripts rely on.
@Suite struct SchemaTests {
  @Test(arguments: [
    ("verdict", ["verify", "signed.eml", "--anchor", "ca/root.pem"]), ("verdict", ["verify", "signed.eml"]),
    ("verdict", ["verify", "mail.eml"]), ("verdict", ["open", "sealed.eml", "--anchor", "ca/root.pem"]),
    (
      "verdict",
      ["open", "sealed.eml", "--identity", "bob.p12", "--password", "open sesame", "--anchor", "ca/root.pem"]
    ),
    ("show", ["show", "signed.eml"]), ("show", ["show", "sealed.eml"]), ("show", ["show", "alice.pem"]),
    ("show", ["show", "alice.p12", "--password", "open sesame"]), ("error", ["show", "nowhere"]),
    ("validation", ["cert", "validate", "alice.pem", "--anchor", "ca/root.pem"]),
    ("validation", ["cert", "validate", "alice.pem"]), ("error", ["cert", "validate", "mail.eml"]),
    ("error", ["crl", "show", "mail.eml"]), ("error", ["ocsp", "alice.pem", "--issuer", "mail.eml"]),
    ("error", ["verify", "ca"]), ("error", ["open", "alice.p12"]), ("authority", ["ca", "list", "--ca", "ca"]),
    ("authority", ["ca", "request", "list", "--ca", "ca"]), ("error", ["ca", "list", "--ca", "nowhere"]),
    ("error", ["ca", "request", "show", "000000000000", "--ca", "ca"]),
  ]) func `The printed JSON keeps its schema`(schema: String, command: [String]) throws {
    try check(schema, try Cast.shared.get().shell, command)
  }

  @Test func `What an authority lists keeps its schema, whatever became of it`() throws {
    let shell = try Cast.copy()
    var ids: [String] = []
    for person in ["dora", "erin", "fred", "gina"] {
      try shell.smime(
        ["id", "new", "\(person)@example.org", "--key", "p-256", "--out", "\(person).csr"] + Cast.newPassword)
      let added = try shell.smime("ca", "request", "add", "\(person).csr", "--from", "the desk", "--ca", "ca")
      ids.append(added.output.trimmingCharacters(in: .whitespacesAndNewlines))
    }
    let code = try shell.smime("ca", "request", "code", ids[0], "--ca", "ca").output
      .trimmingCharacters(in: .whitespacesAndNewlines)
    for (id, proof) in [(ids[0], ["--code", code]), (ids[1], ["--evidence", "badge"])] {
      try shell.smime(
        ["ca", "request", "approve", id, "--by", "carol", "--ca", "ca", "--out", "\(id).pem"] + proof + Cast.password)
    }
    try shell.smime("ca", "request", "reject", ids[2], "--reason", "left", "--by", "carol", "--ca", "ca")
    try shell.smime("ca", "revoke", "alice@example.org", "--reason", "superseded", "--ca", "ca")
    for id in ids { try check("authority", shell, ["ca", "request", "show", id, "--ca", "ca"]) }
    let rows = try check("authority", shell, ["ca", "request", "list", "--all", "--ca", "ca"])["requests"]
    #expect(
      (rows as? [[String: Any]])?.compactMap { $0["state"] as? String }
        == ["approved", "approved", "rejected", "waiting"])
    let records = try check("authority", shell, ["ca", "list", "--ca", "ca"])["certificates"] as? [[String: Any]]
    #expect(records?.filter { $0["revoked"] != nil }.count == 1 && records?.count == 5)
  }

  @Test func `What the store lists keeps its schema`() throws {
    let shell = try Cast.copy()
    let commands = [
      ("identities", ["id", "list"], "identities"), ("anchors", ["trust", "list"], "anchors"),
      ("correspondents", ["cert", "list"], "certificates"),
      ("authorities", ["cert", "list", "--authorities"], "authorities"),
    ]
    for (schema, command, _) in commands { try check(schema, shell, command) }
    try shell.smime("trust", "add", "ca/root.pem")
    try shell.smime(["id", "import", "bob.p12"] + Cast.password)
    try shell.smime(["id", "new", "dora@example.org", "--key", "p-256", "--out", "dora.csr"] + Cast.newPassword)
    for file in ["alice.pem", "ca/root.pem"] { try shell.smime("cert", "import", file) }
    for (schema, command, name) in commands {
      #expect((try check(schema, shell, command)[name] as? [Any])?.isEmpty == false, "\(command)")
    }
  }

  /// Runs the command with --json, and returns what it printed.
  @discardableResult
  private func check(_ schema: String, _ shell: Shell, _ command: [String]) throws -> [String: Any] {
    let result = try shell.smime(command + ["--json"], expect: nil)
    let printed = try JSONSerialization.jsonObject(with: Data(result.output.utf8))
    let faults = try Schema(named: schema).faults(in: printed)
    #expect(faults.isEmpty, "\(command): \(faults)")
    return printed as? [String: Any] ?? [:]
  }
}

/// As much of JSON Schema as docs/schema uses.
struct Schema {
  private let root: [String: Any]

  init(named name: String) throws {
    let data = try Data(contentsOf: Shell.package.appendingPathComponent("docs/schema/\(name).json"))
    root = try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
  }

  func faults(in value: Any) throws -> [String] { faults(value, root, "$") }

  private func faults(_ value: Any, _ schema: [String: Any], _ path: String) -> [String] {
    if let reference = schema["$ref"] as? String {
      let name = reference.split(separator: "/").last.map(String.init) ?? ""
      guard let target = (root["$defs"] as? [String: Any])?[name] as? [String: Any] else {
        return ["\(path): no \(name)"]
      }
      return faults(value, target, path)
    }
    if let options = schema["oneOf"] as? [[String: Any]] {
      let fitting = options.filter { faults(value, $0, path).isEmpty }
      return fitting.count == 1 ? [] : ["\(path): fits \(fitting.count) of \(options.count)"]
    }
    if let allowed = schema["enum"] as? [AnyHashable] {
      return (value as? AnyHashable).map(allowed.contains) == true ? [] : ["\(path): \(value) is none of \(allowed)"]
    }
    switch schema["type"] as? String {
    case "string": return value is String ? [] : ["\(path): is no string"]
    case "integer": return value is Int ? [] : ["\(path): is no integer"]
    case "boolean": return value is Bool ? [] : ["\(path): is neither true nor false"]
    case "array":
      guard let values = value as? [Any], let items = schema["items"] as? [String: Any] else {
        return ["\(path): is no array"]
      }
      return values.enumerated().flatMap { faults($0.element, items, "\(path)[\($0.offset)]") }
    default: return objectFaults(value, schema, path)
    }
  }

  private func objectFaults(_ value: Any, _ schema: [String: Any], _ path: String) -> [String] {
    guard let object = value as? [String: Any] else { return ["\(path): is no object"] }
    let properties = schema["properties"] as? [String: [String: Any]] ?? [:]
    var result = (schema["required"] as? [String] ?? []).filter { object[$0] == nil }.map { "\(path): lacks \($0)" }
    for (name, member) in object {
      if let property = properties[name] {
        result += faults(member, property, "\(path).\(name)")
      } else if let others = schema["additionalProperties"] as? [String: Any] {
        result += faults(member, others, "\(path).\(name)")
      } else if schema["additionalProperties"] as? Bool == false {
        result.append("\(path): has \(name)")
      }
    }
    return result
  }
}
