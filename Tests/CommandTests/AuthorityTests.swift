import Foundation
import Testing

@Suite struct AuthorityTests {
  @Test func `Both kinds of authority issue certificates that OpenSSL accepts`() throws {
    let shell = try Cast.copy()
    let result = try shell.script(
      """
      command -v openssl > /dev/null || exit 0
      openssl verify -x509_strict -purpose smimesign -CAfile ca/root.pem -untrusted ca/issuing.pem alice.pem
      openssl verify -x509_strict -CAfile ca/root.pem -untrusted ca/issuing.pem bob.pem
      """)
    #expect(result.status == 0, "\(result.output)\(result.errors)")
  }

  @Test func `Keys are encrypted, and the journal is the owner's`() throws {
    let shell = try Cast.copy()
    for name in ["ca/root.key", "ca/issuing.key"] {
      #expect(try shell.text(name).hasPrefix("-----BEGIN ENCRYPTED PRIVATE KEY-----"))
      #expect(try shell.permissions(name) == 0o600)
    }
    #expect(try shell.permissions("ca/journal") == 0o600)
    try shell.smime(["ca", "init", "--name", "Again", "--ca", "ca"] + Cast.newPassword, expect: 73)
  }

  @Test func `Each certificate's TBS is on record, under a serial number of 128 random bits`() throws {
    let shell = try Cast.copy()
    let prepared = try shell.journal("ca").filter { $0["event"] as? String == "prepared" }
    let serials = prepared.compactMap { $0["serial"] as? String }
    #expect(serials.count == 3)
    #expect(Set(serials).count == serials.count)
    for line in prepared {
      let serial = try #require(line["serial"] as? String)
      #expect((30...34).contains(serial.count))
      let text = try #require(line["tbs"] as? String)
      let tbs = try #require(Data(base64Encoded: text))
      let pem = try shell.text("ca/issued/\(serial).pem").split(separator: "\n").dropFirst().dropLast().joined()
      let der = try #require(Data(base64Encoded: pem))
      #expect(der.range(of: tbs) != nil, "what was signed is what was recorded")
    }
  }

  @Test func `CRL numbers rise, and no revocation is forgotten`() throws {
    let shell = try Cast.copy()
    var numbers: [Int] = []
    for address in ["alice@example.org", "eve@example.net"] {
      try shell.smime("ca", "revoke", address, "--ca", "ca")
      try shell.smime(["ca", "crl", "--ca", "ca", "--out", "test.crl", "--force"] + Cast.password)
      let shown = try shell.smime("show", "test.crl", "--json")
      let number = try #require(shown.output.firstMatch(of: /"number":"?(\d+)/)?.output.1)
      numbers.append(try #require(Int(number)))
    }
    #expect(numbers == numbers.sorted() && Set(numbers).count == 2)
    let shown = try shell.smime("show", "test.crl", "--json")
    #expect(shown.output.matches(of: /"revoked":2|"entries":2/).count == 1, "\(shown.output)")
    let text = try shell.script(
      "command -v openssl > /dev/null || exit 0; openssl crl -in test.crl -noout -CAfile ca/issuing.pem")
    #expect(text.status == 0, "\(text.errors)")
  }

  @Test func `What is not its own is not revoked`() throws {
    let shell = try Cast.copy()
    try shell.smime("ca", "revoke", "nobody@example.org", "--ca", "ca", expect: 66)
    try shell.smime("ca", "revoke", "alice@example.org", "--ca", "ca", "--reason", "boredom", expect: 64)
    try shell.smime("ca", "revoke", "alice.pem", "--ca", "ca")
    try shell.smime("ca", "revoke", "alice.pem", "--ca", "ca", expect: 66)
  }

  @Test func `A request that is not signed by its own key is refused`() throws {
    let shell = try Cast.copy()
    try shell.smime(["id", "new", "dave@example.org", "--key", "p-256", "--out", "dave.csr"] + Cast.newPassword)
    let lines = try shell.text("dave.csr").split(separator: "\n")
    var der = [UInt8](try #require(Data(base64Encoded: lines.dropFirst().dropLast().joined())))
    let place = try #require(Data(der).range(of: Data("dave@".utf8)))
    der[place.lowerBound] = UInt8(ascii: "e")
    try shell.write(Data(der), to: "forged.csr")
    try shell.smime(["ca", "sign", "forged.csr", "--ca", "ca", "--out", "never.pem"] + Cast.password, expect: 1)
    #expect(!shell.exists("never.pem"))
  }

  @Test func `Two at a time do not disturb each other`() throws {
    let shell = try Cast.copy()
    let result = try shell.script(
      """
      for n in 1 2 3 4; do
        smime ca issue p$n@example.org --key p-256 --ca ca --password 'open sesame' --no-passphrase --out p$n.p12 &
      done
      wait
      """)
    #expect(result.status == 0, "\(result.errors)")
    let journal = try shell.text("ca/journal")
    for number in 1...4 { #expect(journal.contains("p\(number)@example.org")) }
  }

  @Test func `A wrong password changes nothing`() throws {
    let shell = try Cast.copy()
    let before = try shell.text("ca/journal")
    try shell.smime(
      ["ca", "issue", "x@example.org", "--ca", "ca", "--password", "wrong", "--out", "never.p12"] + Cast.newPassword,
      expect: 77)
    try shell.smime("ca", "crl", "--ca", "ca", "--password", "wrong", expect: 77)
    #expect(try shell.text("ca/journal") == before)
    #expect(!shell.exists("never.p12"))
  }

  @Test func `Certificates say where their authority publishes, and follow a change of the place`() throws {
    let shell = try Shell()
    try shell.smime(["ca", "init", "--name", "T", "--ca", "ca", "--url", "http://one.example.org/"] + Cast.newPassword)
    func texts(_ name: String) throws -> String {
      try shell.smime(
        ["ca", "issue", "\(name)@example.org", "--key", "p-256", "--ca", "ca", "--out", "\(name).p12"] + Cast.password
          + Cast.newPassword)
      try shell.smime(["id", "export", "\(name).p12", "--certificates", "--out", "\(name).pem"] + Cast.password)
      let der = try #require(
        Data(
          base64Encoded: try shell.text("\(name).pem").components(separatedBy: "-----")[2]
            .replacingOccurrences(of: "\n", with: "")))
      return String(decoding: der, as: Unicode.ASCII.self)
    }
    let first = try texts("a")
    for path in ["crl/issuing.crl", "ocsp", "ca/issuing.cer"] {
      #expect(first.contains("http://one.example.org/\(path)"))
    }
    try shell.smime("ca", "url", "http://two.example.org", "--ca", "ca")
    #expect(try shell.smime("ca", "url", "--ca", "ca").output == "http://two.example.org\n")
    let second = try texts("b")
    #expect(second.contains("http://two.example.org/crl/issuing.crl") && !second.contains("one.example.org"))
    try shell.smime("ca", "url", "gopher://x", "--ca", "ca", expect: 1)
  }

  @Test func `Everything beside the journal is made again from it, byte for byte`() throws {
    let shell = try Cast.copy()
    try shell.smime("ca", "revoke", "eve@example.net", "--ca", "ca")
    try shell.smime(["ca", "crl", "--ca", "ca", "--out", "lists.pem"] + Cast.password)
    try shell.smime(["ca", "crl", "--delta", "--ca", "ca", "--out", "delta.pem"] + Cast.password)
    let names = try shell.names().filter { $0.hasPrefix("ca/") && ($0.contains(".") || $0.hasSuffix("lock")) }
    let before = try Dictionary(uniqueKeysWithValues: names.map { ($0, try shell.data($0)) })
    #expect(before.count >= 11)
    let result = try shell.script(
      "cp ca/journal kept; rm -r ca; mkdir -m 700 ca; cp kept ca/journal; smime ca rebuild --ca ca")
    #expect(result.status == 0, "\(result.errors)")
    for (name, bytes) in before { #expect(try shell.data(name) == bytes, "\(name)") }
    #expect(try shell.permissions("ca/root.key") == 0o600)
    #expect(try shell.smime("ca", "rebuild", "--ca", "ca").output.isEmpty, "nothing is left to be done")
  }

  @Test func `The list of what was issued tells what became of it`() throws {
    let shell = try Cast.copy()
    try shell.smime("ca", "revoke", "alice@example.org", "--reason", "keyCompromise", "--ca", "ca")
    let text = try shell.smime("ca", "list", "--ca", "ca", "--json").output
    let report = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    let rows = try #require(report["certificates"] as? [[String: Any]])
    #expect(rows.map { $0["state"] as? String } == ["revoked", "issued", "issued"])
    #expect((rows[0]["revoked"] as? [String: String])?["reason"] == "keyCompromise")
    #expect(try shell.smime("ca", "list", "--ca", "nowhere", expect: 66).errors.contains("smime ca init"))
  }

  @Test func `A delta tells what came after its base`() throws {
    let shell = try Cast.copy()
    try shell.smime(
      ["ca", "crl", "--delta", "--base", "7", "--ca", "ca", "--out", "d.crl"] + Cast.password, expect: 66)
    try shell.smime("ca", "revoke", "alice@example.org", "--ca", "ca")
    try shell.smime(["ca", "crl", "--ca", "ca", "--out", "full.crl"] + Cast.password)
    try shell.smime("ca", "revoke", "bob@example.com", "--ca", "ca")
    for (base, count) in [([], 1), (["--base", "1"], 2)] {
      try shell.smime(["ca", "crl", "--delta", "--ca", "ca", "--out", "d.crl", "--force"] + base + Cast.password)
      let shown = try shell.smime("show", "d.crl", "--json").output
      #expect(shown.matches(of: try Regex("\"(revoked|entries)\":\(count)\\b")).count == 1, "\(shown)")
    }
  }

  @Test func `A torn last line is healed and said once; damage before it stops everything`() throws {
    let shell = try Cast.copy()
    let whole = try shell.data("ca/journal")
    try shell.write(whole.dropLast(9), to: "ca/journal")
    let healed = try shell.smime("ca", "list", "--ca", "ca")
    #expect(healed.errors.contains("not written to its end"))
    #expect(try shell.smime("ca", "list", "--ca", "ca").errors.isEmpty)
    var damaged = whole
    damaged[damaged.startIndex + 200] ^= 1
    try shell.write(damaged, to: "ca/journal")
    let refused = try shell.smime("ca", "revoke", "alice@example.org", "--ca", "ca", expect: 65)
    #expect(refused.errors.contains("line 1 at byte 0"))
    #expect(try shell.data("ca/journal") == damaged, "nothing is written")
  }
}

extension Shell {
  /// The lines of an authority's journal.
  func journal(_ folder: String) throws -> [[String: Any]] {
    try text("\(folder)/journal").split(separator: "\n").map { line in
      try JSONSerialization.jsonObject(with: Data(line.dropFirst(33).utf8)) as? [String: Any] ?? [:]
    }
  }
}
