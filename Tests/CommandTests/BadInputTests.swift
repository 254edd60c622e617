import Foundation
import Testing

/// Every bad input gives one line of what and where, the right status, and no output file.
@Suite struct BadInputTests {
  static let reading: [[String]] = [
    ["verify", "--anchor", "ca/root.pem"], ["open", "--anchor", "ca/root.pem"],
    ["decrypt", "--identity", "bob.p12", "--password", "open sesame"], ["show"],
    ["sign", "--identity", "alice.p12", "--password", "open sesame"], ["encrypt", "--recipient", "bob.pem"],
  ]

  private func check(
    _ shell: Shell, _ arguments: [String], _ status: Int32, names place: String,
    _ location: SourceLocation = #_sourceLocation
  ) throws {
    let before = try shell.names()
    let result = try shell.smime(arguments, expect: status, location)
    #expect(result.errorLines.count == 1, "\(result.errors)", sourceLocation: location)
    #expect(result.errorLines.first?.contains(place) == true, "\(result.errors)", sourceLocation: location)
    #expect(try shell.names() == before, "no file is left behind", sourceLocation: location)
  }

  @Test(arguments: reading) func `An empty file`(command: [String]) throws {
    let shell = try Cast.copy()
    try shell.write("", to: "empty")
    try check(shell, command + ["empty"], 65, names: "empty")
  }

  @Test(arguments: reading) func `A file that is not there`(command: [String]) throws {
    try check(try Cast.copy(), command + ["nowhere.eml"], 66, names: "nowhere.eml")
  }

  @Test(arguments: reading) func `A folder`(command: [String]) throws {
    try check(try Cast.copy(), command + ["ca"], 66, names: "ca")
  }

  @Test(arguments: reading) func `A hundred megabytes of parentheses`(command: [String]) throws {
    let shell = try Shell()
    let original = try Cast.shared.get().shell
    for name in ["ca", "alice.p12", "bob.p12", "bob.pem"] {
      try FileManager.default.createSymbolicLink(at: shell.url(name), withDestinationURL: original.url(name))
    }
    try shell.write(Data(repeating: UInt8(ascii: "("), count: 100_000_000), to: "deep.eml")
    try check(shell, command + ["deep.eml"], 65, names: "deep.eml")
    try FileManager.default.removeItem(at: shell.folder)
  }

  /// The superuser may write anywhere, so these are places where nobody can.
  @Test(arguments: ["missing/out", "signed.eml/out", "/proc/out", "ca"])
  func `An output that cannot be made`(place: String) throws {
    let shell = try Cast.copy()
    for command in [
      ["sign", "mail.eml", "--identity", "alice.p12"] + Cast.password,
      ["encrypt", "mail.eml", "--recipient", "bob.pem"],
      ["decrypt", "sealed.eml", "--identity", "bob.p12"] + Cast.password,
      ["verify", "signed.eml", "--anchor", "ca/root.pem"],
    ] {
      try check(shell, command + ["--out", place], 73, names: place)
    }
  }

  @Test func `An output that exists stays, unless it is forced`() throws {
    let shell = try Cast.copy()
    try shell.write("precious", to: "out")
    let command = ["encrypt", "mail.eml", "--recipient", "bob.pem", "--out", "out"]
    let result = try shell.smime(command, expect: 73)
    #expect(result.errors.contains("hint: use --force"))
    #expect(try shell.text("out") == "precious")
    try shell.smime(command + ["--force"])
    #expect(try shell.text("out").contains("enveloped-data"))
  }

  @Test func `A device that is full`() throws {
    let shell = try Cast.shared.get().shell
    let result = try shell.script("smime show signed.eml > /dev/full || echo status $?")
    #expect(result.output.isEmpty || result.errors.contains("error: "))
  }

  @Test func `A wrong password`() throws {
    let shell = try Cast.copy()
    for command in [
      ["decrypt", "sealed.eml", "--identity", "bob.p12", "--password", "wrong"],
      ["open", "sealed.eml", "--identity", "bob.p12", "--password", "wrong"],
      ["sign", "mail.eml", "--identity", "bob.p12", "--password", "wrong", "--out", "never.eml"],
    ] {
      let result = try shell.smime(command, expect: 77)
      #expect(result.errorLines.count == 1)
      #expect(result.errors.contains("bob.p12"))
      #expect(!result.errors.contains("wrong password: wrong"))
      #expect(!shell.exists("never.eml"))
    }
  }

  @Test func `A password that nobody can type`() throws {
    let shell = try Cast.shared.get().shell
    let result = try shell.smime("sign", "mail.eml", "--identity", "alice.p12", expect: 77)
    #expect(result.errors.contains("--password-file"))
  }

  @Test func `One flipped bit anywhere in the signed part or the signature`() throws {
    let shell = try Cast.copy()
    let signed = [UInt8](try shell.data("signed.eml"))
    let text = String(decoding: signed, as: UTF8.self)
    let start = try #require(text.utf8Offset(of: "Content-Type: text/plain"))
    let end = try #require(text.utf8Offset(of: "Content-Type: application/pkcs7-signature"))
    for offset in stride(from: start + 1, to: end - 80, by: max(1, (end - start) / 12)) {
      var changed = signed
      changed[offset] ^= 1
      try shell.write(Data(changed), to: "flipped.eml")
      let result = try shell.smime("verify", "flipped.eml", "--anchor", "ca/root.pem", expect: nil)
      #expect(result.status == 1, "byte \(offset): \(result.output)\(result.errors)")
    }
  }

  @Test func `One flipped bit in what is encrypted`() throws {
    let shell = try Cast.copy()
    try shell.smime("encrypt", "--modern", "mail.eml", "--recipient", "bob.pem", "--out", "modern.eml")
    let sealed = [UInt8](try shell.data("modern.eml"))
    for part in 5...9 {
      var changed = sealed
      // A letter of base64 for another.
      let offset = try #require(changed.indices.first { $0 > sealed.count * part / 10 && changed[$0] > 0x40 })
      changed[offset] ^= 1
      if changed[offset] <= 0x40 || changed[offset] == 0x5B || changed[offset] == 0x60 { continue }
      try shell.write(Data(changed), to: "flipped.eml")
      let result = try shell.smime(
        ["decrypt", "flipped.eml", "--identity", "bob.p12", "--out", "never"] + Cast.password, expect: nil)
      #expect([1, 65, 77].contains(result.status), "byte \(offset): \(result.status) \(result.errors)")
      #expect(!shell.exists("never"))
    }
  }

  @Test func `A mail that ends early, at the ends of its lines`() throws {
    let shell = try Cast.copy()
    let signed = [UInt8](try shell.data("signed.eml"))
    // Without its last lines the signature is still whole: the boundary that ends it says no more than the end does.
    let text = String(decoding: signed, as: UTF8.self)
    let last = try #require(text.utf8Offset(of: "\r\n\r\n--=_", searchingBackwards: true))
    for end in signed.indices where signed[end] == 0x0A && end < last - 4 {
      try shell.write(Data(signed[..<end]), to: "cut.eml")
      let result = try shell.smime("verify", "cut.eml", "--anchor", "ca/root.pem", expect: nil)
      #expect([1, 65].contains(result.status), "\(end) bytes: \(result.status) \(result.output)\(result.errors)")
    }
  }
}

extension String {
  fileprivate func utf8Offset(of text: String, searchingBackwards: Bool = false) -> Int? {
    range(of: text, options: searchingBackwards ? .backwards : []).map { self[..<$0.lowerBound].utf8.count }
  }
}
