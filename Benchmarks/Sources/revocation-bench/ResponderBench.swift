import CertificateAuthority
import Crypto
import Foundation
import Issuance
import PKIX
import SMIMECrypto

/// OCSP answers made for one request each, beside the signature alone.
struct ResponderBench {
  let rounds: Int

  func run() async throws {
    let folder = NSTemporaryDirectory() + "/revocation-bench-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let password = Password("bench")
    let authority = try await Authority.create(
      in: folder, AuthorityPlan(name: "Bench", key: .ec(.p256)), password: password)
    let issuing = try authority.identity(.issuing, password: password)
    let key = try PrivateKey(generate: .ec(.p256))
    let certificate = try await authority.issue(
      MailboxOrder(addresses: ["a@example.org"], publicKey: key.publicKey), with: issuing)
    let responder = try OCSPResponder(authority: authority, issuer: issuing)
    let now = Date()
    try await responder.renew(at: now)
    let identifier = try OCSPCertificateID(certificate.serialNumber, of: issuing.certificate)
    let live = OCSPRequest([identifier], nonce: [UInt8](repeating: 7, count: 32)).encoded
    let ahead = OCSPRequest([identifier]).encoded
    let signer = P256.Signing.PrivateKey()
    let digest = SHA256.hash(data: live)
    var (answers, signatures, kept): ([Double], [Double], [Double]) = ([], [], [])
    for _ in 0..<rounds {
      answers.append(
        try await rate {
          guard await responder.answer(live[...], at: now).kind == .live else { throw Unsupported("not live") }
        })
      signatures.append(try await rate { _ = try signer.signature(for: digest) })
      kept.append(
        try await rate {
          guard await responder.answer(ahead[...], at: now).kind == .preSigned else { throw Unsupported("not kept") }
        })
    }
    func median(_ rates: [Double]) -> Int { Int(rates.sorted()[rounds / 2]) }
    let share = zip(answers, signatures).map { $0 / $1 }.sorted()[rounds / 2]
    print("OCSP, P-256, live: \(median(answers))/s; signature alone: \(median(signatures))/s;", terminator: " ")
    print(String(format: "share %.2f;", share), "signed ahead: \(median(kept))/s")
  }

  private func rate(_ body: () async throws -> Void) async rethrows -> Double {
    var count = 0
    let start = clock()
    var used: clock_t = 0
    while used < clock_t(CLOCKS_PER_SEC) / 6 {
      for _ in 0..<32 { try await body() }
      count += 32
      used = clock() - start
    }
    return Double(count) * Double(CLOCKS_PER_SEC) / Double(used)
  }
}
