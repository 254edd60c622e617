import CertificateAuthority
import Foundation
import FuzzEntry
import Issuance
import PKIX
import SMIMECrypto

@_cdecl("fuzz_entry") public func entry() { Entry.start() }

enum Entry {
  static func start() {
    let responder = FuzzEntry.wait { await Self.responder() }
    // Whatever comes in, a response goes out that can be read.
    FuzzEntry.run { bytes in
      let answer = FuzzEntry.wait { await responder.answer(bytes[...], at: Date()) }
      let response = try! OCSPResponse(der: answer.bytes[...])
      precondition((response.status == .successful) == (response.basic != nil))
    }
  }

  /// A responder with one certificate.
  private static func responder() async -> OCSPResponder {
    let folder = NSTemporaryDirectory() + "/smime-fuzz-\(UUID().uuidString)"
    let password = Password("fuzz")
    let plan = AuthorityPlan(name: "Fuzz", key: .ec(.p256))
    let authority = try! await Authority.create(in: folder, plan, password: password)
    let issuing = try! authority.identity(.issuing, password: password)
    let responder = try! OCSPResponder(authority: authority, issuer: issuing)
    try! await responder.renew(at: Date())
    return responder
  }
}
