import Foundation
import Issuance
import PKIX
import SMIMECrypto
import Testing

@testable import CertificateAuthority

@Suite struct AuthorityTests {
  @Test func `What one does, another sees with its next look`() async throws {
    let place = try await Workplace()
    let (one, other) = (try place.open(), try place.open())
    #expect(try !other.refresh())
    let certificate = try await one.issue(try Workplace.order("a@example.org"), with: try place.issuer())
    #expect(try other.status(of: certificate.serialNumber) == .good)
    try other.revoke(reason: .keyCompromise, at: Workplace.day) { $0.addresses == ["a@example.org"] }
    #expect(
      try one.status(of: certificate.serialNumber)
        == .revoked(RevokedCertificate(date: Workplace.day, reason: .keyCompromise)))
    #expect(try one.certificate(certificate.serialNumber) == certificate)
    #expect(one.revision == other.revision)
  }

  @Test func `Nothing is good that was not issued`() async throws {
    let place = try await Workplace()
    let authority = try place.open()
    #expect(try authority.status(of: .random()) == .unknown)
    let serial = SerialNumber.random()
    try authority.transact {
      try $0.record(
        .prepared(
          .init(
            serialNumber: serial, subject: "CN=x", addresses: ["x@example.org"], notAfter: Workplace.day,
            purpose: .mailbox, request: nil, tbs: Base64Text(encoding: []))), at: Workplace.day)
    }
    #expect(try authority.status(of: serial) == .unknown)
    #expect(try authority.revoke(reason: .unspecified) { $0.serialNumber == serial }.count == 1, "it may exist")
    #expect(try authority.status(of: serial) != .unknown)
  }

  @Test func `Many threads and objects at once lose nothing and repeat nothing`() async throws {
    let place = try await Workplace()
    let issuer = try place.issuer()
    let shared = try place.open()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<12 {
        let authority = number % 2 == 0 ? shared : try place.open()
        group.addTask {
          _ = try await authority.issue(try Workplace.order("p\(number)@example.org"), with: issuer)
          try authority.revoke(reason: .superseded) { $0.addresses == ["p\(number)@example.org"] }
          _ = try await authority.publishList(.issuing, days: 1, with: issuer)
        }
      }
      try await group.waitForAll()
    }
    let fresh = try place.open()
    #expect(fresh.healed == nil)
    #expect(try fresh.records.count == 12)
    #expect(try fresh.records.allSatisfy { $0.revoked != nil && $0.stage == .issued })
    let current = try #require(try fresh.currentList(.issuing))
    #expect(try current.list.number == SerialNumber([13]))
    let file = try Data(contentsOf: URL(fileURLWithPath: "\(place.folder)/crl/issuing.crl"))
    #expect(Array(file) == Array(current.list.derBytes), "the file is the latest list")
  }

  @Test func `A list knows whether something was revoked since`() async throws {
    let place = try await Workplace()
    let (authority, issuer) = (try place.open(), try place.issuer())
    #expect(try authority.currentList(.issuing)?.isCurrent == true)
    let certificate = try await authority.issue(try Workplace.order("a@example.org"), with: issuer)
    try authority.revoke(reason: .superseded) { _ in true }
    #expect(try authority.currentList(.issuing)?.isCurrent == false)
    #expect(try authority.currentList(.root)?.isCurrent == true)
    let list = try await authority.publishList(.issuing, days: 3, with: issuer)
    #expect(try list.entry(for: certificate.serialNumber)?.reason == .superseded)
    let again = try #require(try place.open().currentList(.issuing))
    #expect(again.list == list && again.isCurrent, "another process puts the same bytes together")
  }

  @Test func `Spread lists cover each certificate once, where the certificate says`() async throws {
    let folder = Workplace.newFolder()
    let plan = AuthorityPlan(name: "S", settings: .init(baseURL: "http://pki.example.org", shardCount: 3))
    let authority = try await Authority.create(in: folder, plan, password: Workplace.password)
    let issuer = try authority.identity(.issuing, password: Workplace.password)
    #expect(authority.lists == [.root, .shard(0), .shard(1), .shard(2)])
    var certificates: [Certificate] = []
    for number in 0..<8 {
      certificates.append(try await authority.issue(try Workplace.order("p\(number)@example.org"), with: issuer))
    }
    try authority.revoke(reason: .superseded) { _ in true }
    var lists: [String: CertificateRevocationList] = [:]
    for kind in authority.lists.dropFirst() {
      lists["http://pki.example.org/\(kind.path)"] = try await authority.publishList(kind, days: 1, with: issuer)
    }
    for certificate in certificates {
      let holders = try lists.filter { try $0.value.entry(for: certificate.serialNumber) != nil }.map(\.key)
      #expect(try holders == certificate.extensions.crlURIs)
    }
    await #expect(throws: AuthorityFailure.self) { try await authority.publishList(.issuing, days: 1, with: issuer) }
    #expect(throws: AuthorityFailure.self) { try authority.change(baseURL: "http://other.example.org") }
    #expect(try authority.rebuild().isEmpty)
  }

  @Test func `A responder's certificate is on record, short, and made for nothing else`() async throws {
    let place = try await Workplace()
    let key = try PrivateKey(generate: .ec(.p256)).publicKey
    let certificate = try await place.open().issueResponder(for: key, hours: 24, with: try place.issuer())
    #expect(try certificate.extensions.extendedKeyUsage == [.ocspSigning])
    #expect(try place.open().records.map(\.purpose) == [.responder])
    #expect(certificate.validity.notAfter.timeIntervalSince(certificate.validity.notBefore) < 24 * 3_600)
  }

  @Test func `The key of another authority signs nothing here`() async throws {
    let (place, other) = (try await Workplace(), Workplace.newFolder())
    let foreign = try await Authority.create(in: other, AuthorityPlan(name: "Test"), password: Workplace.password)
      .identity(.issuing, password: Workplace.password)
    await #expect(throws: AuthorityFailure.self) {
      try await place.open().issue(try Workplace.order("a@example.org"), with: foreign)
    }
    #expect(throws: WrongPassword.self) { try place.open().identity(.root, password: Password("wrong")) }
    #expect(try place.open().records.isEmpty)
    await #expect(throws: AuthorityFailure.exists(folder: other)) {
      try await Authority.create(in: other, AuthorityPlan(name: "Again"), password: Workplace.password)
    }
    #expect(throws: AuthorityFailure.missing(folder: "/nowhere")) { try Authority(folder: "/nowhere") }
  }

  @Test(arguments: [
    "https://x", "http://", "http:///x", "http://x y", "http://x\"", "ftp://x", "http://é", "",
  ]) func `What is no plain URL is refused`(url: String) async throws {
    let place = try await Workplace()
    let authority = try place.open()
    #expect(throws: AuthorityFailure.self) { try authority.change(baseURL: url) }
  }

  @Test func `A folder of the form before the journal is taken over, and its state stays`() async throws {
    let place = try await Workplace()
    let authority = try place.open()
    let issuer = try place.issuer()
    var records: [[String: Any]] = []
    for name in ["a", "b"] {
      let certificate = try await authority.issue(try Workplace.order("\(name)@example.org"), with: issuer)
      var record: [String: Any] = [
        "serial": "\(certificate.serialNumber)", "subject": "\(certificate.subject)",
        "addresses": ["\(name)@example.org"], "notAfter": "2027-01-02T03:04:05Z", "stage": "issued",
      ]
      if name == "b" { record["revoked"] = ["date": "2026-02-03T04:05:06Z", "reason": "keyCompromise"] }
      records.append(record)
    }
    // One that was never signed has its TBS only.
    let lost = SerialNumber.random()
    try Data([0x30, 0x00]).write(to: URL(fileURLWithPath: "\(place.folder)/issued/\(lost).tbs"))
    records.append([
      "serial": "\(lost)", "subject": "CN=lost", "addresses": ["lost@example.org"],
      "notAfter": "2027-01-02T03:04:05Z", "stage": "prepared",
    ])
    let state: [String: Any] = [
      "version": 1, "revocationListNumber": 41, "publication": "http://old.example.org/x.crl", "records": records,
    ]
    let json = try JSONSerialization.data(withJSONObject: state)
    try json.write(to: URL(fileURLWithPath: "\(place.folder)/state.json"))
    let (old, key) = (
      try authority.records, try Data(contentsOf: URL(fileURLWithPath: "\(place.folder)/issuing.key"))
    )
    try FileManager.default.removeItem(at: place.journal)

    let taken = try place.open()
    #expect(taken.healed?.contains("state.json") == true)
    #expect(try place.open().healed == nil)
    #expect(try Data(contentsOf: URL(fileURLWithPath: "\(place.folder)/state.json")) == json)
    #expect(taken.name == "Test" && taken.settings.revocationListURL == "http://old.example.org/x.crl")
    #expect(try taken.records.map(\.serialNumber) == old.map(\.serialNumber) + [lost])
    #expect(try taken.status(of: old[0].serialNumber) == .good)
    #expect(try taken.records[1].revoked?.reason == .keyCompromise)
    #expect(try taken.status(of: lost) == .unknown)
    #expect(try taken.rebuild().isEmpty, "the same files follow")
    #expect(try Data(contentsOf: URL(fileURLWithPath: "\(place.folder)/issuing.key")) == key)
    let list = try await taken.publishList(.issuing, days: 1, with: issuer)
    #expect(try list.number == SerialNumber([42]) && list.entryCount == 1)
  }

  @Test func `Many certificates are read in little time`() async throws {
    let place = try await Workplace()
    var journal = try Data(contentsOf: place.journal)
    let count = ProcessInfo.processInfo.environment["SMIME_RECORDS"].flatMap(Int.init) ?? 2_000
    let tbs = Base64Text(encoding: SecureRandom.bytes(700))
    let signature = Base64Text(encoding: SecureRandom.bytes(103))
    var creation: [JournalEvent] = []
    for line in journal.split(separator: 0x0A) { creation.append(try JournalEvent([UInt8](line)[33...])) }
    for number in 0..<count {
      let serial = SerialNumber.random()
      let address = "somebody-\(number)@example.org"
      creation.append(
        JournalEvent(
          date: Workplace.day,
          content: .prepared(
            .init(
              serialNumber: serial, subject: "CN=\(address)", addresses: [address], notAfter: Workplace.day,
              purpose: .mailbox, request: nil, tbs: tbs))))
      creation.append(JournalEvent(date: Workplace.day, content: .issued(serial, signature: signature)))
    }
    journal = Data(Journal.opening(creation))
    try journal.write(to: place.journal)
    let clock = ContinuousClock()
    let authority = try place.open()
    let taken = try clock.measure { _ = try Authority(folder: place.folder) }
    if count > 2_000 { print("\(count) records, \(journal.count >> 20) MiB: opened in \(taken)") }
    #expect(try authority.records.count == count)
    #expect(try authority.revoke(reason: .superseded) { $0.addresses == ["somebody-7@example.org"] }.count == 1)
  }
}
