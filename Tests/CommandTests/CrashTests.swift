import Foundation
import PKIX
import Testing

/// The authority is killed again and again at any moment of its work. `SMIME_KILLS` says how often.
@Suite struct CrashTests {
  private static let count = ProcessInfo.processInfo.environment["SMIME_KILLS"].flatMap(Int.init) ?? 15

  @Test func `However often it is killed, no serial comes twice, no revocation is lost, and numbers rise`() throws {
    let shell = try Cast.copy()
    var killed = 0
    for round in 0..<Self.count {
      let delay = Double.random(in: 0.02...2)
      let result = try shell.script(
        """
        setsid sh -c "smime ca issue p\(round)@example.org --key p-256 --ca ca --password 'open sesame' \
            --no-passphrase --out p\(round).p12 2>> told &&
          smime ca revoke p\(round)@example.org --ca ca 2>> told &&
          smime ca crl --ca ca --password 'open sesame' --out lists.pem --force &&
          smime ca crl --delta --ca ca --password 'open sesame' --out delta.pem --force" 2> /dev/null &
        sleep \(String(format: "%.3f", delay))
        kill -9 -$! || true
        wait $! || [ $? -ne 137 ] || echo killed
        """)
      killed += result.output.contains("killed") ? 1 : 0
    }
    // A last one, which is left alone, finds everything in order.
    try shell.smime(["ca", "crl", "--ca", "ca", "--out", "lists.pem", "--force"] + Cast.password)
    try shell.smime("ca", "rebuild", "--ca", "ca")
    try check(shell, try told(shell))
    #expect(killed > 0, "at least one was killed while it worked")
  }

  @Test func `However often the daemon is killed meanwhile, it says of none that it is good once it was revoked`()
    throws
  {
    let shell = try Cast.copy()
    try shell.write("open sesame\n", to: "passphrase")
    let port = try Shell.freePort()
    let daemon = """
      rm -f port
      smimed ca --dir ca --listen 127.0.0.1:\(port) --password-file passphrase --port-file port 2>> daemon.log &
      daemon=$!
      trap 'kill -9 $daemon 2> /dev/null || true' EXIT
      until [ -s port ]; do kill -0 $daemon; sleep 0.02; done
      fetch() { curl --silent --fail --max-time 20 --output fetched http://127.0.0.1:\(port)/crl/issuing.crl; }

      """
    let rounds = (Self.count + 2) / 3
    for round in 0..<rounds {
      let delay = String(format: "%.3f", Double.random(in: 0.02...2))
      let result = try shell.script(
        daemon + """
          (sleep \(delay); kill -9 $daemon; : > killed-\(round)) &
          (smime ca issue p\(round)@example.org --key p-256 --ca ca --password 'open sesame' --no-passphrase \
              --out p\(round).p12 2>> told
            smime ca revoke p\(round)@example.org --ca ca 2>> told) &
          work=$!
          number=1000
          until [ -e killed-\(round) ]; do
            number=$((number + 1))
            if fetch; then mv fetched list-\(1_000 + round)-$number; fi
          done
          wait $work
          """)
      #expect(result.status == 0, "\(result.output)\(result.errors)\((try? shell.text("daemon.log")) ?? "")")
    }
    let told = try told(shell)
    #expect(told["revoked"]?.count == rounds)
    let asked = try shell.script(
      daemon + """
        fetch
        mv fetched list-9999
        command -v openssl > /dev/null || exit 0
        for serial in \((told["revoked"] ?? []).joined(separator: " ")); do
          openssl ocsp -issuer ca/issuing.pem -CAfile ca/root.pem -verify_other ca/issuing.pem -serial 0x$serial \
            -url http://127.0.0.1:\(port)/ocsp > answer 2> verdict
          grep -q ': revoked' answer && grep -q 'verify OK' verdict
        done
        """)
    #expect(
      asked.status == 0, "\(asked.output)\(asked.errors)\(["answer", "verdict"].map { (try? shell.text($0)) ?? "" })")
    try check(lists: shell, told["revoked"] ?? [])
    try shell.smime(["ca", "crl", "--ca", "ca", "--out", "lists.pem", "--force"] + Cast.password)
    try shell.smime("ca", "rebuild", "--ca", "ca")
    try check(shell, told)
  }

  /// In the order in which they were fetched, no list goes back behind another, and none has the number of another.
  private func check(lists shell: Shell, _ revoked: Set<String>) throws {
    let lists = try shell.names().filter { $0.hasPrefix("list-") }.sorted()
      .map { try CertificateRevocationList(der: ArraySlice(try shell.data($0))) }
    let numbers = try lists.map { try #require(try $0.number) }
    #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 <= $1 }, "\(numbers)")
    #expect(Set(numbers).count == Set(lists).count, "a number names one list")
    let counts = try lists.map { try $0.entryCount }
    #expect(zip(counts, counts.dropFirst()).allSatisfy { $0 <= $1 } && counts.last == revoked.count, "\(counts)")
  }

  /// The serial numbers that the command said it issued and revoked.
  private func told(_ shell: Shell) throws -> [String: Set<String>] {
    var told: [String: Set<String>] = ["issued": [], "revoked": []]
    for line in try shell.text("told").split(separator: "\n") {
      let words = line.split(separator: " ").map(String.init)
      if words.count >= 2 { told[words[0]]?.insert(words[1]) }
    }
    return told
  }

  private func check(_ shell: Shell, _ told: [String: Set<String>]) throws {
    let lines = try shell.journal("ca")
    func all(_ event: String) -> [[String: Any]] { lines.filter { $0["event"] as? String == event } }
    let prepared = all("prepared").compactMap { $0["serial"] as? String }
    #expect(Set(prepared).count == prepared.count, "no serial number twice")
    let issued = all("issued").compactMap { $0["serial"] as? String }
    #expect(Set(issued).count == issued.count && Set(issued).isSubset(of: prepared))
    #expect(told["issued"]?.isSubset(of: issued) == true, "what was said to be issued is on record")
    let revoked = all("revoked").flatMap { $0["serials"] as? [String] ?? [] }
    #expect(told["revoked"]?.isSubset(of: revoked) == true, "what was said to be revoked is on record")
    for level in ["root", "issuing"] {
      let numbers = all("listNumbered").filter { ($0["list"] as? String)?.hasPrefix(level) == true }
        .compactMap { $0["number"] as? Int }
      #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 }, "\(level): \(numbers)")
    }
    for serial in issued { #expect(shell.exists("ca/issued/\(serial).pem")) }
    let list = try shell.smime("show", "ca/crl/issuing.crl", "--json").output
    #expect(list.matches(of: try Regex("\"(revoked|entries)\":\(revoked.count)\\b")).count == 1, "\(list)")
    let verified = try shell.script(
      """
      command -v openssl > /dev/null || exit 0
      openssl crl -inform DER -in ca/crl/issuing.crl -noout -CAfile ca/issuing.pem 2> crl-verdict
      grep -q 'verify OK' crl-verdict
      for certificate in ca/issued/*.pem; do
        openssl verify -x509_strict -CAfile ca/root.pem -untrusted ca/issuing.pem $certificate
      done
      """)
    #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
  }
}
