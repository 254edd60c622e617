import Foundation
import MIME
import PKIX
import SMIMECrypto
import SMIMETestSupport
import Testing

@testable import Discovery
@testable import Fetching

@Suite struct `SMIMEA records` {
  @Test func `are where RFC 8162 says`() throws {
    let name = try AssociationName(localPart: "hugh", domain: "Example.COM.")
    #expect(name.name == "c93f1e400f26708f98cb19d936620da35eec8f72e57f9eec01c1afd6._smimecert.example.com")
    #expect(name.description == "dns:\(name.name)?type=SMIMEA")
    #expect(try AssociationName(url: name.description) == name)
    // The local part is the recipient's own affair.
    #expect(try AssociationName(localPart: "Hugh", domain: "example.com") != name)
    #expect(try AssociationName(localPart: "ü", domain: "bücher.example").name.hasSuffix(".xn--bcher-kva.example"))
  }

  @Test(arguments: [
    "", "dns:", "dns:example.com", "dns:a.b?type=SMIMEA", "dns:a.b.c?type=TLSA", "dns:a..c?type=SMIMEA",
    "dns:a b.c.d?type=SMIMEA", "dns://1.2.3.4/a.b.c?type=SMIMEA", "http://a.b.c?type=SMIMEA",
    "dns:" + String(repeating: "a", count: 64) + ".b.c?type=SMIMEA",
    "dns:" + String(repeating: "a.", count: 130) + "c?type=SMIMEA",
  ]) func `are asked for by no other URL`(url: String) {
    #expect(throws: FetchFailure.self) { try AssociationName(url: url) }
  }

  @Test(arguments: ["", "a b", "example..com", ".", "a/b", "\u{0}"])
  func `are asked for in domains only`(domain: String) {
    #expect(throws: FetchFailure.self) { try AssociationName(localPart: "bob", domain: domain) }
  }

  @Test func `name a certificate or its key, whole or by hash`() async throws {
    let pki = try await TestPKI()
    let bob = try await pki.mailbox("bob@example.com").certificate
    let eve = try await pki.mailbox("eve@example.com").certificate
    let (whole, key) = (Array(bob.derBytes), Array(bob.publicKey.spki))
    let records: [[UInt8]] = [
      [3, 0, 0] + whole, [3, 1, 0] + key, [1, 0, 1] + MessageDigest.sha256(whole[...]),
      [0, 1, 1] + MessageDigest.sha256(key[...]), [2, 0, 2] + (try MessageDigest.hash(whole[...], .sha512)),
      [3, 1, 2] + (try MessageDigest.hash(key[...], .sha512)),
    ]
    let read = try AssociationRecords.decode(AssociationRecords.encode(records))
    #expect(read.map(Array.init) == records)
    for record in read {
      let association = try CertificateAssociation(record: record)
      #expect(association.names(bob) && !association.names(eve))
      #expect(association.kind == record.prefix(3).map(String.init).joined(separator: " "))
    }
    #expect(try CertificateAssociation(record: read[0]).certificate == bob)
    #expect(try CertificateAssociation(record: read[1]).certificate == nil)
    #expect(throws: (any Error).self) { try CertificateAssociation(record: [3, 0, 0, 0x30, 1]).certificate }
  }

  @Test func `that cannot be read or are of unknown kinds are refused`() {
    for short: [UInt8] in [[], [3], [3, 0], [3, 0, 0], [3, 0, 1] + [UInt8](repeating: 0, count: 31)] {
      #expect(throws: Malformed.self) { try CertificateAssociation(record: short[...]) }
    }
    for strange: [UInt8] in [[4, 0, 0, 1], [255, 0, 0, 1], [3, 2, 0, 1], [3, 0, 3, 1]] {
      #expect(throws: Unsupported.self) { try CertificateAssociation(record: strange[...]) }
    }
    for cut: [UInt8] in [[0], [0, 2, 1], [255, 255], [UInt8](repeating: 0, count: 66)] {
      #expect(throws: Malformed.self) { try AssociationRecords.decode(cut) }
    }
  }

  #if DNSSEC
    @Test func `are not looked for without a trust anchor, or when nobody answers`() async throws {
      func reason(_ change: (inout FetchRules) -> Void) async throws -> FetchFailure.Reason? {
        let name = try AssociationName(localPart: "bob", domain: "example.com")
        let request = FetchRequest(.associations, url: "\(name)")
        guard case .failure(let failure) = await Stage.fetcher(Stage.rules(change)).answer(to: request) else {
          return nil
        }
        return failure.reason
      }
      #expect(try await reason { $0.nameAnchors = "/nowhere/root.key" } == .unavailable)
      let workshop = try Workshop()
      try workshop.write(Array("no record\n".utf8), to: "root.key")
      #expect(try await reason { $0.nameAnchors = workshop.file("root.key") } == .unavailable)
      try workshop.write(
        Array("example.com. DS 1 13 2 \(String(repeating: "00", count: 32))\n".utf8), to: "root.key")
      let anchors = workshop.file("root.key")
      #expect(
        try await reason {
          $0.nameAnchors = anchors
          $0.nameServer = "nonsense"
        } == .unavailable)
      #expect(
        try await reason {
          $0.nameAnchors = anchors
          // A host that swallows what is sent to it.
          $0.nameServer = "127.0.0.1@9"
          $0.milliseconds = 1
        } == .timeout)
    }
  #endif

  @Test(arguments: [FetchRequest.Kind.issuers, .revocationList, .ocsp, .certificates])
  func `are all that DNS is asked for`(kind: FetchRequest.Kind) async throws {
    let name = try AssociationName(localPart: "bob", domain: "example.com")
    let answer = await Stage.fetcher().answer(to: FetchRequest(kind, url: "\(name)"))
    #expect(throws: FetchFailure(.scheme, "DNS is not asked for this")) { try answer.get() }
  }
}
