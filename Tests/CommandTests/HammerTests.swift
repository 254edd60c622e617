import Foundation
import Testing

/// Two processes at a time work on one store and are killed at any moment. `SMIME_KILLS` says how often.
@Suite struct HammerTests {
  private static let count = ProcessInfo.processInfo.environment["SMIME_KILLS"].flatMap(Int.init) ?? 12

  @Test func `However often they are killed, the store stays whole and has what was said to be stored`() throws {
    let shell = try Cast.copy()
    try shell.smime("trust", "add", "ca/root.pem")
    var killed = 0
    for round in 0..<Self.count {
      let delay = String(format: "%.3f", Double.random(in: 0.02...1.5))
      let result = try shell.script(
        """
        setsid sh -c 'for n in 1 2 3 4; do
            smime id new a\(round)-$n@example.org --key p-256 --no-passphrase --out a\(round)-$n.csr 2> /dev/null &&
              echo a\(round)-$n@example.org >> stored; done' 2> /dev/null &
        one=$!
        setsid sh -c 'for n in 1 2 3 4; do
            smime id new b\(round)-$n@example.org --key p-256 --no-passphrase --out b\(round)-$n.csr 2> /dev/null &&
              echo b\(round)-$n@example.org >> stored
            smime verify signed.eml > /dev/null 2>&1 && smime cert import --pin bob.pem > /dev/null 2>&1 || echo bad >> failed
            done' 2> /dev/null &
        two=$!
        sleep \(delay)
        kill -9 -$one 2> /dev/null && echo killed
        kill -9 -$two 2> /dev/null && echo killed
        wait || true
        """)
      killed += result.output.split(separator: "\n").count
    }
    #expect(killed > 0, "at least one was killed while it worked")
    let listed = try shell.smime("id", "list", "--json").output
    let stored = (try? shell.text("stored").split(separator: "\n").map(String.init)) ?? []
    #expect(!stored.isEmpty)
    for address in stored { #expect(listed.contains("\"\(address)\""), "\(address) is lost") }
    #expect(!shell.exists("failed"), "one process kept another from its work")
    let check = try shell.script(
      "command -v sqlite3 > /dev/null || exit 0; test \"$(sqlite3 home/store.db 'PRAGMA integrity_check')\" = ok")
    #expect(check.status == 0, "\(check.output)\(check.errors)")
  }
}
