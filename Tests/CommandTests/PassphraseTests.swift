import Foundation
import Testing

/// Another passphrase for keys that the store has.
@Suite struct PassphraseTests {
  private static let other = ["--password", "another"]
  private static let toOther = ["--new-password", "another"]

  /// A shell whose store has the keys of Alice and Bob, and Dora's that waits, under one passphrase, and Eve's under a file.
  private func holding() throws -> Shell {
    let shell = try Cast.copy()
    try shell.smime(["id", "import", "alice.p12"] + Cast.password)
    try shell.smime(["id", "import", "bob.p12"] + Cast.password)
    try shell.smime(["id", "new", "dora@example.org", "--key", "p-256", "--out", "dora.csr"] + Cast.newPassword)
    try shell.smime(["id", "import", "eve.p12", "--key-file", "key"] + Cast.password)
    return shell
  }

  /// Whether `password` opens the key of `address`, by a signature.
  private func opens(_ shell: Shell, _ address: String, _ password: [String]) throws -> Bool {
    let mail = Cast.mail.replacingOccurrences(of: "alice@example.org", with: address)
    try shell.write(mail, to: "draft.eml")
    let status = try shell.smime(["sign", "draft.eml", "--out", "out.eml", "--force"] + password, expect: nil).status
    #expect(status == 0 || status == 77)
    return status == 0
  }

  private func protections(_ shell: Shell) throws -> [String] {
    let list = try JSONSerialization.jsonObject(with: Data(try shell.smime("id", "list", "--json").output.utf8))
    let rows = (list as? [String: Any])?["identities"] as? [[String: Any]] ?? []
    return rows.compactMap { $0["protection"] as? String }
  }

  private func locks(_ shell: Shell) throws -> String? {
    let result = try shell.script(
      "command -v sqlite3 > /dev/null && sqlite3 home/store.db 'SELECT count(*) FROM secret_lock'")
    return result.status == 0 ? result.output.trimmingCharacters(in: .whitespacesAndNewlines) : nil
  }

  @Test func `All keys under the old passphrase are under the new one, and the others stay`() throws {
    let shell = try holding()
    try shell.smime(["id", "passphrase", "--password", "wrong"] + Self.toOther, expect: 77)
    #expect(try opens(shell, "alice@example.org", Cast.password))
    let told = try shell.smime(["id", "passphrase"] + Cast.password + Self.toOther)
    for name in ["alice@example.org", "bob@example.com", "dora@example.org"] {
      #expect(told.errors.contains("\(name): what protects the key now: passphrase"))
    }
    #expect(!told.errors.contains("eve@example.net"))
    for address in ["alice@example.org", "bob@example.com"] {
      #expect(try !opens(shell, address, Cast.password) && opens(shell, address, Self.other))
    }
    #expect(try opens(shell, "eve@example.net", []))
    // The key that waited is among them: its certificate comes, and it signs.
    try shell.smime(["ca", "sign", "dora.csr", "--ca", "ca", "--out", "dora.pem"] + Cast.password)
    try shell.smime("id", "import", "dora.pem")
    #expect(try !opens(shell, "dora@example.org", Cast.password) && opens(shell, "dora@example.org", Self.other))
    // Of the old passphrase nothing is left to guess at.
    let count = try locks(shell)
    #expect(count == nil || count == "2")
    try shell.smime(["decrypt", "sealed.eml"] + Self.other)
  }

  @Test func `Who is named gets a passphrase of his own, a key file, or nothing`() throws {
    let shell = try holding()
    try shell.smime(["id", "passphrase", "ALICE@example.org"] + Cast.password + Self.toOther)
    #expect(try opens(shell, "alice@example.org", Self.other) && opens(shell, "bob@example.com", Cast.password))
    // What the old passphrase does not open stays, and is told; where it was named, nothing is done at all.
    let third = ["--password", "third"]
    let rest = try shell.smime(["id", "passphrase", "--new-password", "third"] + Cast.password)
    #expect(rest.errors.contains("alice@example.org: stays as it is"))
    #expect(try opens(shell, "alice@example.org", Self.other) && opens(shell, "bob@example.com", third))
    try shell.smime(
      ["id", "passphrase", "bob@example.com", "alice@example.org"] + third + Cast.newPassword, expect: 77)
    #expect(try opens(shell, "bob@example.com", third))

    try shell.smime(["id", "passphrase", "alice@example.org", "--key-file", "second"] + Self.other)
    #expect(try opens(shell, "alice@example.org", []) && shell.permissions("second") == 0o600)
    // Under a file: no old passphrase is needed.
    try shell.smime(["id", "passphrase", "eve@example.net"] + Self.toOther)
    #expect(try opens(shell, "eve@example.net", Self.other))
    let print = try shell.script("openssl x509 -in eve.pem -outform DER | sha256sum | cut -c1-16").output
    let prefix = print.trimmingCharacters(in: .whitespacesAndNewlines)
    try shell.smime(["id", "passphrase", prefix, "--no-passphrase"] + Self.other)
    #expect(try opens(shell, "eve@example.net", []) && protections(shell).contains("none"))
    try shell.smime(["id", "passphrase", "nobody@example.net"] + Self.toOther, expect: 66)
    try shell.smime(["id", "passphrase", "eve@example.net", "--new-password", ""], expect: 64)
    #expect(try protections(shell).contains("none"))
  }

  @Test func `A key that was taken over as a file is changed too, and so is what else its file held`() throws {
    let shell = try Cast.copy()
    let made = try shell.script(
      """
      for name in alice bob; do
        openssl pkcs12 -in $name.p12 -passin 'pass:open sesame' -nodes -nocerts -out $name.key
      done
      mkdir -p home/identities
      cp alice.p12 alice.pem home/identities/
      openssl pkcs8 -topk8 -v2 aes-256-cbc -in bob.key -passout 'pass:open sesame' -out home/identities/bob.key
      openssl req -new -key bob.key -subj /CN=Bob -addext subjectAltName=email:bob@example.com -out home/identities/bob.csr
      """)
    #expect(made.status == 0, "\(made.errors)")
    try shell.smime(["id", "passphrase", "--password", "wrong"] + Self.toOther, expect: 77)
    try shell.smime(["id", "passphrase"] + Cast.password + Self.toOther)
    #expect(try protections(shell) == ["passphrase", "passphrase"])
    #expect(try opens(shell, "alice@example.org", Self.other) && !opens(shell, "alice@example.org", Cast.password))
    try shell.smime("id", "import", "bob.pem")
    #expect(try opens(shell, "bob@example.com", Self.other))
  }

  @Test func `A damaged file that was taken over keeps no other key from being changed`() throws {
    let shell = try Cast.copy()
    let made = try shell.script(
      """
      mkdir -p home/identities
      cp alice.p12 alice.pem bob.pem home/identities/
      head -c 700 bob.p12 > home/identities/bob.p12
      """)
    #expect(made.status == 0, "\(made.errors)")
    let told = try shell.smime(["id", "passphrase"] + Cast.password + Self.toOther)
    #expect(told.errors.contains("stays as it is") && told.errors.contains("imported/identities"))
    #expect(try opens(shell, "alice@example.org", Self.other))
    try shell.smime(["id", "passphrase", "bob@example.com"] + Cast.password + Self.toOther, expect: nil)
  }

  @Test func `The old and the new passphrase are asked for, and the agent forgets the old key`() throws {
    let shell = try holding()
    try shell.write(
      """
      #!/bin/sh
      echo "$1" >> asked
      case "$1" in
        *until*|*alice*) echo 'open sesame' ;;
        *) echo another ;;
      esac

      """, to: "ask")
    let result = try shell.script(
      """
      chmod +x ask
      mkdir run
      export XDG_RUNTIME_DIR="$PWD/run" SMIME_ASKPASS="$PWD/ask"
      trap 'smime agent --stop' EXIT
      smime agent
      smime sign mail.eml --out 1.eml
      test $(wc -l < asked) = 1
      # The agent has the key, and the old passphrase is asked for all the same.
      smime id passphrase
      grep -q '^passphrase until now' asked
      grep -q '^new passphrase' asked
      test $(wc -l < asked) = 4
      if smime sign mail.eml --out 2.eml; then exit 9; else test $? = 77; fi
      """)
    #expect(result.status == 0, "\(result.output)\(result.errors)\((try? shell.text("asked")) ?? "")")
    #expect(try opens(shell, "alice@example.org", Self.other))
  }

  @Test func `However often it is killed, every key opens by one of the two, and all by the same`() throws {
    let shell = try holding()
    let passwords = [Cast.password, Self.other]
    // How long it takes when nobody disturbs it, so that every moment of it is hit.
    let start = Date()
    try shell.smime(["id", "passphrase"] + Cast.password + Self.toOther)
    let time = Date().timeIntervalSince(start)
    var now = 1
    var killed = 0
    for round in 0..<12 {
      let delay = String(format: "%.3f", Double.random(in: 0.3 * time...1.1 * time))
      let words = [passwords[now][1], passwords[1 - now][1]]
      let result = try shell.script(
        """
        setsid smime id passphrase --password '\(words[0])' --new-password '\(words[1])' 2> /dev/null &
        sleep \(delay)
        kill -9 $! 2> /dev/null || true
        wait $! || [ $? -ne 137 ] || echo killed
        """)
      killed += result.output.contains("killed") ? 1 : 0
      let isNew = try opens(shell, "alice@example.org", passwords[1 - now])
      #expect(try opens(shell, "alice@example.org", passwords[now]) != isNew, "round \(round)")
      #expect(try opens(shell, "bob@example.com", passwords[1 - now]) == isNew, "round \(round)")
      #expect(try opens(shell, "bob@example.com", passwords[now]) != isNew, "round \(round)")
      if isNew { now = 1 - now }
    }
    #expect(killed > 0, "at least one was killed while it worked")
    #expect(try protections(shell).filter { $0 == "none" }.isEmpty)
  }
}
