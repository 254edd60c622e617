import Foundation
import Testing

/// What `smime config` sets stands for options that are left out.
extension OnlineTests {
  private static let at = ["--at", "2026-09-21T14:13:20Z"]

  /// A scene whose store trusts the issuing authority and answers no question from a cache.
  private func trusting() async throws -> Scene {
    let scene = try await Scene()
    try scene.shell.smime("trust", "add", "issuing.pem")
    try await scene.serveOCSP(control: "no-store")
    try await scene.serveList()
    return scene
  }

  @Test func `The setting asks the network for every command that judges by the store, and an option goes before it`()
    async throws
  {
    let scene = try await trusting()
    let verify = ["verify", "signed.eml"] + Self.at
    try scene.shell.smime(verify)
    try scene.shell.smime("config", "set", "online", "yes")
    let refused = try scene.shell.smime(verify)
    #expect(refused.output.contains("which is not asked") && scene.asked.isEmpty)
    try scene.shell.smime("config", "set", "allow-private", "yes")
    for command in [verify, ["open", "signed.eml"] + Self.at, ["cert", "validate", "alice.pem"] + Self.at] {
      let before = scene.asked.count
      try scene.shell.smime(command)
      #expect(scene.asked.dropFirst(before) == ["ocsp"], "\(command)")
      // Who says so is heard, and who names all files does not ask the store.
      try scene.shell.smime(command + ["--offline"])
      try scene.shell.smime(command + ["--anchor", "issuing.pem"])
      #expect(scene.asked.count == before + 1, "\(command)")
    }
    try scene.shell.smime(verify + ["--no-ocsp"])
    #expect(scene.asked.last == "crl")
    // To show something asks nobody.
    let shown = scene.asked.count
    try scene.shell.smime("show", "--json", "signed.eml")
    #expect(scene.asked.count == shown)
    // A batch knows the setting too.
    let line = #"{"id": 1, "leaf": "alice.pem"}"#
    try scene.shell.write(line, to: "cases.jsonl")
    try scene.shell.smime(["cert", "validate", "--no-ocsp", "--batch", "cases.jsonl"] + Self.at)
    #expect(!scene.asked.dropFirst(shown).contains("ocsp"))
    try scene.shell.smime("config", "set", "online", "no")
    try scene.shell.smime(["cert", "validate", "--no-ocsp", "--batch", "cases.jsonl"] + Self.at, expect: 64)
    try scene.shell.smime("config", "set", "online", "yes")
    try scene.shell.smime("config", "set", "online", "no")
    let count = scene.asked.count
    try scene.shell.smime(verify)
    try scene.shell.smime(verify + ["--no-ocsp"], expect: 64)
    #expect(scene.asked.count == count)
    // What else was set is how to ask when an option says that it is asked.
    try scene.shell.smime(verify + ["--online"])
    #expect(scene.asked.count == count + 1)
  }

  @Test func `Responders that are set are asked instead of those that a certificate names`() async throws {
    let scene = try await trusting()
    let ask = ["verify", "signed.eml", "--online", "--allow-private"] + Self.at
    try scene.shell.smime("config", "set", "ocsp-url", scene.server.url("/other"))
    try scene.shell.smime(ask)
    #expect(scene.asked.first == "other" && !scene.asked.contains("ocsp"))
    let before = scene.asked.count
    try scene.shell.smime(ask + ["--ocsp-url", scene.server.url("/ocsp")])
    #expect(scene.asked.dropFirst(before) == ["ocsp"])
    try scene.shell.smime("config", "set", "no-ocsp", "yes")
    try scene.shell.smime("config", "unset", "ocsp-url")
    let again = scene.asked.count
    try scene.shell.smime(ask)
    #expect(!scene.asked.dropFirst(again).contains("ocsp"))
    try scene.shell.smime(ask + ["--ocsp-nonce"], expect: nil)
    #expect(scene.asked.dropFirst(again).contains("ocsp"))
  }

  @Test func `Certificates are looked for where the store says, unless a place is typed`() async throws {
    let scene = try await trusting()
    scene.serve("s", .http(200, ["Content-Type": "application/pkix-cert"], Array(scene.alice.certificate.derBytes)))
    let find = ["cert", "find", "alice@example.com", "--anchor", "issuing.pem"] + Self.at
    try scene.shell.smime("config", "set", "certstore", scene.server.url("/s/x"), scene.server.url("/t/x"))
    let silent = try scene.shell.smime(find, expect: 1)
    #expect(silent.errors.contains("only the store was looked in") && scene.asked.isEmpty)
    try scene.shell.smime("config", "set", "online", "yes")
    try scene.shell.smime("config", "set", "allow-private", "yes")
    let found = try scene.shell.smime(find)
    #expect(found.output.contains("asked: \(scene.server.url("/s/x")): 1 certificate"))
    #expect(found.output.contains("asked: \(scene.server.url("/t/x"))"))
    let typed = try scene.shell.smime(find + ["--certstore", scene.server.url("/u/x")], expect: 1)
    #expect(typed.output.contains("asked: \(scene.server.url("/u/x"))") && !typed.output.contains("/s/x"))
    let offline = try scene.shell.smime(find + ["--offline"], expect: 1)
    #expect(!offline.output.contains("asked:"))
    try scene.shell.smime(find + ["--offline", "--certstore", scene.server.url("/s/x")], expect: 64)
  }

  @Test func `Settings are checked when they are set, listed, and forgotten`() throws {
    let shell = try Shell()
    let list = ["config", "list", "--json"]
    let schema = try Schema(named: "settings")
    func listed() throws -> [String: [String]] {
      let printed = try JSONSerialization.jsonObject(with: Data(try shell.smime(list).output.utf8))
      #expect(try schema.faults(in: printed).isEmpty)
      return (printed as? [String: Any])?["settings"] as? [String: [String]] ?? [:]
    }
    #expect(try listed().isEmpty)
    #expect(try shell.smime("config", "list").errors.contains("hint: "))
    try shell.smime("config", "get", "ldap", expect: 1)
    try shell.smime("config", "unset", "ldap")
    #expect(!shell.exists("home"))
    for words in [
      ["online", "perhaps"], ["online"], ["online", "yes", "no"], ["ldap", "http://h/"], ["certstore", "ldap://h/"],
      ["ocsp-url", "h"], ["nonsense", "yes"], ["name-server", ""],
    ] { try shell.smime(["config", "set"] + words, expect: 64) }
    try shell.smime("config", "set", "host-anchor", "nowhere.pem", expect: 66)
    try shell.write("", to: "hosts.pem")
    try shell.smime("config", "set", "host-anchor", "hosts.pem")
    try shell.smime("config", "set", "ldap", "ldap://one.example/", "ldaps://two.example/dc=two")
    try shell.smime("config", "set", "ldap", "ldaps://two.example/dc=two", "ldap://three.example/")
    try shell.smime("config", "set", "smimea", "yes")
    let anchor = try #require(try listed()["host-anchor"]?.first)
    #expect(anchor.hasPrefix("/") && anchor.hasSuffix("/hosts.pem"))
    #expect(try listed()["ldap"] == ["ldaps://two.example/dc=two", "ldap://three.example/"])
    let got = try shell.smime("config", "get", "ldap")
    #expect(got.output == "ldaps://two.example/dc=two\nldap://three.example/\n")
    #expect(try shell.smime("config", "list").output.contains("smimea: yes\n"))
    try shell.smime("config", "unset", "ldap")
    #expect(try listed().keys.sorted() == ["host-anchor", "smimea"])
  }
}
