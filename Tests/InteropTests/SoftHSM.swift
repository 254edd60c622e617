import Foundation
import PKIX
import SMIMECrypto
import SMIMEPKCS11
import SMIMETestSupport

/// SoftHSM's tokens in a folder of the tests: one with the members' keys and certificates, as OpenSC's tool writes them.
struct SoftHSM: Sendable {
  static let shared = Task { try await SoftHSM() }
  static let pin = "4711"
  static let modules = ["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so"]
  static let module = modules.first { FileManager.default.fileExists(atPath: $0) } ?? modules[0]

  /// False also without the trait, where there are no tokens.
  static var isAvailable: Bool {
    #if PKCS11
      return InteropTests.isAvailable("softhsm2-util") && InteropTests.isAvailable("pkcs11-tool")
    #else
      return false
    #endif
  }

  let workshop: Workshop

  private init() async throws {
    let cast = try await Cast.shared.value
    workshop = try Workshop()
    try FileManager.default.createDirectory(atPath: workshop.file("tokens"), withIntermediateDirectories: true)
    let settings = "directories.tokendir = \(workshop.file("tokens"))\nobjectstore.backend = file\nlog.level = ERROR\n"
    let path = try workshop.write(settings.utf8, to: "softhsm2.conf")
    // Before the module is loaded, which reads it once: this process is a user of the tokens as well.
    setenv("SOFTHSM2_CONF", path, 1)
    try makeToken("Work")
    try makeToken("Guarded")
    // A PIN counts for all of a process: this one is never right.
    try makeToken("Refused")
    for (index, member) in cast.members.enumerated() {
      let id = "0\(index + 1)"
      try store(member, on: "Work", id: id)
      if !member.choice.isRSA { try store(member, on: "Refused", id: id) }
      if member.choice == .rsa2048 { try store(member, on: "Guarded", id: id, "--always-auth") }
    }
    try storeHalves(of: cast)
    try workshop.write(cast.issuingPEM.utf8, to: "issuing.pem")
    try perform("openssl", ["x509", "-in", "issuing.pem", "-outform", "der", "-out", "issuing.der"], in: workshop.path)
    try write("issuing.der", as: "cert", on: "Work", "--id", "77", "--label", "issuing")
  }

  private func makeToken(_ label: String) throws {
    try perform(
      "softhsm2-util",
      ["--init-token", "--free", "--label", label, "--so-pin", "12345678", "--pin", Self.pin],
      environment: environment, in: workshop.path)
  }

  var environment: [String: String] { ["SOFTHSM2_CONF": workshop.file("softhsm2.conf")] }

  private func store(_ member: Member, on token: String, id: String, _ options: String...) throws {
    guard let key = member.identity.signingKey as? PrivateKey else { throw PeerFailure("no key in memory") }
    let usage = member.choice.isRSA ? "--usage-decrypt" : "--usage-derive"
    try workshop.write(key.pkcs8, to: "key.der")
    try workshop.write(member.identity.certificate.derBytes, to: "certificate.der")
    let place = ["--id", id, "--label", member.choice.rawValue]
    try tool(["--write-object", "key.der", "--type", "privkey", "--usage-sign", usage] + place + options, on: token)
    try tool(["--write-object", "certificate.der", "--type", "cert"] + place, on: token)
  }

  /// A certificate without its key, and two beside others' keys.
  private func storeHalves(of cast: Cast) throws {
    try makeToken("Half")
    try workshop.write(cast.member(.rsa3072).identity.certificate.derBytes, to: "half.der")
    try write("half.der", as: "cert", on: "Half", "--id", "05", "--label", "half")
    for (mine, theirs, id) in [(KeyChoice.rsa3072, KeyChoice.rsa2048, "06"), (.p256, .p384, "08")] {
      guard let key = try cast.member(theirs).identity.signingKey as? PrivateKey else {
        throw PeerFailure("no key in memory")
      }
      try workshop.write(key.pkcs8, to: "other.der")
      try workshop.write(cast.member(mine).identity.certificate.derBytes, to: "beside.der")
      try write("other.der", as: "privkey", on: "Half", "--usage-sign", "--id", id, "--label", id)
      try write("beside.der", as: "cert", on: "Half", "--id", id, "--label", id)
    }
  }

  private func write(_ file: String, as type: String, on token: String, _ options: String...) throws {
    try tool(["--write-object", file, "--type", type] + options, on: token)
  }

  private func tool(_ arguments: [String], on token: String) throws {
    try perform(
      "pkcs11-tool", ["--module", Self.module, "--token-label", token, "--login", "--pin", Self.pin] + arguments,
      environment: environment, in: workshop.path)
  }

  func address(_ path: String) throws -> TokenAddress {
    try TokenAddress("\(TokenAddress.scheme)\(path)?module-path=\(Self.module)")
  }

  /// The member as the token has it.
  func identity(_ choice: KeyChoice, on token: String = "Work") async throws -> Identity {
    let found = try await Tokens.identities(address("token=\(token);object=\(choice.rawValue)")) { _ in
      Password(Self.pin)
    }
    guard found.count == 1, let identity = found.first else { throw PeerFailure("\(found.count) identities") }
    return identity
  }
}
