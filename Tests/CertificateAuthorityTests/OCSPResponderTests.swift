import CertificateAuthority
import Foundation
import Issuance
import PKIX
import SMIMECrypto
import Testing

@Suite struct `The OCSP responder` {
  private struct Stage {
    let authority: Authority
    let issuer: Identity
    let alice: Certificate
    let responder: OCSPResponder

    init() async throws {
      let place = try await Workplace()
      authority = try place.open()
      issuer = try place.issuer()
      alice = try await authority.issue(Workplace.order("alice@example.org"), with: issuer, at: Workplace.day)
      responder = try OCSPResponder(authority: authority, issuer: issuer)
    }

    func request(_ serials: SerialNumber..., nonce: [UInt8]? = nil, digest: DigestAlgorithm = .sha1) throws -> [UInt8] {
      OCSPRequest(
        try serials.map { try OCSPCertificateID($0, of: issuer.certificate, digest: digest) }, nonce: nonce
      ).encoded
    }

    func ask(_ request: [UInt8], at date: Date = Workplace.day) async throws -> (OCSPAnswer, BasicOCSPResponse?) {
      let answer = await responder.answer(request[...], at: date)
      return (answer, try OCSPResponse(der: answer.bytes[...]).basic)
    }

    /// What a reader who insists on knowing makes of the answer.
    func isBelieved(_ answer: OCSPAnswer, at date: Date) async throws -> Bool {
      struct Given: RevocationSource {
        let response: OCSPResponse
        var isLocal: Bool { true }
        func evidence(on certificate: Certificate, issuedBy issuer: Certificate) async -> [RevocationEvidence] {
          [RevocationEvidence(.response(response, nonce: nil), from: .given)]
        }
      }
      let source = Given(response: try OCSPResponse(der: answer.bytes[...]))
      let paths = PathValidator(anchors: TrustAnchors([issuer.certificate]), revocation: .hard([source]))
      if case .success = await paths.validate(alice, at: date) { return true }
      return false
    }
  }

  @Test func `answers nothing before it has a certificate, and after that has run out`() async throws {
    let stage = try await Stage()
    let request = try stage.request(stage.alice.serialNumber)
    #expect(try await stage.ask(request).0.kind == .refused(.tryLater))
    try await stage.responder.renew(at: Workplace.day)
    #expect(try await stage.ask(request).0.kind == .preSigned)
    let late = Workplace.day.addingTimeInterval(8 * 86_400)
    #expect(try await stage.ask(request, at: late).0.kind == .refused(.tryLater))
  }

  @Test func `gets itself a new key and certificate half-way, and answers under it`() async throws {
    let stage = try await Stage()
    let request = try stage.request(stage.alice.serialNumber)
    var signers: Set<Certificate> = []
    for days in [0.0, 1, 3, 4, 5, 8, 9, 20] {
      let date = Workplace.day.addingTimeInterval(days * 86_400)
      try await stage.responder.renew(at: date)
      let (answer, basic) = try await stage.ask(request, at: date)
      #expect(answer.kind == .preSigned)
      #expect(try await stage.isBelieved(answer, at: date), "day \(days)")
      signers.formUnion(basic?.certificates ?? [])
      let end = try #require(stage.responder.responderExpiry)
      #expect(end > date.addingTimeInterval(3 * 86_400), "never without days to spare")
      #expect(answer.nextUpdate.map { $0 <= end } == true)
    }
    #expect(signers.count == 4)
    let issued = try stage.authority.records.filter { $0.purpose == .responder }
    #expect(Set(issued.map(\.serialNumber)).count == signers.count)
    for signer in signers {
      #expect(signer.extensions.all.contains { "\($0.oid)" == "1.3.6.1.5.5.7.48.1.5" })
      #expect(signer.validity.notAfter.timeIntervalSince(signer.validity.notBefore) <= 7 * 86_400)
    }
  }

  @Test func `signs ahead what is asked plainly, and live what is not`() async throws {
    let stage = try await Stage()
    try await stage.responder.renew(at: Workplace.day)
    let plain = try stage.request(stage.alice.serialNumber)
    let first = try await stage.ask(plain).0
    #expect(try await stage.ask(plain).0.bytes == first.bytes, "one signature for all who ask")
    let other = try await stage.ask(try stage.request(stage.alice.serialNumber, digest: .sha256)).0
    #expect(other.kind == .preSigned && other.bytes != first.bytes)
    for count in [1, 32, 128] {
      let nonce = [UInt8](repeating: 0x5A, count: count)
      let (answer, basic) = try await stage.ask(try stage.request(stage.alice.serialNumber, nonce: nonce))
      #expect(answer.kind == .live)
      #expect(try basic?.nonce.map(Array.init) == nonce)
    }
    let long = try stage.request(stage.alice.serialNumber, nonce: [UInt8](repeating: 1, count: 129))
    #expect(try await stage.ask(long).0.kind == .refused(.malformedRequest))
  }

  @Test func `keeps nothing under octets that the client chose`() async throws {
    let stage = try await Stage()
    try await stage.responder.renew(at: Workplace.day)
    // The plain request with a name in front: [1] EXPLICIT GeneralName, an rfc822Name that anybody may vary.
    let plain = try stage.request(stage.alice.serialNumber)
    let name: [UInt8] = [0xA1, 0x03, 0x81, 0x01, 0x61]
    let list = Array(plain[4...])
    let tbs = [0x30, UInt8(name.count + list.count)] + name + list
    let request = [0x30, UInt8(tbs.count)] + tbs
    let (first, basic) = try await stage.ask(request)
    #expect(first.kind == .live && basic?.responses.first?.status == .good)
    #expect(try await stage.ask(request).0.bytes != first.bytes, "each is signed anew")
  }

  @Test func `never says good of what was not issued, and revoked as soon as it is`() async throws {
    let stage = try await Stage()
    try await stage.responder.renew(at: Workplace.day)
    let stranger = SerialNumber.random()
    let (answer, basic) = try await stage.ask(try stage.request(stranger))
    #expect(answer.kind == .live && basic?.responses.map(\.status) == [.unknown])
    let request = try stage.request(stage.alice.serialNumber)
    #expect(try await stage.ask(request).1?.responses.first?.status == .good)
    // By another process, as it were: nobody tells the responder.
    let other = try Authority(folder: stage.authority.folder)
    try other.revoke(reason: .keyCompromise, at: Workplace.day) { $0.serialNumber == stage.alice.serialNumber }
    let revoked = CertificateStatus.revoked(RevokedCertificate(date: Workplace.day, reason: .keyCompromise))
    #expect(try await stage.ask(request).1?.responses.first?.status == revoked)
    let both = try stage.request(stranger, stage.alice.serialNumber)
    #expect(
      try await stage.ask(both).1?.responses.map(\.status) == [.unknown, revoked], "in the order of the question")
  }

  @Test func `refuses what is no request, and what is not its own`() async throws {
    let stage = try await Stage()
    try await stage.responder.renew(at: Workplace.day)
    for garbage in [[], [0x30], [0x30, 0x00], [UInt8](repeating: 0xFF, count: 100)] as [[UInt8]] {
      #expect(try await stage.ask(garbage).0.kind == .refused(.malformedRequest))
    }
    let root = stage.authority.certificate(.root)
    let foreign = OCSPRequest([try OCSPCertificateID(stage.alice.serialNumber, of: root)]).encoded
    #expect(try await stage.ask(foreign).0.kind == .refused(.unauthorized))
    let mixed = OCSPRequest([
      try OCSPCertificateID(stage.alice.serialNumber, of: stage.issuer.certificate),
      try OCSPCertificateID(stage.alice.serialNumber, of: root),
    ]).encoded
    #expect(try await stage.ask(mixed).0.kind == .refused(.unauthorized))
  }
}
