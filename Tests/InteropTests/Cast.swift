import CMS
import Foundation
import PKIX
import SMIMECrypto
import SMIMETestSupport

/// The keys that the peers and we work with.
enum KeyChoice: String, CaseIterable, Sendable {
  case rsa2048, rsa3072, p256, p384

  var kind: PrivateKey.Kind {
    switch self {
    case .rsa2048: .rsa(bits: 2048)
    case .rsa3072: .rsa(bits: 3072)
    case .p256: .ec(.p256)
    case .p384: .ec(.p384)
    }
  }

  var isRSA: Bool { self == .rsa2048 || self == .rsa3072 }
}

/// One mailbox with everything a peer may want of it.
struct Member: Sendable {
  let choice: KeyChoice
  let identity: Identity
  let address: String
  /// PKCS #12 in the dialect that every peer reads, under ``Cast/password``.
  let pkcs12: [UInt8]

  var certificatePEM: String { PEMBlock(label: "CERTIFICATE", bytes: Array(identity.certificate.derBytes)).text }
}

/// An RSA authority and a mailbox for each kind of key; made once for all tests.
struct Cast: Sendable {
  static let shared = Task { try await Cast() }
  static let password = "sesame"

  static func pkcs12(_ identity: Identity, _ name: String) throws -> [UInt8] {
    try PKCS12.write(identity, friendlyName: name, password: Password(password), profile: .compat)
  }

  let rootPEM: String
  let issuingPEM: String
  let rootDER: [UInt8]
  let members: [Member]

  init() async throws {
    let pki = try await TestPKI(keys: .rsa(bits: 2048), name: "Interop")
    func pem(_ certificate: Certificate) -> String {
      PEMBlock(label: "CERTIFICATE", bytes: Array(certificate.derBytes)).text
    }
    rootPEM = pem(pki.root.certificate)
    issuingPEM = pem(pki.issuing.certificate)
    rootDER = Array(pki.root.certificate.derBytes)
    var members: [Member] = []
    for choice in KeyChoice.allCases {
      let address = "\(choice.rawValue)@example.com"
      let identity = try await pki.mailbox(
        address, key: choice.kind, validity: Validity(from: Date(timeIntervalSinceNow: -86_400), days: 365))
      let pkcs12 = try Self.pkcs12(identity, address)
      members.append(Member(choice: choice, identity: identity, address: address, pkcs12: pkcs12))
    }
    self.members = members
  }

  func member(_ choice: KeyChoice) throws -> Member {
    guard let member = members.first(where: { $0.choice == choice }) else { throw PeerFailure("no \(choice)") }
    return member
  }
}
