import Foundation
import Issuance
import PKIX
import SMIMECrypto
import Testing

@testable import CertificateAuthority

@Suite struct RequestQueueTests {
  @Test func `A code is good once, for a day, for its request and mailbox only`() async throws {
    let place = try await Workplace()
    let authority = try place.open()
    let request = try authority.addRequest(try await Workplace.request("Dora@example.org", "d@example.org"))
    let other = try authority.addRequest(try await Workplace.request("dora@example.org"))
    let day = Workplace.day
    let first = try authority.newCode(for: request.id, address: "dora@EXAMPLE.org", at: day)
    let second = try authority.newCode(for: request.id, address: "dora@example.org", at: day)
    #expect(first != second)
    func refused(_ id: String, _ code: String, _ date: Date, _ location: SourceLocation = #_sourceLocation) {
      #expect(throws: AuthorityFailure.self, sourceLocation: location) {
        try authority.proveMailbox(id, code: code, at: date)
      }
    }
    refused(request.id, first, day)
    refused(other.id, second, day)
    refused(request.id, "", day)
    refused(request.id, String(second.dropLast()), day)
    refused(request.id, second, day.addingTimeInterval(24 * 3_600))
    let typed = second.uppercased().replacingOccurrences(of: "-", with: " ")
    #expect(try authority.proveMailbox(request.id, code: typed, at: day) == "dora@example.org")
    refused(request.id, second, day)
    #expect(try place.open().request(request.id).unproved == ["d@example.org"])
    #expect(throws: AuthorityFailure.self) { try authority.newCode(for: request.id, address: "x@example.org") }
    await #expect(throws: AuthorityFailure.self, "one mailbox of two") {
      try await authority.approve(request.id, by: "carol", with: try place.issuer())
    }
  }

  @Test func `A wrong code leaves no trace, and waits for nobody who writes`() async throws {
    let place = try await Workplace()
    let authority = try place.open()
    let request = try authority.addRequest(try await Workplace.request("dora@example.org"))
    let code = try authority.newCode(for: request.id, address: "dora@example.org")
    let before = try Data(contentsOf: place.journal)
    // Whoever waited for this lock would wait for ever.
    try FolderLock(path: "\(place.folder)/lock").hold(.exclusive) {
      for wrong in 0..<200 {
        let wrong = wrong % 2 == 0 ? MailboxCode.text(SecureRandom.bytes(16)) : String(code.dropFirst())
        #expect(throws: AuthorityFailure.refused("that is no code of the request \(request.id)")) {
          try authority.proveMailbox(request.id, code: wrong)
        }
      }
    }
    #expect(try Data(contentsOf: place.journal) == before)
    try authority.proveMailbox(request.id, code: code)
  }

  @Test func `Each mailbox of a request gets so many codes and no more, whoever opens the folder`() async throws {
    let place = try await Workplace()
    let request = try place.open().addRequest(try await Workplace.request("dora@example.org", "d@example.org"))
    var last = ""
    for _ in 0..<Authority.codeLimit {
      last = try place.open().newCode(for: request.id, address: "dora@example.org")
    }
    let before = try Data(contentsOf: place.journal)
    #expect(
      throws: AuthorityFailure.refused(
        "the request \(request.id) had 10 codes for dora@example.org, and gets no more")
    ) { try place.open().newCode(for: request.id, address: "Dora@example.org") }
    #expect(try Data(contentsOf: place.journal) == before)
    _ = try place.open().newCode(for: request.id, address: "d@example.org")
    #expect(try place.open().proveMailbox(request.id, code: last) == "dora@example.org", "the last is still good")
    #expect(throws: AuthorityFailure.self, "proving it opens no new row") {
      try place.open().newCode(for: request.id, address: "dora@example.org")
    }
  }

  @Test func `An approved request has its certificate, for its key and its mailboxes`() async throws {
    let place = try await Workplace()
    let authority = try place.open()
    let csr = try await Workplace.request("dora@example.org")
    let request = try authority.addRequest(csr)
    let certificate = try await authority.approve(
      request.id, by: "carol", evidence: " badge ", days: 30, with: try place.issuer(), at: Workplace.day)
    #expect(certificate.publicKey == csr.publicKey && certificate.emailAddresses == ["dora@example.org"])
    #expect(
      try place.open().request(request.id).state
        == .approved(by: "carol", at: Workplace.day, evidence: "badge", serialNumber: certificate.serialNumber))
    await #expect(throws: AuthorityFailure.self) {
      try await authority.approve(request.id, by: "erin", evidence: "x", with: try place.issuer())
    }
    #expect(throws: AuthorityFailure.self) { try authority.reject(request.id, by: "erin", reason: "x") }
  }

  @Test func `An approval whose signature never came can be repeated, with another serial number`() async throws {
    let place = try await Workplace()
    let authority = try place.open()
    let request = try authority.addRequest(try await Workplace.request("dora@example.org"))
    let abandoned = SerialNumber.random()
    try authority.transact {
      try $0.record(.approved(request: request.id, by: "carol", evidence: "badge"), at: Workplace.day)
      try $0.record(
        .prepared(
          .init(
            serialNumber: abandoned, subject: "CN=x", addresses: ["dora@example.org"], notAfter: Workplace.day,
            purpose: .mailbox, request: request.id, tbs: Base64Text(encoding: []))), at: Workplace.day)
    }
    let again = try place.open()
    await #expect(throws: AuthorityFailure.self, "it may be under way") {
      try await again.approve(
        request.id, by: "carol", evidence: "badge", with: try place.issuer(), at: Workplace.day.addingTimeInterval(30))
    }
    let certificate = try await again.approve(
      request.id, by: "carol", evidence: "badge", with: try place.issuer(), at: Workplace.day.addingTimeInterval(61))
    #expect(certificate.serialNumber != abandoned)
    #expect(try again.status(of: abandoned) == .unknown)
  }

  @Test func `Two who approve at once issue one certificate`() async throws {
    let place = try await Workplace()
    let request = try place.open().addRequest(try await Workplace.request("dora@example.org"))
    let issuer = try place.issuer()
    let count = await withTaskGroup(of: Int.self) { group in
      for number in 0..<6 {
        group.addTask {
          let authority = try? place.open()
          let done = try? await authority?.approve(request.id, by: "carol\(number)", evidence: "badge", with: issuer)
          return done == nil ? 0 : 1
        }
      }
      return await group.reduce(0, +)
    }
    #expect(count == 1)
    #expect(try place.open().records.count == 1)
  }

  @Test func `A token opens its own request, and a wrong one tells nothing`() async throws {
    let place = try await Workplace()
    let authority = try place.open()
    let token = RequestToken()
    let request = try authority.addRequest(try await Workplace.request("dora@example.org"), token: token)
    let plain = try authority.addRequest(try await Workplace.request("erin@example.org"))
    let text = token.text
    #expect(text.count == 64 && !"\(token)".contains(text))
    #expect(try !String(contentsOf: place.journal, encoding: .utf8).contains(text))
    let shown = try #require(RequestToken(text: text))
    #expect(try place.open().request(request.id, token: shown).id == request.id)
    for (id, token) in [(request.id, RequestToken()), (plain.id, shown), ("none", shown)] {
      #expect(throws: AuthorityFailure.notFound("there is no request '\(id)' with that token")) {
        try authority.request(id, token: token)
      }
    }
    #expect(RequestToken(text: String(text.dropLast())) == nil && RequestToken(text: text + "zz") == nil)
  }

  @Test func `A full queue takes no more until something is decided`() async throws {
    let place = try await Workplace()
    let authority = try place.open()
    let csr = try await Workplace.request("dora@example.org")
    try authority.transact { work in
      for number in 0..<Authority.queueLimit {
        try work.record(
          .requested(.init(id: "r\(number)", from: nil, tokenDigest: nil, encoded: Base64Text(encoding: csr.derBytes))),
          at: Workplace.day)
      }
    }
    #expect(throws: AuthorityFailure.queueFull(limit: Authority.queueLimit)) { try authority.addRequest(csr) }
    try authority.reject("r5", by: "carol", reason: "too many")
    #expect(try authority.addRequest(csr).isOpen)
  }

  @Test func `What could never be issued is refused at once`() async throws {
    let place = try await Workplace()
    let authority = try place.open()
    for addresses in [[], ["not an address"], ["a@example.org", "A@example.org"], ["a@b c"]] {
      let csr = try await CertificateSigningRequest.create(
        subject: DistinguishedName(commonName: "x"), addresses: addresses, key: try PrivateKey(generate: .ec(.p256)))
      #expect(throws: (any Error).self, "\(addresses)") { try authority.addRequest(csr) }
    }
    let many = try await CertificateSigningRequest.create(
      subject: DistinguishedName(commonName: "x"), addresses: (0..<17).map { "p\($0)@example.org" },
      key: try PrivateKey(generate: .ec(.p256)))
    #expect(throws: AuthorityFailure.self) { try authority.addRequest(many) }
    var forged = Array(try await Workplace.request("dora@example.org").derBytes)
    let place2 = try #require(Data(forged).range(of: Data("dora@".utf8)))
    forged[place2.lowerBound] = UInt8(ascii: "e")
    #expect(throws: AuthorityFailure.refused("the request is not signed by its own key")) {
      try authority.addRequest(try CertificateSigningRequest(der: forged[...]))
    }
    let good = try await Workplace.request("dora@example.org")
    #expect(throws: AuthorityFailure.self) {
      try authority.addRequest(good, from: String(repeating: "x", count: 2_000))
    }
    #expect(try authority.requests.isEmpty)
  }
}
