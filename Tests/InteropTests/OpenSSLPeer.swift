import Foundation
import PKIX
import SMIMECrypto
import SMIMETestSupport

/// `openssl cms` of OpenSSL 3.
final class OpenSSLPeer: Peer {
  static let program = "openssl"
  private let workshop: Workshop

  init(_ cast: Cast) throws {
    workshop = try Workshop()
    try workshop.write(cast.rootPEM.utf8, to: "root.pem")
    try workshop.write(cast.issuingPEM.utf8, to: "issuing.pem")
    for member in cast.members {
      try workshop.write(member.pkcs12, to: "member.p12")
      try workshop.write(member.certificatePEM.utf8, to: "\(member.choice).pem")
      try openssl(
        "pkcs12", "-in", "member.p12", "-passin", "pass:\(Cast.password)", "-nodes", "-nocerts", "-out",
        "\(member.choice).key")
    }
  }

  @discardableResult private func openssl(_ arguments: String...) throws -> ProgramResult {
    try perform(Self.program, arguments, in: workshop.path)
  }

  func limit(writing signing: Signing) -> Limit? { nil }
  func limit(reading signing: Signing) -> Limit? { nil }
  func limit(writing encrypting: Encrypting) -> Limit? { nil }
  func limit(reading encrypting: Encrypting) -> Limit? { nil }

  func sign(_ content: [UInt8], by member: Member, _ signing: Signing) throws -> [UInt8] {
    try workshop.write(content, to: "body")
    var arguments = [
      "cms", "-sign", "-binary", "-in", "body", "-signer", "\(member.choice).pem", "-inkey", "\(member.choice).key",
      "-certfile", "issuing.pem", "-md", "sha256", "-outform", "DER", "-out", "object",
    ]
    if !signing.isDetached { arguments.append("-nodetach") }
    if signing.isPSS { arguments += ["-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:32"] }
    try perform(Self.program, arguments, in: workshop.path)
    return try workshop.read("object")
  }

  func verify(_ object: [UInt8], content: [UInt8], _ signing: Signing) throws {
    try workshop.write(object, to: "object")
    try workshop.write(content, to: "body")
    var arguments = [
      "cms", "-verify", "-binary", "-inform", "DER", "-in", "object", "-CAfile", "root.pem", "-out", "content",
    ]
    if signing.isDetached { arguments += ["-content", "body"] }
    try perform(Self.program, arguments, in: workshop.path)
    guard try workshop.read("content") == content else { throw PeerFailure("openssl gives other content") }
  }

  func encrypt(_ content: [UInt8], for member: Member, _ encrypting: Encrypting) throws -> [UInt8] {
    try workshop.write(content, to: "body")
    var arguments = [
      "cms", "-encrypt", "-binary", "-in", "body", "-outform", "DER", "-out", "object",
      encrypting.isGCM ? "-aes-256-gcm" : "-aes-256-cbc", "-recip", "\(member.choice).pem",
    ]
    if encrypting.isOAEP { arguments += ["-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha256"] }
    if !encrypting.key.isRSA { arguments += ["-keyopt", "ecdh_kdf_md:sha256"] }
    try perform(Self.program, arguments, in: workshop.path)
    return try workshop.read("object")
  }

  func decrypt(_ object: [UInt8], by member: Member) throws -> [UInt8] {
    try workshop.write(object, to: "object")
    try openssl(
      "cms", "-decrypt", "-binary", "-inform", "DER", "-in", "object", "-recip", "\(member.choice).pem", "-inkey",
      "\(member.choice).key", "-out", "content")
    return try workshop.read("content")
  }

  /// The root's certificate with OpenSSL's own words on what it is trusted for.
  func trustedRoot() throws -> [UInt8] {
    try openssl(
      "x509", "-in", "root.pem", "-trustout", "-addtrust", "emailProtection", "-setalias", "Root", "-out", "trusted.pem"
    )
    return try workshop.read("trusted.pem")
  }

  /// The member's key and chain in a PKCS #12 file that OpenSSL makes, in one of its dialects.
  func pkcs12(of member: Member, _ dialect: [String], password: String) throws -> [UInt8] {
    var arguments = [
      "pkcs12", "-export", "-inkey", "\(member.choice).key", "-in", "\(member.choice).pem", "-certfile", "issuing.pem",
      "-name", member.address, "-out", "out.p12", "-passout", "pass:\(password)",
    ]
    arguments += dialect
    try perform(Self.program, arguments, in: workshop.path)
    return try workshop.read("out.p12")
  }

  /// The private key that OpenSSL finds in a PKCS #12 file, as PKCS #8.
  func key(in pkcs12: [UInt8], password: String) throws -> [UInt8] {
    try workshop.write(pkcs12, to: "in.p12")
    let result = try openssl("pkcs12", "-in", "in.p12", "-passin", "pass:\(password)", "-nodes", "-nocerts")
    guard let block = try PEMBlock.all(in: result.output).first else { throw PeerFailure("openssl finds no key") }
    return block.bytes
  }

  /// What `openssl cms` makes of a message in MIME.
  func mail(_ message: [UInt8], _ arguments: [String]) throws -> [UInt8] {
    try workshop.write(message, to: "mail")
    try perform(Self.program, ["cms", "-in", "mail", "-out", "mail.out"] + arguments, in: workshop.path)
    return try workshop.read("mail.out")
  }
}
