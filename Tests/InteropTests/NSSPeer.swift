import Foundation
import SMIMETestSupport

/// NSS's cmsutil, on the libraries that the system has or on those that Thunderbird brings.
final class NSSPeer: Peer {
  static let program = "cmsutil"
  private let workshop: Workshop
  private let libraries: Libraries

  /// Whose libraries do the work.
  enum Libraries: Sendable {
    case system, thunderbird

    var environment: [String: String] { self == .system ? [:] : ["LD_LIBRARY_PATH": NSSPeer.thunderbirdFolder] }
  }

  private static let thunderbirdFolder = "/usr/lib/thunderbird"

  static var isThunderbirdAvailable: Bool {
    isAvailable(program)
      && (FileManager.default.fileExists(atPath: thunderbirdFolder + "/libsmime3.so")
        || ProcessInfo.processInfo.environment["CI"] == "true")
  }

  init(_ cast: Cast, libraries: Libraries = .system) throws {
    self.libraries = libraries
    workshop = try Workshop()
    try perform("mkdir", ["nss"], in: workshop.path)
    try nss("certutil", ["-N", "-d", "sql:nss", "--empty-password"])
    try workshop.write(cast.rootPEM.utf8, to: "root.pem")
    try workshop.write(cast.issuingPEM.utf8, to: "issuing.pem")
    try nss(
      "certutil", ["-A", "-d", "sql:nss", "-n", "root", "-t", ",C,", "-a", "-i", "root.pem"])
    try nss(
      "certutil", ["-A", "-d", "sql:nss", "-n", "issuing", "-t", ",,", "-a", "-i", "issuing.pem"])
    for member in cast.members {
      try workshop.write(member.pkcs12, to: "member.p12")
      try nss(
        "pk12util", ["-d", "sql:nss", "-i", "member.p12", "-W", Cast.password, "-K", ""])
    }
  }

  @discardableResult private func nss(_ program: String, _ arguments: [String]) throws -> ProgramResult {
    try perform(program, arguments, environment: libraries.environment, in: workshop.path)
  }

  func limit(writing signing: Signing) -> Limit? {
    signing.isPSS ? .notAsked("cmsutil has no option for PSS") : nil
  }

  func limit(reading signing: Signing) -> Limit? { nil }

  func limit(writing encrypting: Encrypting) -> Limit? {
    if encrypting.isGCM { return .notAsked("cmsutil has no option for GCM") }
    if encrypting.isOAEP { return .notAsked("cmsutil has no option for OAEP") }
    return encrypting.key.isRSA || libraries == .thunderbird ? nil : .fails("NSS 3.87 has no ECDH in CMS")
  }

  func limit(reading encrypting: Encrypting) -> Limit? {
    if encrypting.isGCM { return .fails("NSS 3.87 and 3.125 have no AuthEnvelopedData") }
    if libraries == .thunderbird { return nil }
    if encrypting.isOAEP { return .fails("NSS 3.87 has no OAEP in CMS") }
    return encrypting.key.isRSA ? nil : .fails("NSS 3.87 has no ECDH in CMS")
  }

  func sign(_ content: [UInt8], by member: Member, _ signing: Signing) throws -> [UInt8] {
    try workshop.write(content, to: "body")
    var arguments = ["-S", "-d", "sql:nss", "-N", member.address, "-G", "-H", "SHA256", "-i", "body", "-o", "object"]
    if signing.isDetached { arguments.append("-T") }
    try nss(Self.program, arguments)
    return try workshop.read("object")
  }

  func verify(_ object: [UInt8], content: [UInt8], _ signing: Signing) throws {
    try workshop.write(object, to: "object")
    try workshop.write(content, to: "body")
    var arguments = ["-D", "-d", "sql:nss", "-h", "0", "-i", "object", "-o", "content"]
    if signing.isDetached { arguments += ["-c", "body"] }
    let result = try nss(Self.program, arguments)
    let said = result.text + result.errors
    let written = try workshop.exists("content") ? workshop.read("content") : []
    guard (said + String(decoding: written, as: UTF8.self)).contains("GoodSignature") else {
      throw PeerFailure(Self.program, result)
    }
  }

  func encrypt(_ content: [UInt8], for member: Member, _ encrypting: Encrypting) throws -> [UInt8] {
    try workshop.write(content, to: "body")
    try nss(
      Self.program, ["-E", "-d", "sql:nss", "-r", member.address, "-i", "body", "-o", "object"])
    return try workshop.read("object")
  }

  func decrypt(_ object: [UInt8], by member: Member) throws -> [UInt8] {
    try workshop.write(object, to: "object")
    try nss(Self.program, ["-D", "-d", "sql:nss", "-i", "object", "-o", "content"])
    return try workshop.read("content")
  }

  /// Whether NSS takes a PKCS #12 file, in a database of its own.
  func imports(_ pkcs12: [UInt8], password: String) throws {
    let folder = "db\(UInt32.random(in: 0...UInt32.max))"
    try perform("mkdir", [folder], in: workshop.path)
    try nss("certutil", ["-N", "-d", "sql:\(folder)", "--empty-password"])
    try workshop.write(pkcs12, to: "in.p12")
    try nss(
      "pk12util", ["-d", "sql:\(folder)", "-i", "in.p12", "-W", password, "-K", ""])
  }

  /// The member as NSS exports it.
  func exports(_ member: Member, password: String) throws -> [UInt8] {
    try nss(
      "pk12util", ["-d", "sql:nss", "-o", "out.p12", "-n", member.address, "-W", password, "-K", ""])
    return try workshop.read("out.p12")
  }
}
