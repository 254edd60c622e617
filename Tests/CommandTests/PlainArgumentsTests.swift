import ArgumentParser
import Testing

@testable import smime_cli

/// Plain lines are understood without the argument parser, exactly as it understands them.
@Suite struct PlainArgumentsTests {
  /// Every option of every mail command, in lines that are plain.
  static let plain = [
    "sign", "sign draft.eml", "sign --identity a.p12 draft.eml --out signed.eml",
    "sign -i a.p12 -i b.pem -o out --force",
    "sign --opaque --password secret --password-file f --password-env V --password more draft.eml",
    "verify", "verify signed.eml --json", "verify --anchor a.pem --anchor b.pem --intermediate c.pem --crl d.crl m",
    "verify --revocation off --purpose any --at 2026-03-01T12:00:00Z --legacy m --out content --force",
    "verify --revocation hard --online --allow-private --ocsp-nonce m", "verify --online --no-ocsp",
    "verify --online --ocsp-url http://a.example/ --ocsp-url http://b.example/ m",
    "encrypt --recipient bob.pem m", "encrypt -r bob.pem --recipient alice@example.org --modern m -o out --force",
    "encrypt -r bob.pem --compatible -v m --out sealed --json", "encrypt -r bob.pem --verbose", "verify --offline m",
    "decrypt", "decrypt -i bob.p12 --password-file f --legacy m --out inner --force",
    "open", "open -i bob.p12 --anchor root.pem --save folder --json m", "open --revocation soft --purpose email m",
  ]

  /// What only the parser may take, or must refuse.
  static let others = [
    "sign --identity=a.p12", "sign -ia.p12", "sign a b", "sign --out a --out b", "sign --out",
    "sign --out --force",
    "sign --force --force",
    "sign --help", "sign --", "sign -- a", "sign -", "sign --unknown", "sign --password --opaque",
    "verify --revocation sometimes", "verify --at yesterday", "verify --no-ocsp --ocsp-nonce",
    "verify --anchor --crl x", "verify --identity a.p12", "encrypt m", "encrypt --recipient", "decrypt --json",
    "open --out x", "verify --purpose", "sign --out -", "encrypt -r b --json", "encrypt -r b --modern --compatible",
    "verify --online --offline",
  ]

  @Test(arguments: plain)
  func isWhatTheParserReads(line: String) throws {
    let words = line.split(separator: " ").map(String.init)
    let command = try #require(plainly(words))
    #expect(text(command) == text(try SMIMECommand.parseAsRoot(words)))
  }

  @Test(arguments: others)
  func isLeftToTheParser(line: String) {
    #expect(plainly(line.split(separator: " ").map(String.init)) == nil)
  }

  /// A command that gains an option, and forgets it here, would end where the option is read.
  @Test(arguments: plain)
  func everyOptionHasAValue(line: String) throws {
    let command = try #require(plainly(line.split(separator: " ").map(String.init)))
    #expect(!text(command).contains("definition"))
  }

  @Test func optionsLeftOutWouldBeSeen() { #expect(text(OutputOptions()).contains("definition")) }

  private func plainly(_ words: [String]) -> (any ParsableCommand)? { SMIMECommand.mailCommand(["smime"] + words) }

  private func text(_ value: Any) -> String {
    var result = ""
    dump(value, to: &result)
    return result
  }
}
