import Foundation
import Issuance
import PKIX
import SMIMECrypto

@testable import CertificateAuthority

/// A folder with an authority in it, made once and copied for each test.
struct Workplace {
  static let password = Password("open sesame")
  static let day = Date(timeIntervalSince1970: 1_790_000_000)

  let folder: String

  private static let original = Task {
    let folder = newFolder()
    _ = try await Authority.create(
      in: folder, AuthorityPlan(name: "Test", settings: .init(baseURL: "http://pki.example.org")), password: password,
      at: day)
    return folder
  }

  init() async throws {
    let original = try await Self.original.value
    folder = Self.newFolder()
    try FileManager.default.copyItem(atPath: original, toPath: folder)
  }

  static func newFolder() -> String { "\(NSTemporaryDirectory())smime-authority-\(UUID().uuidString)" }

  func open() throws -> Authority { try Authority(folder: folder) }

  func issuer() throws -> Identity { try open().identity(.issuing, password: Self.password) }

  var journal: URL { URL(fileURLWithPath: "\(folder)/journal") }

  /// Where each line of the journal begins, and where the last ends.
  func lineOffsets() throws -> [Int] {
    let bytes = [UInt8](try Data(contentsOf: journal))
    return [0] + bytes.indices.filter { bytes[$0] == 0x0A }.map { $0 + 1 }
  }

  static func order(_ address: String) throws -> MailboxOrder {
    MailboxOrder(addresses: [address], publicKey: try PrivateKey(generate: .ec(.p256)).publicKey)
  }

  static func request(_ addresses: String...) async throws -> CertificateSigningRequest {
    try await .create(
      subject: DistinguishedName(commonName: "Somebody"), addresses: addresses,
      key: try PrivateKey(generate: .ec(.p256)))
  }
}
