import Foundation
import Testing

/// What comes through pipes: standard input, `<(…)`, and pipes with a name.
@Suite struct PipeTests {
  /// A folder with 40 MiB of text in `plain`, more than waits in memory, and a key in `key`.
  private func folder() throws -> Shell {
    let shell = try Shell()
    try shell.write(String(repeating: "5a", count: 32), to: "key")
    // The others are for what is signed and what is recognised.
    let original = try Cast.shared.get().shell
    for name in ["ca", "alice.p12", "bob.pem", "mail.eml"] {
      try FileManager.default.createSymbolicLink(at: shell.url(name), withDestinationURL: original.url(name))
    }
    let made = try shell.script("seq 1 7000000 | head -c 41943041 > plain")
    #expect(made.status == 0, "\(made.errors)")
    return shell
  }

  private func bash(
    _ shell: Shell, _ script: String, _ location: SourceLocation = #_sourceLocation
  ) throws -> Shell.Result {
    let result = try shell.run(
      "/bin/bash", ["-euo", "pipefail", "-c", "signer='--identity alice.p12 --password-file password'\n" + script],
      input: Data("open sesame\n".utf8))
    #expect(result.status == 0, "\(script): \(result.output)\(result.errors)", sourceLocation: location)
    return result
  }

  @Test func `What is encrypted from a pipe and decrypted into one is the same, of any size`() throws {
    let shell = try folder()
    _ = try bash(
      shell,
      """
      cat plain | smime cms encrypt --shared-key 01:key | tee sealed | smime cms decrypt --shared-key 01:key | cmp - plain
      head -c 1000 plain | smime cms encrypt --shared-key 01:key > small
      """)
    // Its size was not known when it began: it has no lengths. What fits into memory has them.
    #expect(try shell.data("sealed").prefix(2) == Data([0x30, 0x80]))
    #expect(try shell.data("small").prefix(2) == Data([0x30, 0x82]))
  }

  @Test(arguments: [
    ("encrypt --content-key key", "decrypt --content-key key"),
    ("authenticate --shared-key 01:key", "decrypt --shared-key 01:key"),
    ("digest", "check"), ("compress", "expand"), ("wrap", "unwrap"), ("sign $signer", "verify --anchor ca/root.pem"),
  ]) func `Every command that writes content takes it from a pipe of any size`(writing: String, reading: String) throws
  {
    let shell = try folder()
    _ = try bash(
      shell,
      """
      cat > password
      cat plain | smime cms \(writing) 2> /dev/null | smime cms \(reading) --out back > /dev/null 2> /dev/null
      cmp back plain
      """)
  }

  @Test func `What lies beside an object comes through a pipe, and objects do`() throws {
    let shell = try folder()
    _ = try bash(
      shell,
      """
      cat > password
      cat plain | smime cms sign --detached $signer --out plain.p7s
      smime cms verify --anchor ca/root.pem --content <(cat plain) plain.p7s > /dev/null
      cat plain | smime cms verify --anchor ca/root.pem --content - <(cat plain.p7s) > /dev/null
      cat plain | smime cms add --content - plain.p7s $signer --out twice.p7s
      smime cms digest --detached <(cat plain) --out plain.p7d
      cat plain | smime cms check --content - plain.p7d > /dev/null
      mkfifo named
      cat plain > named &
      smime cms encrypt --shared-key 01:key named --out sealed
      smime cms decrypt --shared-key 01:key <(cat sealed) --out back
      cmp back plain
      smime show <(cat mail.eml) > /dev/null
      """)
    let other = try shell.run(
      "/bin/bash", ["-c", "smime cms check --content <(echo other) plain.p7d"], input: Data())
    #expect(other.status == 1 && other.output.hasPrefix("digest: altered"), "\(other.errors)")
  }

  @Test func `What is read twice is limited, and the way out is named`() throws {
    let shell = try folder()
    let mail = try shell.run(
      "/bin/bash", ["-c", "cat mail.eml plain | smime encrypt --recipient bob.pem --out sealed.eml"], input: Data())
    #expect(mail.status == 65 && mail.errors.contains("more than 32 MiB"), "\(mail.errors)")
    #expect(mail.errors.contains("hint: name a file") && !shell.exists("sealed.eml"))
    for arguments in [["verify"], ["check"], ["add", "--identity", "alice.p12"]] {
      let twice = try shell.smime(["cms"] + arguments + ["--content", "-"], expect: 64)
      #expect(twice.errors.contains("cannot be both"), "\(twice.errors)")
    }
  }
}
