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

  @Test func `Keys are encrypted, and the state is the owner's`() throws {
    let shell = try Cast.copy()
    for name in ["ca/root.key", "ca/issuing.key"] {
      #expect(try shell.text(name).hasPrefix("-----BEGIN ENCRYPTED PRIVATE KEY-----"))
      #expect(try shell.permissions(name) == 0o600)
    }
    #expect(try shell.permissions("ca/state.json") == 0o600)
    try shell.smime(["ca", "init", "--name", "Again", "--ca", "ca"] + Cast.newPassword, expect: 73)
  }

  @Test func `Each certificate's TBS is on record, under a serial number of 128 random bits`() throws {
    let shell = try Cast.copy()
    let names = try FileManager.default.contentsOfDirectory(atPath: shell.url("ca/issued").path)
    let serials = names.filter { $0.hasSuffix(".tbs") }.map { $0.dropLast(4) }
    #expect(serials.count == 3)
    #expect(Set(serials).count == serials.count)
    for serial in serials {
      #expect((30...34).contains(serial.count))
      let tbs = try shell.data("ca/issued/\(serial).tbs")
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
    let state = try shell.text("ca/state.json")
    for number in 1...4 { #expect(state.contains("p\(number)@example.org")) }
  }

  @Test func `A wrong password changes nothing`() throws {
    let shell = try Cast.copy()
    let before = try shell.text("ca/state.json")
    try shell.smime(
      ["ca", "issue", "x@example.org", "--ca", "ca", "--password", "wrong", "--out", "never.p12"] + Cast.newPassword,
      expect: 77)
    try shell.smime("ca", "crl", "--ca", "ca", "--password", "wrong", expect: 77)
    #expect(try shell.text("ca/state.json") == before)
    #expect(!shell.exists("never.p12"))
  }
}
