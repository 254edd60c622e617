import Foundation
import PKIX
import SMIMECrypto
import Testing

@testable import CertificateAuthority

@Suite struct JournalTests {
  static let events: [JournalEvent.Content] = {
    let serial = SerialNumber.random()
    let bytes = Base64Text(encoding: SecureRandom.bytes(100))
    let odd = "\"quoted\" \\ back\nline\t\u{1}\u{7F} é 漢 🎩"
    return [
      .created(
        .init(
          name: odd, root: bytes, issuing: bytes, rootKey: "-----BEGIN\n", issuingKey: "",
          settings: .init(baseURL: "http://x", revocationListURL: nil, shardCount: 3), listNumber: 7)),
      .settings(baseURL: nil, revocationListURL: "http://y"),
      .prepared(
        .init(
          serialNumber: serial, subject: odd, addresses: ["a@b", odd], notAfter: Workplace.day, purpose: .responder,
          request: "abc", tbs: bytes)),
      .issued(serial, signature: bytes), .revoked([serial, .random()], .keyCompromise, at: Workplace.day),
      .listNumbered(
        .init(kind: .shardDelta(2), number: 9, thisUpdate: Workplace.day, nextUpdate: Workplace.day, base: 3)),
      .listSigned(.issuing, number: 9, signature: bytes),
      .requested(.init(id: "abc", from: odd, tokenDigest: SecureRandom.bytes(32), encoded: bytes)),
      .coded(request: "abc", address: "a@b", digest: SecureRandom.bytes(32), expires: Workplace.day),
      .proved(request: "abc", address: "a@b"), .approved(request: "abc", by: odd, evidence: nil),
      .rejected(request: "abc", by: "x", reason: odd), .healed(byteCount: 5, kept: "journal.torn-5"),
    ]
  }()

  @Test(arguments: events) func `What is written reads back`(content: JournalEvent.Content) throws {
    let event = JournalEvent(date: Workplace.day, content: content)
    let bytes = event.encoded
    #expect(try JSONSerialization.jsonObject(with: Data(bytes)) is [String: Any], "it is JSON for others, too")
    #expect(try JournalEvent(bytes[...]) == event)
    #expect(!bytes.contains(0x0A))
  }

  @Test(arguments: events) func `No beginning of an object, and none with a byte changed, traps`(
    content: JournalEvent.Content
  ) throws {
    let bytes = JournalEvent(date: Workplace.day, content: content).encoded
    for count in bytes.indices { #expect(throws: JournalFault.self) { try JournalEvent(bytes[..<count]) } }
    for index in bytes.indices {
      for byte in [0x22, 0x5C, 0x5B, 0x7D, 0xFF] as [UInt8] {
        var changed = bytes
        changed[index] = byte
        _ = try? JournalEvent(changed[...])
      }
    }
  }

  @Test func `A last line that is torn at any byte is taken out, kept, and said`() async throws {
    let place = try await Workplace()
    let serial = try place.open().records.first?.serialNumber
    try #require(serial == nil)
    let issued = try await place.open().issue(try Workplace.order("a@example.org"), with: try place.issuer())
    try place.open().revoke(reason: .superseded) { _ in true }
    let whole = try Data(contentsOf: place.journal)
    let start = try place.lineOffsets().dropLast().last ?? 0
    for end in start + 1..<whole.count {
      try whole.prefix(end).write(to: place.journal)
      let authority = try place.open()
      #expect(authority.healed?.contains("\(end - start) bytes") == true)
      #expect(try authority.status(of: issued.serialNumber) == .good, "the torn revocation never happened")
      let kept = "\(place.folder)/journal.torn-\(start)"
      #expect(try Data(contentsOf: URL(fileURLWithPath: kept)) == whole[start..<end])
      try FileManager.default.removeItem(atPath: kept)
      #expect(try place.open().healed == nil, "it is said once")
      #expect(try authority.revoke(reason: .superseded) { _ in true }.count == 1, "and the work goes on")
    }
  }

  @Test func `A last line with a wrong byte was changed, and is not taken out`() async throws {
    let place = try await Workplace()
    var bytes = try Data(contentsOf: place.journal)
    let start = try place.lineOffsets().dropLast().last ?? 0
    bytes[start + 60] ^= 1
    try bytes.write(to: place.journal)
    #expect(throws: AuthorityFailure.self) { try place.open() }
    #expect(try Data(contentsOf: place.journal) == bytes, "and nothing is written")
  }

  @Test func `A last line whose blocks were lost is taken out`() async throws {
    let place = try await Workplace()
    var bytes = try Data(contentsOf: place.journal)
    let start = try place.lineOffsets().dropLast().last ?? 0
    for index in start + 40..<start + 60 { bytes[index] = 0 }
    try bytes.write(to: place.journal)
    let authority = try place.open()
    #expect(authority.healed != nil)
    // The signature of the first list of the issuing authority was in it: the next has a new number.
    let next = try await authority.publishList(.issuing, days: 1, with: try place.issuer(), at: Workplace.day)
    #expect(try next.number == SerialNumber([2]))
  }

  @Test func `Damage in any earlier line names line and byte, and nothing is written`() async throws {
    let place = try await Workplace()
    try place.open().change(baseURL: "http://b.example.org")
    let whole = try Data(contentsOf: place.journal)
    let offsets = try place.lineOffsets()
    for line in 1..<offsets.count - 1 {
      let (start, end) = (offsets[line - 1], offsets[line])
      for change in 0..<4 {
        var bytes = whole
        switch change {
        case 0: bytes[start] ^= 1
        case 1: bytes[end - 3] ^= 1
        // The last line alone does not check when the one before it is gone: it looks torn.
        case 2 where line < offsets.count - 2: bytes.removeSubrange(start..<end)
        default: bytes.insert(contentsOf: whole[start..<end], at: end)
        }
        try bytes.write(to: place.journal)
        let failure = #expect(throws: AuthorityFailure.self) { try place.open() }
        guard case .damaged(let damage) = failure else {
          Issue.record("\(String(describing: failure))")
          continue
        }
        let isLater = bytes.count > whole.count
        #expect(damage.line == (isLater ? line + 1 : line))
        #expect(damage.offset == (isLater ? end : start))
        #expect(try Data(contentsOf: place.journal) == bytes)
      }
    }
  }

  @Test func `Lines that check and cannot have happened are damage`() async throws {
    let place = try await Workplace()
    let authority = try place.open()
    let issued = try await authority.issue(try Workplace.order("a@example.org"), with: try place.issuer())
    let nothing = Base64Text(encoding: [])
    let impossible: [JournalEvent.Content] = [
      JournalTests.events[0],
      .prepared(
        .init(
          serialNumber: issued.serialNumber, subject: "", addresses: [], notAfter: Workplace.day, purpose: .mailbox,
          request: nil, tbs: nothing)),
      .issued(issued.serialNumber, signature: nothing), .issued(.random(), signature: nothing),
      .revoked([.random()], .unspecified, at: Workplace.day),
      .revoked([issued.serialNumber, issued.serialNumber], .unspecified, at: Workplace.day),
      .listNumbered(.init(kind: .issuing, number: 1, thisUpdate: Workplace.day, nextUpdate: Workplace.day, base: nil)),
      .listNumbered(
        .init(kind: .issuingDelta, number: 9, thisUpdate: Workplace.day, nextUpdate: Workplace.day, base: 8)),
      .listNumbered(.init(kind: .shard(0), number: 9, thisUpdate: Workplace.day, nextUpdate: Workplace.day, base: nil)),
      .listSigned(.issuing, number: 1, signature: nothing), .proved(request: "x", address: "a@b"),
    ]
    for content in impossible {
      #expect(throws: AuthorityFailure.self, "\(content)") {
        try authority.transact { try $0.record(content, at: Workplace.day) }
      }
    }
    #expect(try place.open().records.count == 1)
  }

  @Test func `A line that another is writing is not taken for a torn one`() async throws {
    let place = try await Workplace()
    let reader = try place.open()
    let whole = try Data(contentsOf: place.journal)
    let writer = try place.open()
    try writer.change(baseURL: "http://b.example.org")
    let longer = try Data(contentsOf: place.journal)
    // Half a line stands there while its writer holds the lock.
    let lock = FolderLock(path: "\(place.folder)/lock")
    let isHeld = DispatchSemaphore(value: 0)
    let writing = Thread {
      _ = try? lock.hold(.exclusive) {
        try? longer.prefix(whole.count + 20).write(to: place.journal, options: [])
        isHeld.signal()
        Thread.sleep(forTimeInterval: 0.2)
        let file = try FileHandle(forWritingTo: place.journal)
        try file.seekToEnd()
        try file.write(contentsOf: longer.dropFirst(whole.count + 20))
        try file.close()
      }
    }
    writing.start()
    isHeld.wait()
    #expect(try reader.refresh())
    #expect(reader.healed == nil)
    #expect(reader.settings.baseURL == "http://b.example.org")
  }
}
