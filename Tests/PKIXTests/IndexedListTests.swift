import ByteIO
import Foundation
import Issuance
import PKIX
import SMIMECrypto
import SMIMETestSupport
import Testing

@Suite struct `Indexed lists` {
  private let workshop: Workshop
  private let pki: TestPKI
  private var path: String { workshop.file("list.crl") }
  private var indexPath: String { IndexedRevocationList.indexPath(of: path) }

  init() async throws {
    workshop = try Workshop()
    pki = try await TestPKI()
  }

  private func serial(_ number: Int) -> SerialNumber {
    // As authorities number: in order, at random, and with octets that say nothing.
    switch number % 3 {
    case 0: SerialNumber([UInt8(number >> 16 & 0x7F), UInt8(number >> 8 & 0xFF), UInt8(number & 0xFF)])
    case 1: SerialNumber([1] + MessageDigest.sha256(Array("\(number)".utf8)[...]).prefix(16))
    default: SerialNumber([0x7E] + [UInt8](repeating: UInt8(number & 0xFF), count: 3) + [UInt8(number >> 8 & 0xFF)])
    }
  }

  @discardableResult private func write(_ count: Int, from first: Int = 0) async throws -> CertificateRevocationList {
    let list = try await CraftedList(
      pki.issuing.certificate,
      entries: (first..<first + count).map { number in
        number % 2 == 0
          ? CraftedList.entry(serial(number)) : CraftedList.entry(serial(number), .reasonCode(.superseded))
      }
    ).signed(by: pki.issuing)
    try Data(list.derBytes).write(to: URL(fileURLWithPath: path))
    return list
  }

  @Test(arguments: [0, 1, 2, 255, 257, 3_000]) func `find every entry and no other`(count: Int) async throws {
    let list = try await write(count)
    let indexed = try IndexedRevocationList(path: path)
    #expect(indexed.entryCount == count)
    #expect(indexed.issuer == pki.issuing.certificate.subject)
    #expect(indexed.thisUpdate == list.thisUpdate && indexed.nextUpdate == list.nextUpdate)
    for number in 0..<count {
      let entry = try #require(try indexed.entry(for: serial(number)))
      #expect(entry.serialNumber == serial(number))
      #expect(entry.reason == (number % 2 == 0 ? .unspecified : .superseded))
      // The same number, written longer.
      #expect(try indexed.entry(for: SerialNumber([0, 0] + serial(number).bytes))?.serialNumber == serial(number))
    }
    for number in count..<count + 500 where number > 2 { #expect(try indexed.entry(for: serial(number)) == nil) }
    #expect(try indexed.entry(for: SerialNumber([])) == nil)
    #expect(try indexed.entry(for: serial(1), issuedBy: pki.root.certificate.subject) == nil)
  }

  @Test func `remember by which key they are signed, and by which not`() async throws {
    try await write(10)
    let key = pki.issuing.certificate.publicKey
    #expect(throws: Malformed.self) { try IndexedRevocationList(path: path, signedBy: pki.root.certificate.publicKey) }
    #expect(!FileManager.default.fileExists(atPath: indexPath))
    let indexed = try IndexedRevocationList(path: path)
    #expect(try !indexed.isSigned(by: pki.root.certificate.publicKey))
    #expect(try indexed.isSigned(by: key))
    // What was verified is believed: the list's end is changed behind its back, its size and time are not.
    let before = try FileManager.default.attributesOfItem(atPath: path)[.modificationDate]
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    let end = try file.seekToEnd()
    try file.seek(toOffset: end - 1)
    try file.write(contentsOf: Data([0]))
    try file.close()
    try FileManager.default.setAttributes([.modificationDate: try #require(before)], ofItemAtPath: path)
    let again = try IndexedRevocationList(path: path)
    #expect(try again.isSigned(by: key) || again.entryCount == 10)
    #expect(try !again.isSigned(by: pki.root.certificate.publicKey))
  }

  @Test func `are indexed anew when the list is another`() async throws {
    try await write(300)
    _ = try IndexedRevocationList(path: path)
    try await write(300, from: 1_000)
    let indexed = try IndexedRevocationList(path: path)
    #expect(try indexed.entry(for: serial(5)) == nil)
    #expect(try indexed.entry(for: serial(1_005)) != nil)
  }

  /// Where the file is written over, the offsets, dates and signature that are known are another list's.
  @Test func `that are written over while they are open say nothing`() async throws {
    try await write(10)
    let indexed = try IndexedRevocationList(path: path)
    #expect(try indexed.entry(for: serial(3)) != nil)
    let other = try await CraftedList(
      pki.issuing.certificate, entries: (100..<110).map { CraftedList.entry(serial($0)) }
    ).signed(by: pki.issuing)
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    try handle.truncate(atOffset: 0)
    try handle.write(contentsOf: Data(other.derBytes))
    try handle.close()
    #expect(throws: Malformed.self) { try indexed.entry(for: serial(3)) }
    #expect(throws: Malformed.self) { try indexed.entry(for: serial(103)) }
    #expect(try IndexedRevocationList(path: path).entry(for: serial(103)) != nil)
  }

  @Test func `notice any damage to their index and answer all the same`() async throws {
    try await write(900)
    _ = try IndexedRevocationList(path: path)
    let whole = try [UInt8](Data(contentsOf: URL(fileURLWithPath: indexPath)))
    let places = Array(stride(from: 0, to: 400, by: 7)) + Array(stride(from: 400, to: whole.count, by: 311))
    for place in places {
      var damaged = whole
      damaged[place] ^= 0x10
      try Data(damaged).write(to: URL(fileURLWithPath: indexPath))
      let indexed = try IndexedRevocationList(path: path)
      for number in stride(from: 0, to: 900, by: 41) {
        #expect(try indexed.entry(for: serial(number)) != nil, "byte \(place), \(number)")
        #expect(try indexed.entry(for: serial(number + 30_000)) == nil, "byte \(place)")
      }
    }
    for count in [0, 10, 96, 500, whole.count - 1] {
      try Data(whole.prefix(count)).write(to: URL(fileURLWithPath: indexPath))
      #expect(try IndexedRevocationList(path: path).entry(for: serial(7)) != nil)
    }
  }

  @Test func `with an entry that makes them useless are refused`() async throws {
    let critical = Certificate.Extension.made([1, 2, 3], critical: true) { $0.null() }
    let entries = (0..<500).map { CraftedList.entry(serial($0)) } + [CraftedList.entry(serial(500), critical)]
    let bytes = try await CraftedList(pki.issuing.certificate, entries: entries).bytes(signedBy: pki.issuing)
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    #expect(throws: Malformed.self) { try IndexedRevocationList(path: path) }
    #expect(!FileManager.default.fileExists(atPath: indexPath))
    try Data(bytes.prefix(bytes.count / 2)).write(to: URL(fileURLWithPath: path))
    #expect(throws: Malformed.self) { try IndexedRevocationList(path: path) }
    #expect(throws: IOFailure.self) { try IndexedRevocationList(path: workshop.file("none")) }
  }

  @Test func `larger than what is read at a time, with entries of any size, are found whole`() async throws {
    let note = Certificate.Extension.made([1, 2, 3]) { $0.octets([UInt8](repeating: 7, count: 90_000)) }
    let entries = (0..<20_000).map { number in
      number % 2_000 == 7 ? CraftedList.entry(serial(number), note) : CraftedList.entry(serial(number))
    }
    let bytes = try await CraftedList(pki.issuing.certificate, entries: entries).bytes(signedBy: pki.issuing)
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    let indexed = try IndexedRevocationList(path: path, signedBy: pki.issuing.certificate.publicKey)
    #expect(indexed.entryCount == 20_000)
    for number in stride(from: 0, to: 20_000, by: 499) { #expect(try indexed.entry(for: serial(number)) != nil) }
    #expect(try indexed.entry(for: serial(2_007))?.extensions.all.first?.value.count == 90_005)
    let index = try #require(try RevocationListIndex(path: path))
    #expect(try index.entry(for: serial(19_999)) != nil && index.entry(for: serial(40_000)) == nil)
    let huge = Certificate.Extension.made([1, 2, 3]) { $0.octets([UInt8](repeating: 7, count: 2 << 20)) }
    let refused = try await CraftedList(
      pki.issuing.certificate, entries: entries + [CraftedList.entry(serial(5), huge), CraftedList.entry(serial(6))]
    ).bytes(signedBy: pki.issuing)
    try Data(refused).write(to: URL(fileURLWithPath: path))
    #expect(throws: Malformed.self) { try IndexedRevocationList(path: path) }
  }

  @Test func `of other issuers are told apart`() async throws {
    let other = try await TestPKI(name: "Other")
    let theirs = other.issuing.certificate.subject
    let entries =
      (0..<400).map { CraftedList.entry(serial($0)) }
      + [CraftedList.entry(serial(400), .certificateIssuer(theirs))]
      + (401..<800).map { CraftedList.entry(serial($0)) }
    let bytes = try await CraftedList(pki.issuing.certificate, entries: entries).with(.scope(isIndirect: true))
      .bytes(signedBy: pki.issuing)
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    let indexed = try IndexedRevocationList(path: path)
    for number in [0, 399, 400, 401, 799] {
      #expect(try (indexed.entry(for: serial(number)) != nil) == (number < 400))
      #expect(try (indexed.entry(for: serial(number), issuedBy: theirs) != nil) == (number >= 400))
    }
  }

  @Test func `decide about certificates as lists in memory do`() async throws {
    let (alice, bob) = try await (pki.mailbox("alice@example.com"), pki.mailbox("bob@example.com"))
    let list = try await pki.revocationList(revoking: [bob])
    try Data(list.derBytes).write(to: URL(fileURLWithPath: path))
    let source = FixedEvidence(.indexedList(try IndexedRevocationList(path: path)))
    let paths = PathValidator(anchors: TrustAnchors([pki.issuing.certificate]), revocation: .hard([source]))
    let good = try await paths.validate(alice.certificate, at: TestPKI.now).get()
    #expect(good.revocation.map(\.status) == [.good])
    guard case .failure(let failure) = await paths.validate(bob.certificate, at: TestPKI.now) else {
      Issue.record("revoked, and passed")
      return
    }
    #expect(failure.problems.map(\.check) == [.revoked])
  }
}
