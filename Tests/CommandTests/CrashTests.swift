import Foundation
import Testing

/// The authority is killed again and again at any moment of its work. `SMIME_KILLS` says how often.
@Suite struct CrashTests {
  private static let count = ProcessInfo.processInfo.environment["SMIME_KILLS"].flatMap(Int.init) ?? 15

  @Test func `However often it is killed, no serial comes twice, no revocation is lost, and numbers rise`() throws {
    let shell = try Cast.copy()
    var told: [String: Set<String>] = ["issued": [], "revoked": []]
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
    for line in try shell.text("told").split(separator: "\n") {
      let words = line.split(separator: " ").map(String.init)
      if words.count >= 2 { told[words[0]]?.insert(words[1]) }
    }
    // A last one, which is left alone, finds everything in order.
    try shell.smime(["ca", "crl", "--ca", "ca", "--out", "lists.pem", "--force"] + Cast.password)
    try shell.smime("ca", "rebuild", "--ca", "ca")
    try check(shell, told)
    #expect(killed > 0, "at least one was killed while it worked")
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
