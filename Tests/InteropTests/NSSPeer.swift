import Foundation
import SMIMETestSupport

/// NSS's cmsutil, which has the library that Thunderbird reads and writes with.
final class NSSPeer: Peer {
  static let program = "cmsutil"
  private let workshop: Workshop

  init(_ cast: Cast) throws {
    workshop = try Workshop()
    try perform("mkdir", ["nss"], in: workshop.path)
    try perform("certutil", ["-N", "-d", "sql:nss", "--empty-password"], in: workshop.path)
    try workshop.write(cast.rootPEM.utf8, to: "root.pem")
    try workshop.write(cast.issuingPEM.utf8, to: "issuing.pem")
    try perform(
      "certutil", ["-A", "-d", "sql:nss", "-n", "root", "-t", ",C,", "-a", "-i", "root.pem"], in: workshop.path)
    try perform(
      "certutil", ["-A", "-d", "sql:nss", "-n", "issuing", "-t", ",,", "-a", "-i", "issuing.pem"], in: workshop.path)
    for member in cast.members {
      try workshop.write(member.pkcs12, to: "member.p12")
      try perform(
        "pk12util", ["-d", "sql:nss", "-i", "member.p12", "-W", Cast.password, "-K", ""], in: workshop.path)
    }
  }

  func limit(writing signing: Signing) -> Limit? {
    signing.isPSS ? .notAsked("cmsutil has no option for PSS") : nil
  }

  func limit(reading signing: Signing) -> Limit? { nil }

  func limit(writing encrypting: Encrypting) -> Limit? {
    if encrypting.isGCM { return .notAsked("cmsutil has no option for GCM") }
    if encrypting.isOAEP { return .notAsked("cmsutil has no option for OAEP") }
    return encrypting.key.isRSA ? nil : .fails("NSS 3.87 has no ECDH in CMS (3.125 does)")
  }

  func limit(reading encrypting: Encrypting) -> Limit? {
    if encrypting.isGCM { return .fails("NSS 3.87 and 3.125 have no AuthEnvelopedData") }
    if encrypting.isOAEP { return .fails("NSS 3.87 has no OAEP in CMS (3.125 does)") }
    return encrypting.key.isRSA ? nil : .fails("NSS 3.87 has no ECDH in CMS (3.125 does)")
  }

  func sign(_ content: [UInt8], by member: Member, _ signing: Signing) throws -> [UInt8] {
    try workshop.write(content, to: "body")
    var arguments = ["-S", "-d", "sql:nss", "-N", member.address, "-G", "-H", "SHA256", "-i", "body", "-o", "object"]
    if signing.isDetached { arguments.append("-T") }
    try perform(Self.program, arguments, in: workshop.path)
    return try workshop.read("object")
  }

  func verify(_ object: [UInt8], content: [UInt8], _ signing: Signing) throws {
    try workshop.write(object, to: "object")
    try workshop.write(content, to: "body")
    var arguments = ["-D", "-d", "sql:nss", "-h", "0", "-i", "object", "-o", "content"]
    if signing.isDetached { arguments += ["-c", "body"] }
    let result = try perform(Self.program, arguments, in: workshop.path)
    let said = result.text + result.errors
    let written = try workshop.exists("content") ? workshop.read("content") : []
    guard (said + String(decoding: written, as: UTF8.self)).contains("GoodSignature") else {
      throw PeerFailure(Self.program, result)
    }
  }

  func encrypt(_ content: [UInt8], for member: Member, _ encrypting: Encrypting) throws -> [UInt8] {
    try workshop.write(content, to: "body")
    try perform(
      Self.program, ["-E", "-d", "sql:nss", "-r", member.address, "-i", "body", "-o", "object"], in: workshop.path)
    return try workshop.read("object")
  }

  func decrypt(_ object: [UInt8], by member: Member) throws -> [UInt8] {
    try workshop.write(object, to: "object")
    try perform(Self.program, ["-D", "-d", "sql:nss", "-i", "object", "-o", "content"], in: workshop.path)
    return try workshop.read("content")
  }

  /// Whether NSS takes a PKCS #12 file, in a database of its own.
  func imports(_ pkcs12: [UInt8], password: String) throws {
    let folder = "db\(UInt32.random(in: 0...UInt32.max))"
    try perform("mkdir", [folder], in: workshop.path)
    try perform("certutil", ["-N", "-d", "sql:\(folder)", "--empty-password"], in: workshop.path)
    try workshop.write(pkcs12, to: "in.p12")
    try perform(
      "pk12util", ["-d", "sql:\(folder)", "-i", "in.p12", "-W", password, "-K", ""], in: workshop.path)
  }

  /// The member as NSS exports it.
  func exports(_ member: Member, password: String) throws -> [UInt8] {
    try perform(
      "pk12util", ["-d", "sql:nss", "-o", "out.p12", "-n", member.address, "-W", password, "-K", ""],
      in: workshop.path)
    return try workshop.read("out.p12")
  }
}
