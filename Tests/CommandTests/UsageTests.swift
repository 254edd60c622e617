import Foundation
import Testing

@Suite struct UsageTests {
  static let commands: [[String]] = [
    [], ["sign"], ["verify"], ["encrypt"], ["decrypt"], ["open"], ["show"], ["demo"], ["id"], ["id", "new"],
    ["id", "import"], ["id", "export"], ["id", "list"], ["id", "request"], ["ca"], ["ca", "init"], ["ca", "issue"],
    ["ca", "sign"], ["ca", "revoke"], ["ca", "crl"], ["ca", "list"], ["ca", "url"], ["ca", "rebuild"],
    ["ca", "request"], ["ca", "request", "add"], ["ca", "request", "list"], ["ca", "request", "show"],
    ["crl"], ["crl", "show"], ["crl", "fetch"], ["ocsp"], ["cert"], ["cert", "validate"],
    ["ca", "request", "code"], ["ca", "request", "approve"], ["ca", "request", "reject"],
  ]

  @Test(arguments: commands) func `Help has examples, and nothing goes to standard error`(command: [String]) throws {
    let shell = try Shell()
    let result = try shell.smime(command + ["--help"])
    #expect(result.output.contains("EXAMPLES:"))
    #expect(result.output.contains("smime \(command.joined(separator: " "))"))
    #expect(result.errors.isEmpty)
  }

  @Test(arguments: commands) func `An option that does not exist is wrong usage`(command: [String]) throws {
    let shell = try Shell()
    let result = try shell.smime(command + ["--frobnicate"], expect: 64)
    #expect(result.errorLines.count == 1)
    #expect(result.errors.contains("hint: see 'smime"))
    #expect(result.output.isEmpty)
  }

  @Test(arguments: [
    ["encrypt", "mail.eml"], ["verify", "--at", "yesterday"], ["verify", "--revocation", "perhaps"],
    ["ca", "crl", "--days", "0"], ["ca", "crl", "--base", "1"], ["ca", "init", "--name", "x", "--crl-shards", "4"],
    ["ca", "init", "--name", "x", "--url", "https://pki.example.org"], ["ca", "request", "reject", "x"],
    ["ca", "issue", "a@b", "--days", "900"], ["ca", "init"], ["id", "new"],
    ["id", "new", "a@b", "--no-passphrase", "--new-password", "x"],
    ["cert", "validate", "x", "--policy", "18446744073709551615.1"],
    ["cert", "validate", "x", "--policy", "1.18446744073709551615"], ["cert", "validate", "x", "--policy", "3.1"],
  ]) func `Wrong usage is said in one line`(arguments: [String]) throws {
    let result = try Shell().smime(arguments, expect: 64)
    #expect(result.errorLines.count == 1, "\(result.errors)")
    #expect(result.errorLines.first?.hasSuffix(".") == false)
  }

  @Test func `The version is told`() throws {
    #expect(try Shell().smime("--version").output.hasPrefix("smime "))
  }

  @Test func `With --json an object is printed for an error, too`() throws {
    let shell = try Shell()
    let result = try shell.smime("show", "nowhere.eml", "--json", expect: 66)
    let report = try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    let error = try #require(report["error"] as? [String: Any])
    #expect(error["status"] as? Int == 66)
  }

  @Test func `The five-minute path of the README works as it is printed`() throws {
    let shell = try Shell()
    let readme = try String(contentsOf: Shell.package.appendingPathComponent("README.md"), encoding: .utf8)
    let blocks = readme.components(separatedBy: "```").enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
    let scripts = blocks.filter { $0.hasPrefix("sh\nprintf") || $0.hasPrefix("sh\ncat") || $0.hasPrefix("sh\nsmime") }
    #expect(scripts.count >= 3)
    for script in scripts {
      let result = try shell.script(String(script.dropFirst(3)))
      #expect(result.status == 0, "\(script)\(result.output)\(result.errors)")
    }
  }

  @Test func `The guide to an authority works as it is printed`() throws {
    let shell = try Shell()
    let guide = try String(
      contentsOf: Shell.package.appendingPathComponent("docs/guides/authority.md"), encoding: .utf8)
    let blocks = guide.components(separatedBy: "```").enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
    let script = blocks.filter { $0.hasPrefix("sh\n") }.map { $0.dropFirst(3) }.joined()
      .replacing("8318", with: "\(try Shell.freePort())")
    #expect(script.contains("smimed ca") && script.contains("request approve"))
    let result = try shell.script("trap 'kill $! 2> /dev/null || true' EXIT\n" + script)
    #expect(result.status == 0, "\(result.output)\(result.errors)\((try? shell.text("smimed.log")) ?? "")")
  }

  @Test func `The guide to documents works as it is printed`() throws {
    let shell = try Shell()
    func scripts(_ name: String) throws -> [Substring] {
      let text = try String(contentsOf: Shell.package.appendingPathComponent(name), encoding: .utf8)
      return text.components(separatedBy: "```").enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
        .filter { $0.hasPrefix("sh\n") }.map { $0.dropFirst(3) }
    }
    let cast = try #require(try scripts("README.md").first { $0.contains("ca init") })
    let guide = try scripts("docs/guides/documents.md")
    #expect(guide.count >= 6)
    for script in [cast] + guide {
      let result = try shell.script(String(script))
      #expect(result.status == 0, "\(script)\(result.output)\(result.errors)")
    }
  }

  @Test func `The README shows the snippet that the build compiles`() throws {
    let readme = try String(contentsOf: Shell.package.appendingPathComponent("README.md"), encoding: .utf8)
    let snippet = try String(contentsOf: Shell.package.appendingPathComponent("Snippets/ReadMe.swift"), encoding: .utf8)
    #expect(readme.contains("```swift\n\(snippet)```"))
  }

  @Test func `The demonstration ends well, and leaves its files`() throws {
    let shell = try Shell()
    let result = try shell.smime("demo", "--dir", "stage")
    #expect(result.output.contains("refused, as it should be"))
    #expect(try shell.exists("stage/sealed.eml") && shell.text("stage/sealed.eml").contains("pkcs7-mime"))
  }
}
