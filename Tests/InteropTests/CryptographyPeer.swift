import Foundation
import SMIMECrypto
import SMIMETestSupport

/// PyPI's cryptography, which brings an OpenSSL of its own that is years ahead of the distributions': it has ML-DSA and
/// ML-KEM. Tests/InteropPeers/cryptography_peer.py, in the environment that scripts/setup-cryptography makes.
final class CryptographyPeer: Peer {
  static let program = "python3"
  private static let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path
  private static let python = package + "/.build/cryptography/bin/python"

  static var isAvailable: Bool {
    InteropTests.isAvailable(program)
      && (FileManager.default.isExecutableFile(atPath: python) || ProcessInfo.processInfo.environment["CI"] == "true")
  }

  private static let process = Result {
    try Conversation(CryptographyPeer.python, [package + "/Tests/InteropPeers/cryptography_peer.py"])
  }

  private let process: Conversation
  private let workshop: Workshop

  init(_ cast: Cast) throws {
    process = try Self.process.get()
    workshop = try Workshop()
    for member in cast.members {
      try workshop.write(member.pkcs12, to: "\(member.choice).p12")
      try workshop.write(member.certificatePEM.utf8, to: "\(member.choice).pem")
    }
  }

  private func ask(_ task: String, _ words: String...) throws {
    let answer = try process.ask(([task] + words).joined(separator: "\t"))
    guard answer == "done" else { throw PeerFailure("cryptography: \(answer)") }
  }

  // MARK: What it does not do

  private func limit(_ encrypting: Encrypting) -> Limit? {
    guard encrypting.key.isRSA else { return .notAsked("cryptography encrypts to RSA keys only") }
    if encrypting.isGCM { return .notAsked("cryptography has no AuthEnvelopedData") }
    return encrypting.isOAEP ? .notAsked("cryptography has no OAEP in CMS") : nil
  }

  func limit(writing signing: Signing) -> Limit? { nil }
  func limit(reading signing: Signing) -> Limit? { .notAsked("cryptography verifies no CMS") }
  func limit(writing encrypting: Encrypting) -> Limit? { limit(encrypting) }
  func limit(reading encrypting: Encrypting) -> Limit? { limit(encrypting) }

  // MARK: Messages

  func sign(_ content: [UInt8], by member: Member, _ signing: Signing) throws -> [UInt8] {
    try workshop.write(content, to: "body")
    try ask(
      "sign", workshop.file("\(member.choice).p12"), Cast.password, signing.isPSS ? "pss" : "plain",
      signing.isDetached ? "detached" : "attached", workshop.file("body"), workshop.file("object"))
    return try workshop.read("object")
  }

  func verify(_ object: [UInt8], content: [UInt8], _ signing: Signing) throws {
    throw PeerFailure("cryptography verifies no CMS")
  }

  func encrypt(_ content: [UInt8], for member: Member, _ encrypting: Encrypting) throws -> [UInt8] {
    try workshop.write(content, to: "body")
    try ask("encrypt", workshop.file("\(member.choice).pem"), workshop.file("body"), workshop.file("object"))
    return try workshop.read("object")
  }

  func decrypt(_ object: [UInt8], by member: Member) throws -> [UInt8] {
    try workshop.write(object, to: "object")
    try ask(
      "decrypt", workshop.file("\(member.choice).p12"), Cast.password, workshop.file("object"),
      workshop.file("content"))
    return try workshop.read("content")
  }

  // MARK: Keys

  /// The private key that it finds in a PKCS #12 file, as PKCS #8.
  func key(in pkcs12: [UInt8], password: String) throws -> [UInt8] {
    try workshop.write(pkcs12, to: "in.p12")
    try ask("pkcs12-key", workshop.file("in.p12"), password, workshop.file("key"))
    return try workshop.read("key")
  }

  func sign(_ message: [UInt8], by key: PrivateKey) throws -> [UInt8] {
    try workshop.write(key.pkcs8, to: "key")
    try workshop.write(message, to: "body")
    try ask("sign-message", workshop.file("key"), workshop.file("body"), workshop.file("signature"))
    return try workshop.read("signature")
  }

  func verify(_ signature: [UInt8], of message: [UInt8], by key: PublicKey) throws {
    try workshop.write(key.spki, to: "key")
    try workshop.write(message, to: "body")
    try workshop.write(signature, to: "signature")
    try ask("verify-message", workshop.file("key"), workshop.file("body"), workshop.file("signature"))
  }

  func encapsulate(for key: PublicKey) throws -> (secret: [UInt8], ciphertext: [UInt8]) {
    try workshop.write(key.spki, to: "key")
    try ask("encapsulate", workshop.file("key"), workshop.file("secret"), workshop.file("ciphertext"))
    return (try workshop.read("secret"), try workshop.read("ciphertext"))
  }

  func decapsulate(_ ciphertext: [UInt8], by key: PrivateKey) throws -> [UInt8] {
    try workshop.write(key.pkcs8, to: "key")
    try workshop.write(ciphertext, to: "ciphertext")
    try ask("decapsulate", workshop.file("key"), workshop.file("ciphertext"), workshop.file("secret"))
    return try workshop.read("secret")
  }
}
