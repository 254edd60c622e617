import SMIMECrypto
import Foundation
import SMIMETestSupport

/// GnuPG's gpgsm, of which 2.2 is the version that distributions have. It is a peer for RSA only: an import of a key on a
/// curve ends it with a segmentation fault.
final class GpgsmPeer: Peer {
  static let program = "gpgsm"
  private let workshop: Workshop
  private let environment: [String: String]

  init(_ cast: Cast) throws {
    workshop = try Workshop()
    // The agent's socket must have a short path.
    let home = "/tmp/g\(UInt32.random(in: 0...UInt32.max))"
    environment = ["GNUPGHOME": home]
    try FileManager.default.createDirectory(
      atPath: home, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    func write(_ text: String, to name: String) throws {
      try Data(text.utf8).write(to: URL(fileURLWithPath: "\(home)/\(name)"))
    }
    try write("disable-crl-checks\ndisable-dirmngr\nbatch\npinentry-mode loopback\n", to: "gpgsm.conf")
    try write("allow-loopback-pinentry\n", to: "gpg-agent.conf")
    let fingerprint = MessageDigest.sha1(cast.rootDER[...]).map { String($0, radix: 16, uppercase: true).padded }
    try write("\(fingerprint.joined()) S relax\n", to: "trustlist.txt")
    try workshop.write((cast.rootPEM + cast.issuingPEM).utf8, to: "chain.pem")
    try workshop.write(Cast.password.utf8, to: "password")
    try perform(Self.program, ["--import", "chain.pem"], environment: environment, in: workshop.path)
    for member in cast.members where member.choice.isRSA {
      try workshop.write(member.pkcs12, to: "member.p12")
      do {
        try gpgsm("--import", "member.p12")
      } catch {
        // gpgsm 2.2.40 refuses about one 3DES file in a hundred, those of OpenSSL too (2 of 200); it depends on the
        // salts alone, so a file with other salts is as good a test.
        try workshop.write(Cast.pkcs12(member.identity, member.address), to: "member.p12")
        try gpgsm("--import", "member.p12")
      }
    }
  }

  deinit {
    // The agent that gpgsm started, and no other: it is named by its home.
    _ = try? run("gpgconf", ["--kill", "all"], environment: environment)
    if let home = environment["GNUPGHOME"] { try? FileManager.default.removeItem(atPath: home) }
  }

  /// gpgsm wants its password on a descriptor; the shell opens it.
  @discardableResult private func gpgsm(_ arguments: String...) throws -> ProgramResult {
    let line = "exec gpgsm --batch --yes --pinentry-mode loopback --passphrase-fd 3 --status-fd 1 \"$@\" 3<password"
    return try perform("sh", ["-c", line, "gpgsm"] + arguments, environment: environment, in: workshop.path)
  }

  private static let curve = Limit.notAsked("gpgsm 2.2 ends with a segmentation fault when it imports a key on a curve")

  func limit(writing signing: Signing) -> Limit? {
    guard signing.key.isRSA else { return Self.curve }
    return signing.isPSS ? .notAsked("gpgsm signs by RSA v1.5 only") : nil
  }

  func limit(reading signing: Signing) -> Limit? { nil }

  func limit(writing encrypting: Encrypting) -> Limit? {
    guard encrypting.key.isRSA else { return Self.curve }
    if encrypting.isGCM { return .notAsked("gpgsm writes no AuthEnvelopedData") }
    return encrypting.isOAEP ? .notAsked("gpgsm has no OAEP") : nil
  }

  func limit(reading encrypting: Encrypting) -> Limit? {
    guard encrypting.key.isRSA else { return Self.curve }
    if encrypting.isGCM { return .fails("gpgsm 2.2.40 on AuthEnvelopedData: error getting IV: Buffer too short") }
    return encrypting.isOAEP ? .fails("gpgsm 2.2.40 has no OAEP: No secret key") : nil
  }

  func sign(_ content: [UInt8], by member: Member, _ signing: Signing) throws -> [UInt8] {
    try workshop.write(content, to: "body")
    try gpgsm(
      "--local-user", member.address, "--output", "object", signing.isDetached ? "--detach-sign" : "--sign", "body")
    return try workshop.read("object")
  }

  func verify(_ object: [UInt8], content: [UInt8], _ signing: Signing) throws {
    try workshop.write(object, to: "object")
    try workshop.write(content, to: "body")
    let result =
      signing.isDetached
      ? try gpgsm("--verify", "object", "body") : try gpgsm("--output", "content", "--verify", "object")
    guard result.text.contains("GOODSIG"), result.text.contains("TRUST_FULLY") else {
      throw PeerFailure(Self.program, result)
    }
  }

  func encrypt(_ content: [UInt8], for member: Member, _ encrypting: Encrypting) throws -> [UInt8] {
    try workshop.write(content, to: "body")
    try gpgsm("--recipient", member.address, "--cipher-algo", "AES256", "--output", "object", "--encrypt", "body")
    return try workshop.read("object")
  }

  func decrypt(_ object: [UInt8], by member: Member) throws -> [UInt8] {
    try workshop.write(object, to: "object")
    try gpgsm("--output", "content", "--decrypt", "object")
    return try workshop.read("content")
  }
}

extension String {
  fileprivate var padded: String { count < 2 ? "0" + self : self }
}
