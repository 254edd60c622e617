import Foundation
import Testing

/// The store as somebody uses it who types commands.
@Suite struct StoreTests {
  /// A shell whose store trusts the authority.
  private func trusting() throws -> Shell {
    let shell = try Cast.copy()
    try shell.smime("trust", "add", "ca/root.pem")
    return shell
  }

  private func json(_ result: Shell.Result) throws -> [String: Any] {
    try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any] ?? [:]
  }

  private func rows(_ shell: Shell, _ name: String, _ command: String...) throws -> [[String: Any]] {
    try json(try shell.smime(command + ["--json"]))[name] as? [[String: Any]] ?? []
  }

  // MARK: Trust

  @Test func `Whom the store trusts is trusted, until it is taken back`() throws {
    let shell = try Cast.copy()
    let alone = try shell.smime("verify", "signed.eml", expect: 1)
    #expect(alone.output.contains("untrusted"))
    let added = try shell.smime("trust", "add", "--name", "Test authority", "ca/root.pem")
    try shell.smime("verify", "signed.eml")
    let own = try rows(shell, "anchors", "trust", "list").filter { $0["from"] as? String == "store" }
    let anchor = try #require(own.first)
    #expect(own.count == 1 && anchor["name"] as? String == "Test authority")
    let print = try #require(anchor["sha256"] as? String)
    #expect(added.errors.contains(print))
    #expect(try shell.smime("trust", "list").output.contains("Test authority"))
    try shell.smime("trust", "remove", "00000000", expect: 66)
    try shell.smime("trust", "remove", String(print.prefix(12)))
    try shell.smime("verify", "signed.eml", expect: 1)
    for name in ["Test authority", "ca/root.pem"] {
      try shell.smime("trust", "add", "--name", "Test authority", "ca/root.pem")
      try shell.smime("trust", "remove", name)
    }
    #expect(try rows(shell, "anchors", "trust", "list").allSatisfy { $0["from"] as? String == "system" })
  }

  @Test func `A command that is given all its files makes no store`() throws {
    let shell = try Cast.copy()
    try shell.smime("verify", "signed.eml", "--anchor", "ca/root.pem")
    try shell.smime(["open", "sealed.eml", "--anchor", "ca/root.pem", "--identity", "bob.p12"] + Cast.password)
    try shell.smime(["sign", "mail.eml", "--identity", "alice.p12", "--out", "again.eml"] + Cast.password)
    try shell.smime("encrypt", "mail.eml", "--recipient", "bob.pem", "--out", "again-sealed.eml")
    try shell.smime("id", "list")
    try shell.smime("cert", "list")
    #expect(!shell.exists("home"))
  }

  // MARK: Correspondents

  @Test func `A signer who was verified can be written to`() throws {
    let shell = try trusting()
    let unknown = try shell.smime("encrypt", "mail.eml", "--recipient", "alice@example.org", expect: 77)
    #expect(unknown.errors.contains("cert import"))
    try shell.smime("verify", "signed.eml")
    let known = try #require(try rows(shell, "certificates", "cert", "list").first)
    #expect(known["address"] as? String == "alice@example.org" && known["trust"] as? String == "validated")
    #expect(known["source"] as? String == "message")
    try shell.smime("encrypt", "mail.eml", "--recipient", "Alice@example.org", "--out", "to-alice.eml")
    try shell.smime(["decrypt", "to-alice.eml", "--identity", "alice.p12"] + Cast.password)
  }

  @Test func `Nothing is learnt from a message that is not good, or is not judged as usual`() throws {
    let shell = try trusting()
    let text = try shell.text("signed.eml")
    try shell.write(text.replacingOccurrences(of: "Thursday", with: "Saturday"), to: "changed.eml")
    try shell.smime("verify", "changed.eml", expect: 1)
    try shell.smime("verify", "signed.eml", "--anchor", "ca/root.pem")
    try shell.smime("verify", "signed.eml", "--at", "2027-01-01T00:00:00Z", expect: nil)
    try shell.smime("verify", "signed.eml", "--revocation", "off")
    try shell.smime("verify", "signed.eml", "--legacy")
    #expect(try rows(shell, "certificates", "cert", "list").isEmpty)
  }

  @Test func `A key that changes is not used before somebody says that it is right`() throws {
    let shell = try trusting()
    try shell.smime("verify", "signed.eml")
    // The authority gives somebody else a certificate for Alice's address.
    let issue =
      ["ca", "issue", "alice@example.org", "--key", "p-256", "--ca", "ca", "--out", "other.p12"] + Cast.password
      + Cast.newPassword
    try shell.smime(issue)
    try shell.smime(["id", "export", "other.p12", "--certificates", "--out", "other.pem"] + Cast.password)
    try shell.smime(["sign", "mail.eml", "--identity", "other.p12", "--out", "other.eml"] + Cast.password)
    let told = try shell.smime("verify", "other.eml")
    #expect(told.errors.contains("another key"))
    let refused = try shell.smime("encrypt", "mail.eml", "--recipient", "alice@example.org", expect: 77)
    #expect(refused.errors.contains("has changed") && refused.errors.contains("cert pin"))
    let known = try rows(shell, "certificates", "cert", "list", "alice@example.org")
    #expect(Set(known.compactMap { $0["trust"] as? String }) == ["validated", "pending"])
    let pending = try #require(known.first { $0["trust"] as? String == "pending" }?["sha256"] as? String)

    // Alice says that the old one is right: it is used, and the other goes on waiting.
    try shell.smime("cert", "import", "--pin", "alice.pem")
    let used = try shell.smime("encrypt", "mail.eml", "--recipient", "alice@example.org", "--out", "old.eml")
    #expect(used.errors.contains("waits for your word"))
    try shell.smime(["decrypt", "old.eml", "--identity", "alice.p12"] + Cast.password)
    // She says that the new one is right.
    try shell.smime("cert", "pin", "alice@example.org", "zz", expect: 64)
    try shell.smime("cert", "pin", "alice@example.org", "00000000", expect: 66)
    try shell.smime("cert", "pin", "alice@example.org", String(pending.prefix(16)))
    try shell.smime("encrypt", "mail.eml", "--recipient", "alice@example.org", "--out", "new.eml")
    try shell.smime(["decrypt", "new.eml", "--identity", "other.p12"] + Cast.password)
  }

  @Test func `A certificate is brought in, and told what it is worth`() throws {
    let shell = try Cast.copy()
    let bad = try shell.smime("cert", "import", "bob.pem")
    #expect(bad.errors.contains("does not validate") && bad.errors.contains("bob@example.com: harvested"))
    try shell.smime("encrypt", "mail.eml", "--recipient", "bob@example.com", "--out", "1.eml")
    try shell.smime("trust", "add", "ca/root.pem")
    let good = try shell.smime("cert", "import", "bob.pem")
    #expect(good.errors.contains("bob@example.com: validated"))
    try shell.smime("cert", "import", "--pin", "ca/root.pem", expect: 1)
  }

  @Test func `A certificate is forgotten, for one address or altogether`() throws {
    let shell = try trusting()
    try shell.smime("cert", "import", "bob.pem")
    try shell.smime("cert", "import", "ca/root.pem")
    let bob = try #require(try rows(shell, "certificates", "cert", "list").first?["sha256"] as? String)
    let root = try #require(
      try rows(shell, "authorities", "cert", "list", "--authorities").first {
        ($0["subject"] as? String)?.contains("Root") == true
      }?["sha256"] as? String)
    try shell.smime("cert", "forget", "zz", expect: 64)
    try shell.smime("cert", "forget", "00000000", expect: 66)
    try shell.smime("cert", "forget", bob, "--for", "alice@example.org", expect: 66)
    try shell.smime("cert", "forget", root, "--for", "bob@example.com", expect: 66)
    let told = try shell.smime("cert", "forget", String(bob.prefix(16)), "--for", "Bob@example.com")
    #expect(told.errors.contains("forgotten for bob@example.com"))
    #expect(try rows(shell, "certificates", "cert", "list").isEmpty)
    try shell.smime("encrypt", "mail.eml", "--recipient", "bob@example.com", expect: 77)
    try shell.smime("cert", "forget", root)
    #expect(
      try rows(shell, "authorities", "cert", "list", "--authorities").allSatisfy { $0["sha256"] as? String != root })
    // What is an anchor stays one.
    #expect(try rows(shell, "anchors", "trust", "list").contains { $0["sha256"] as? String == root })
  }

  /// A path that lacks a certificate is found by what was kept, which is not trusted for that.
  @Test func `Authorities that were brought in help to find paths, and nothing more`() throws {
    let shell = try Cast.copy()
    let leaf = try shell.script("awk '{ print } /END CERTIFICATE/ { exit }' bob.pem > leaf.pem")
    #expect(leaf.status == 0)
    let judge = ["cert", "validate", "leaf.pem"]
    #expect(try shell.smime("cert", "import", "ca/root.pem").errors.contains("trust add"))
    try shell.smime(judge, expect: 1)
    try shell.smime("trust", "add", "ca/root.pem")
    #expect(try shell.smime(judge, expect: 1).output.contains("is not known"))
    let kept = try shell.smime("cert", "import", "ca/issuing.pem")
    #expect(kept.errors.contains("kept to find paths, not trusted"))
    try shell.smime(judge)
    // Who names anchors, or certificates that help, does not ask the store.
    try shell.smime(judge + ["--anchor", "ca/root.pem"], expect: 1)
    try shell.smime(judge + ["--intermediate", "ca/root.pem"], expect: 1)
    let cases = [
      #"{"id": 1, "leaf": "leaf.pem"}"#, #"{"id": 2, "leaf": "leaf.pem", "chain": []}"#,
      #"{"id": 3, "leaf": "leaf.pem", "anchors": ["ca/root.pem"]}"#,
    ]
    try shell.write(cases.joined(separator: "\n"), to: "cases")
    let batch = try shell.smime("cert", "validate", "--batch", "cases").output
    #expect(batch.split(separator: "\n").map { $0.contains(#""valid":true"#) } == [true, false, false], "\(batch)")
  }

  /// Whoever makes a certificate writes what he likes into it.
  @Test func `Pinning a certificate with several addresses asks whose key it is`() throws {
    let shell = try Cast.copy()
    try shell.smime(
      ["ca", "issue", "mallory@example.org", "bob@bank.example", "--key", "p-256", "--ca", "ca", "--out", "two.p12"]
        + Cast.password + Cast.newPassword)
    try shell.smime(["id", "export", "two.p12", "--certificates", "--out", "two.pem"] + Cast.password)
    let refused = try shell.smime("cert", "import", "--pin", "two.pem", expect: 64)
    #expect(refused.errors.contains("bob@bank.example, mallory@example.org") && refused.errors.contains("--for"))
    let other = try shell.smime("cert", "import", "--pin", "--for", "eve@example.org", "two.pem", expect: 1)
    #expect(other.errors.contains("eve@example.org"))
    try shell.smime("cert", "import", "--pin", "--for", "Mallory@example.org", "two.pem")
    #expect(try rows(shell, "certificates", "cert", "list", "mallory@example.org").count == 1)
    try shell.smime("encrypt", "mail.eml", "--recipient", "bob@bank.example", expect: 77)
  }

  @Test func `A certificate that only signs is not kept to encrypt with`() throws {
    let shell = try trusting()
    let made = try shell.script(
      """
      make() {
        openssl req -x509 -newkey $1 -keyout /dev/null -nodes -out $2.pem -subj /CN=$2 -days 30 \
          -addext basicConstraints=CA:FALSE -addext "subjectAltName=email:$2@example.org" $3 $4 2> /dev/null
      }
      make 'ec -pkeyopt ec_paramgen_curve:P-256' usage -addext keyUsage=digitalSignature
      make ed25519 kind
      cat usage.pem kind.pem bob.pem > all.pem
      """)
    #expect(made.status == 0, "\(made.errors)")
    for name in ["usage", "kind"] {
      let refused = try shell.smime("cert", "import", "\(name).pem", expect: 1)
      #expect(refused.errors.contains("\(name)@example.org: skipped"))
    }
    let kept = try shell.smime("cert", "import", "all.pem")
    #expect(kept.errors.contains("kind@example.org: skipped") && kept.errors.contains("bob@example.com: validated"))
    #expect(try shell.script("mkdir home/certificates; cp usage.pem kind.pem home/certificates/").status == 0)
    let taken = try shell.smime("cert", "list")
    #expect(taken.errors.contains("usage@example.org: skipped") && taken.errors.contains("2 files were taken"))
    #expect(try rows(shell, "certificates", "cert", "list").map { $0["address"] as? String } == ["bob@example.com"])
  }

  @Test func `An address that no mail can be sent to is not kept`() throws {
    let shell = try Cast.copy()
    let made = try shell.script(
      """
      openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -keyout /dev/null -nodes -outform DER -out odd.der \
        -subj /CN=Odd -days 30 -addext basicConstraints=CA:FALSE \
        -addext subjectAltName=email:odd@example.org,email:evexxx@example.net 2> /dev/null
      """)
    #expect(made.status == 0, "\(made.errors)")
    var der = try shell.data("odd.der")
    let place = try #require(der.range(of: Data("xxx@".utf8)))
    der[place.lowerBound] = 0
    try shell.write(der, to: "odd.der")
    try shell.smime("cert", "import", "odd.der")
    #expect(try rows(shell, "certificates", "cert", "list").map { $0["address"] as? String } == ["odd@example.org"])
  }

  // MARK: Messages

  @Test func `What a message was worth at first is shown when it is opened again`() throws {
    let shell = try trusting()
    try shell.smime(["id", "import", "bob.p12"] + Cast.password)
    let first = try json(try shell.smime(["open", "sealed.eml", "--json"] + Cast.password))
    #expect(first["firstOpened"] == nil)
    // The same mail as a mail program keeps it.
    let kept = "Status: RO\n" + (try shell.text("sealed.eml")).replacingOccurrences(of: "\r\n", with: "\n")
    try shell.write(kept, to: "kept.eml")
    try shell.smime("ca", "revoke", "alice@example.org", "--ca", "ca")
    try shell.smime(["ca", "crl", "--ca", "ca", "--out", "list.pem"] + Cast.password)
    let place = try shell.script("mkdir -p home/crls && cp list.pem home/crls/")
    #expect(place.status == 0)
    let again = try shell.smime(["open", "kept.eml", "--json"] + Cast.password, expect: 1)
    let report = try json(again)
    #expect((report["verdict"] as? [String: Any])?["signature"] as? String == "revoked")
    let opened = try #require(report["firstOpened"] as? [String: Any])
    #expect(opened["signature"] as? String == "verified" && opened["encryption"] as? String == "decrypted")
    #expect(try Schema(named: "verdict").faults(in: report).isEmpty)
    let words = try shell.smime(["open", "kept.eml"] + Cast.password, expect: 1)
    #expect(words.output.contains("when first opened") && words.output.contains(": verified"))
  }

  // MARK: Keys

  @Test func `A key file opens keys without a passphrase, if only its owner can read it`() throws {
    let shell = try Cast.copy()
    try shell.smime(["id", "import", "alice.p12", "--key-file", "key"] + Cast.password)
    #expect(try shell.permissions("key") == 0o600 && shell.data("key").count == 32)
    try shell.smime("sign", "mail.eml", "--out", "1.eml")
    // A second key under the same file.
    try shell.smime("id", "new", "carol@example.org", "--key", "p-256", "--key-file", "key", "--out", "carol.csr")
    #expect(try shell.script("chmod 644 key").status == 0)
    let open = try shell.smime("sign", "mail.eml", "--out", "2.eml", expect: 77)
    #expect(open.errors.contains("others can read"))
    #expect(try shell.script("mv key elsewhere").status == 0)
    try shell.smime("sign", "mail.eml", "--out", "2.eml", expect: 66)
    try shell.smime("id", "import", "bob.p12", "--key-file", "key", "--no-passphrase", expect: 64)
  }

  @Test func `A key file is found by the link that was named, wherever that leads`() throws {
    let shell = try Cast.copy()
    #expect(try shell.script("head -c 32 /dev/urandom > one; chmod 600 one; ln -s one link").status == 0)
    try shell.smime(["id", "import", "alice.p12", "--key-file", "link"] + Cast.password)
    // The same file by its other name is the same lock.
    try shell.smime(["id", "import", "bob.p12", "--key-file", "one"] + Cast.password)
    let places = try rows(shell, "identities", "id", "list").compactMap { $0["protection"] as? String }
    #expect(places.count == 2 && places.allSatisfy { $0.hasPrefix("key file /") && $0.hasSuffix("/link") })
    #expect(try shell.script("mv one two; ln -sf two link").status == 0)
    try shell.smime("sign", "mail.eml", "--out", "1.eml")
  }

  @Test func `A key that is brought in again gets the protection that is named, and else keeps its own`() throws {
    let shell = try Cast.copy()
    let again = ["id", "import", "alice.p12"] + Cast.password
    try shell.smime(again)
    #expect(try !shell.smime(again).errors.contains("here already"))
    let byFile = try shell.smime(again + ["--key-file", "key"])
    #expect(byFile.errors.contains("what protects it now: key file"))
    try shell.smime("sign", "mail.eml", "--out", "1.eml")
    let unchanged = try shell.smime(again)
    #expect(unchanged.errors.contains("protected as it was: key file"))
    try shell.smime("sign", "mail.eml", "--out", "2.eml")
    let byWord = try shell.smime(again + ["--new-password", "another"])
    #expect(byWord.errors.contains("what protects it now: passphrase"))
    try shell.smime("sign", "mail.eml", "--out", "3.eml", "--password", "another")
    try shell.smime(["sign", "mail.eml", "--out", "4.eml"] + Cast.password, expect: 77)
    #expect(try rows(shell, "identities", "id", "list").count == 1)
  }

  @Test func `An old key opens old mail after it was renewed`() throws {
    let shell = try Cast.copy()
    try shell.smime(["id", "import", "bob.p12"] + Cast.password)
    try shell.smime(
      ["ca", "issue", "bob@example.com", "--key", "p-256", "--ca", "ca", "--out", "new.p12"] + Cast.password
        + Cast.newPassword)
    try shell.smime(["id", "import", "new.p12"] + Cast.password)
    try shell.smime("encrypt", "mail.eml", "--recipient", "bob@example.com", "--out", "new.eml")
    for name in ["sealed.eml", "new.eml"] { try shell.smime(["decrypt", name] + Cast.password) }
    #expect(try rows(shell, "identities", "id", "list").count == 2)
    let print = try #require(try rows(shell, "identities", "id", "list").first?["sha256"] as? String)
    try shell.smime("id", "export", String(print.prefix(12)), "--certificates", "--out", "first.pem")
    #expect(try shell.text("first.pem") == shell.text("bob.pem"))
  }

  // MARK: Earlier homes

  @Test func `A home of files is taken into the store, and nothing is asked`() throws {
    let shell = try Cast.copy()
    let made = try shell.script(
      """
      mkdir -p home/identities home/certificates home/anchors
      cp bob.p12 home/identities/bob@example.com.p12
      cp bob.pem home/identities/bob@example.com.pem
      cp alice.pem home/certificates/alice.pem
      cp ca/root.pem home/anchors/test.pem
      echo nonsense > home/anchors/broken.pem
      openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -aes256 -pass 'pass:open sesame' \
        -out home/identities/carol@example.org.key
      openssl req -new -key home/identities/carol@example.org.key -passin 'pass:open sesame' -subj /CN=Carol \
        -addext subjectAltName=email:carol@example.org -out home/identities/carol@example.org.csr
      """)
    #expect(made.status == 0, "\(made.errors)")
    let list = try shell.smime("id", "list")
    #expect(list.errors.contains("taken into the store") && list.errors.contains("broken.pem"))
    #expect(list.output.contains("as it was taken over") && list.output.contains("waits for its certificate"))
    #expect(try shell.data("home/imported/identities/bob@example.com.p12") == shell.data("bob.p12"))
    #expect(!shell.exists("home/identities") && shell.exists("home/anchors/broken.pem"))

    let opened = try shell.smime(["open", "sealed.eml"] + Cast.password)
    #expect(opened.output.contains("signature: verified") && opened.output.contains("Thursday"))
    let sealed = try rows(shell, "identities", "id", "list")
    #expect(sealed.first?["protection"] as? String == "passphrase")
    try shell.smime(["decrypt", "sealed.eml"] + Cast.password)
    try shell.smime(["decrypt", "sealed.eml", "--password", "wrong"], expect: 77)
    try shell.smime("encrypt", "mail.eml", "--recipient", "alice@example.org", "--out", "to-alice.eml")
    #expect(try rows(shell, "certificates", "cert", "list").first?["trust"] as? String == "pinned")

    try shell.smime(
      ["ca", "sign", "home/imported/identities/carol@example.org.csr", "--ca", "ca", "--out", "c.pem"]
        + Cast.password)
    try shell.smime("id", "import", "c.pem")
    try shell.write(Cast.mail.replacingOccurrences(of: "alice@example.org", with: "carol@example.org"), to: "draft.eml")
    try shell.smime(["sign", "draft.eml", "--out", "carols.eml"] + Cast.password)
    try shell.smime("verify", "carols.eml")
    #expect(try rows(shell, "identities", "id", "list").allSatisfy { $0["protection"] as? String == "passphrase" })
  }

  /// `renewed.pem`, another certificate for the key in `bob.p12`, and a draft of Bob's.
  private func renewBob(in shell: Shell) throws {
    try shell.smime(["id", "request", "bob.p12", "--out", "bob.csr"] + Cast.password)
    try shell.smime(["ca", "sign", "bob.csr", "--ca", "ca", "--out", "renewed.pem"] + Cast.password)
    try shell.write(Cast.mail.replacingOccurrences(of: "alice@example.org", with: "bob@example.com"), to: "draft.eml")
  }

  /// Signs as Bob, by the certificate that began last, and reads what was sealed for the earlier one.
  private func useBothCertificates(in shell: Shell) throws {
    try shell.smime(["sign", "draft.eml", "--out", "bobs.eml"] + Cast.password)
    try shell.smime("verify", "bobs.eml", "--anchor", "ca/root.pem")
    try shell.smime(["decrypt", "sealed.eml"] + Cast.password)
    let list = try rows(shell, "identities", "id", "list")
    #expect(list.count == 2 && list.allSatisfy { $0["protection"] as? String == "passphrase" })
  }

  @Test func `A key that was taken over opens for each of its certificates`() throws {
    let shell = try Cast.copy()
    try renewBob(in: shell)
    let made = try shell.script(
      """
      openssl pkcs12 -in bob.p12 -passin 'pass:open sesame' -nodes -nocerts -out key.pem
      openssl pkcs12 -export -inkey key.pem -in renewed.pem -passout 'pass:open sesame' -out renewed.p12
      mkdir -p home/identities
      for name in bob renewed; do cp $name.p12 $name.pem home/identities/; done
      """)
    #expect(made.status == 0, "\(made.errors)")
    try useBothCertificates(in: shell)
  }

  @Test func `A key that was taken over opens for a certificate that came before it was used`() throws {
    let shell = try Cast.copy()
    try renewBob(in: shell)
    #expect(try shell.script("mkdir -p home/identities; cp bob.p12 bob.pem home/identities/").status == 0)
    try shell.smime("id", "import", "renewed.pem")
    try useBothCertificates(in: shell)
  }

  @Test func `Several commands that find an earlier home take it in once`() throws {
    let shell = try Cast.copy()
    let made = try shell.script(
      """
      mkdir -p home/identities home/anchors
      cp bob.p12 bob.pem alice.p12 alice.pem home/identities/
      cp ca/root.pem home/anchors/
      for n in 1 2 3 4; do smime id list > out$n 2> err$n & done
      wait
      cat err1 err2 err3 err4
      """)
    #expect(made.status == 0 && !made.output.contains("warning"), "\(made.output)")
    let taken = try FileManager.default.contentsOfDirectory(atPath: shell.url("home/imported/identities").path)
    #expect(taken.sorted() == ["alice.p12", "alice.pem", "bob.p12", "bob.pem"])
  }

  @Test func `A key file whose certificate is not known is named where keys are listed, and nowhere else`() throws {
    let shell = try Cast.copy()
    #expect(try shell.script("mkdir -p home/identities; cp bob.p12 home/identities/").status == 0)
    let list = try shell.smime("id", "list")
    #expect(list.errors.contains("bob.p12") && list.errors.contains("smime id import"))
    try shell.smime("trust", "add", "ca/root.pem")
    let other = try shell.smime("trust", "list")
    #expect(!other.errors.contains("bob.p12"))
    #expect(shell.exists("home/identities/bob.p12"))
  }

  // MARK: Trouble

  @Test func `A damaged store is told, and not written over`() throws {
    let shell = try Cast.copy()
    let made = try shell.script("mkdir -p home; yes nonsense | head -c 9000 > home/store.db; cp home/store.db before")
    #expect(made.status == 0)
    for command in [
      ["id", "list", "--json"], ["trust", "list"], ["sign", "mail.eml"], ["cert", "import", "bob.pem"],
    ] {
      let result = try shell.smime(command, expect: 65)
      #expect(result.errors.contains("the store is damaged") && result.errorLines.count == 1)
    }
    #expect(try shell.data("home/store.db") == shell.data("before"))
    // Who names all files needs no store.
    try shell.smime("verify", "signed.eml", "--anchor", "ca/root.pem")
  }

  @Test func `A store that cannot be made keeps nobody from reading mail`() throws {
    let shell = try Cast.copy()
    try shell.write("a file", to: "home")
    try shell.smime("verify", "signed.eml", "--anchor", "ca/root.pem")
    let plain = try shell.smime("open", "mail.eml")
    #expect(plain.errors.contains("nothing is remembered") && plain.output.contains("Thursday"))
    try shell.smime("trust", "add", "ca/root.pem", expect: 73)
  }
}
