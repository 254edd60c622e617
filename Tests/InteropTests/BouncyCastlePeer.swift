import Foundation
import SMIMETestSupport

/// Bouncy Castle, in one Java machine that stays: Tests/InteropPeers/BouncyCastle.java, run from its source.
final class BouncyCastlePeer: Peer {
  static let program = "java"
  private static let jars = ["bcmail", "bcpkix", "bcprov", "bcutil"].map { "/usr/share/java/\($0).jar" }

  /// Whether Debian's jars are there, and a Java that compiles.
  static var isAvailable: Bool {
    InteropTests.isAvailable("javac") && jars.allSatisfy { FileManager.default.fileExists(atPath: $0) }
      || ProcessInfo.processInfo.environment["CI"] == "true" && InteropTests.isAvailable("javac")
  }

  /// The machine starts in seconds, so that all tests share it.
  private static let machine = Result { try Conversation(BouncyCastlePeer.program, BouncyCastlePeer.command()) }

  private let machine: Conversation
  private let workshop: Workshop

  init(_ cast: Cast) throws {
    machine = try Self.machine.get()
    workshop = try Workshop()
    try workshop.write(cast.rootPEM.utf8, to: "root.pem")
    for member in cast.members {
      try workshop.write(member.pkcs12, to: "\(member.choice).p12")
      try workshop.write(member.certificatePEM.utf8, to: "\(member.choice).pem")
    }
  }

  private static func command() -> [String] {
    let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("InteropPeers/BouncyCastle.java").path
    return ["-XX:TieredStopAtLevel=1", "-Xmx256m", "-cp", jars.joined(separator: ":"), source]
  }

  /// Asks for one task; a word that names a file stands for the file in the workshop.
  private func ask(_ task: String, _ words: String...) throws {
    let answer = try machine.ask(([task] + words).joined(separator: "\t"))
    guard answer == "done" else { throw PeerFailure("Bouncy Castle: \(answer)") }
  }

  // MARK: What it does not do

  func limit(writing signing: Signing) -> Limit? { nil }
  func limit(reading signing: Signing) -> Limit? { nil }
  func limit(writing encrypting: Encrypting) -> Limit? { nil }

  func limit(reading encrypting: Encrypting) -> Limit? {
    encrypting.isGCM && !encrypting.key.isRSA
      ? .notAsked("Bouncy Castle 1.72 has no recipient of AuthEnvelopedData by key agreement") : nil
  }

  // MARK: Work

  func sign(_ content: [UInt8], by member: Member, _ signing: Signing) throws -> [UInt8] {
    try workshop.write(content, to: "body")
    let algorithm = signing.isPSS ? "SHA256WITHRSAANDMGF1" : signing.key.isRSA ? "SHA256WITHRSA" : "SHA256WITHECDSA"
    try ask(
      "sign", workshop.file("\(member.choice).p12"), Cast.password, algorithm,
      signing.isDetached ? "detached" : "attached", workshop.file("body"), workshop.file("object"))
    return try workshop.read("object")
  }

  func verify(_ object: [UInt8], content: [UInt8], _ signing: Signing) throws {
    try workshop.write(object, to: "object")
    try workshop.write(content, to: "body")
    try ask(
      "verify", workshop.file("root.pem"), workshop.file("object"), signing.isDetached ? workshop.file("body") : "")
  }

  func encrypt(_ content: [UInt8], for member: Member, _ encrypting: Encrypting) throws -> [UInt8] {
    try workshop.write(content, to: "body")
    try ask(
      "encrypt", workshop.file("\(member.choice).pem"), encrypting.isOAEP ? "oaep" : "v15",
      encrypting.isGCM ? "gcm" : "cbc", workshop.file("body"), workshop.file("object"))
    return try workshop.read("object")
  }

  func decrypt(_ object: [UInt8], by member: Member) throws -> [UInt8] {
    try workshop.write(object, to: "object")
    try ask(
      "decrypt", workshop.file("\(member.choice).p12"), Cast.password, workshop.file("object"),
      workshop.file("content"))
    return try workshop.read("content")
  }

  /// AuthenticatedData by HMAC with SHA-256 (RFC 5652 §9), over the content or over attributes.
  func authenticate(_ content: [UInt8], for member: Member, overAttributes: Bool) throws -> [UInt8] {
    try workshop.write(content, to: "body")
    try ask(
      "authenticate", workshop.file("\(member.choice).pem"), overAttributes ? "attributes" : "content",
      workshop.file("body"), workshop.file("object"))
    return try workshop.read("object")
  }

  /// Throws unless the code of AuthenticatedData is right, and the content's digest where attributes have one.
  func check(_ object: [UInt8], by member: Member) throws -> [UInt8] {
    try workshop.write(object, to: "object")
    try ask(
      "check", workshop.file("\(member.choice).p12"), Cast.password, workshop.file("object"),
      workshop.file("content"))
    return try workshop.read("content")
  }

  /// EnvelopedData for who knows `password` (RFC 3211).
  func encrypt(_ content: [UInt8], password: String) throws -> [UInt8] {
    try workshop.write(content, to: "body")
    try ask("password-encrypt", password, workshop.file("body"), workshop.file("object"))
    return try workshop.read("object")
  }

  func decrypt(_ object: [UInt8], password: String) throws -> [UInt8] {
    try workshop.write(object, to: "object")
    try ask("password-decrypt", password, workshop.file("object"), workshop.file("content"))
    return try workshop.read("content")
  }

  /// CompressedData (RFC 3274).
  func compress(_ content: [UInt8]) throws -> [UInt8] {
    try workshop.write(content, to: "body")
    try ask("compress", workshop.file("body"), workshop.file("object"))
    return try workshop.read("object")
  }

  func expand(_ object: [UInt8]) throws -> [UInt8] {
    try workshop.write(object, to: "object")
    try ask("expand", workshop.file("object"), workshop.file("content"))
    return try workshop.read("content")
  }
}
