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
    #expect(try IndexedRevocationList(path: path, signedBy: key).isSigned(by: key))
    // The list's end is changed behind its back, and its time set back: the index is not believed any more.
    let before = try FileManager.default.attributesOfItem(atPath: path)[.modificationDate]
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    let end = try file.seekToEnd()
    try file.seek(toOffset: end - 1)
    let last = try #require(try file.readToEnd()?.first)
    try file.seek(toOffset: end - 1)
    try file.write(contentsOf: Data([last ^ 1]))
    try file.close()
    try FileManager.default.setAttributes([.modificationDate: try #require(before)], ofItemAtPath: path)
    #expect(try RevocationListIndex(path: path) == nil)
    #expect(try !IndexedRevocationList(path: path).isSigned(by: key))
    #expect(throws: Malformed.self) { try IndexedRevocationList(path: path, signedBy: key) }
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

  /// A byte of every field of the index, and of every kind of record: each time the answers are right, and the index is
  /// whole again, which shows that the damage was seen and not only harmless.
  @Test func `notice any damage to their index and answer all the same`() async throws {
    let count = 300
    try await write(count)
    _ = try IndexedRevocationList(path: path)
    let whole = try [UInt8](Data(contentsOf: URL(fileURLWithPath: indexPath)))
    // The header's numbers and its seal, two rows of runs, the head, and sixteen bytes for each entry.
    let (rows, records) = (152, whole.count - 16 * count)
    let head = rows + 2 * 8
    // Without its first eight octets it is taken for somebody's own file, which stays.
    var places = (1..<rows / 8).flatMap { [8 * $0, 8 * $0 + 7] }
    places += [0, 3, 4, 7, 8, 11, 12, 15].map { rows + $0 }
    places += stride(from: head, to: records - 16, by: 31)
    for record in [0, 1, count / 2, count - 1] { places += [0, 7, 8, 11, 12, 15].map { records + 16 * record + $0 } }
    for place in places {
      var damaged = whole
      damaged[place] ^= 0x10
      try expectMended(damaged, whole, "byte \(place)", isAbsentFirst: place % 2 == 1)
    }
    for count in [0, 10, rows - 1, rows, records, whole.count - 1] {
      try expectMended(Array(whole.prefix(count)), whole, "\(count) bytes")
    }
    try expectMended(whole + [0], whole, "one byte more")
  }

  /// - Parameter isAbsentFirst: what is asked first, since the first who meets the damage mends it.
  private func expectMended(
    _ damaged: [UInt8], _ whole: [UInt8], _ what: Comment, isAbsentFirst: Bool = false
  ) throws {
    try Data(damaged).write(to: URL(fileURLWithPath: indexPath))
    // Serial numbers of both runs.
    for number in stride(from: 0, to: 300, by: 37) {
      for isAbsent in [isAbsentFirst, !isAbsentFirst] {
        let found = try IndexedRevocationList(path: path).entry(for: serial(isAbsent ? number + 30_000 : number))
        #expect(found?.serialNumber == (isAbsent ? nil : serial(number)), what)
      }
    }
    #expect(try [UInt8](Data(contentsOf: URL(fileURLWithPath: indexPath))) == whole, what)
  }

  @Test func `leave alone what has their index's name and is none`() async throws {
    try await write(20)
    let notes = Array("what somebody wrote down".utf8)
    try Data(notes).write(to: URL(fileURLWithPath: indexPath))
    #expect(throws: IOFailure.self) { try IndexedRevocationList(path: path) }
    #expect(try [UInt8](Data(contentsOf: URL(fileURLWithPath: indexPath))) == notes)
    // Nothing is waited for, and no link is followed.
    for make in [
      { [indexPath] in mkfifo(indexPath, 0o600) }, { [indexPath] in symlink("/nowhere/to/be/found", indexPath) },
    ] {
      try FileManager.default.removeItem(atPath: indexPath)
      #expect(make() == 0)
      #expect(throws: IOFailure.self) { try IndexedRevocationList(path: path) }
      #expect(try RevocationListIndex(path: path) == nil)
    }
  }

  @Test func `are not made of a list that others may write`() async throws {
    try await write(20)
    _ = try IndexedRevocationList(path: path)
    try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: path)
    #expect(throws: IOFailure.self) { try IndexedRevocationList(path: path) }
  }

  /// Whoever may write into the folder must not be able to hide an entry.
  @Test func `take no index that others may have written`() async throws {
    try await write(20)
    _ = try IndexedRevocationList(path: path)
    #expect(try RevocationListIndex(path: path) != nil)
    for mode in [0o620, 0o602, 0o666] {
      try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: indexPath)
      #expect(try RevocationListIndex(path: path) == nil, "\(String(mode, radix: 8))")
    }
    #expect(try IndexedRevocationList(path: path).entry(for: serial(3)) != nil)
    let mode = try FileManager.default.attributesOfItem(atPath: indexPath)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    guard geteuid() == 0 else { return }
    try #require(chown(indexPath, 65_534, 65_534) == 0)
    #expect(try RevocationListIndex(path: path) == nil)
  }

  @Test func `that cannot be indexed where they are say so before they are read`() async throws {
    try await write(20)
    // A folder stands where the index would.
    try FileManager.default.createDirectory(atPath: indexPath, withIntermediateDirectories: false)
    #expect(throws: IOFailure.self) { try IndexedRevocationList(path: path) }
  }

  @Test func `of algorithms that take them whole remember who signed them`() async throws {
    let key = try PrivateKey(generate: .ed25519)
    let root = try await CertificateTemplate.root(
      subject: DistinguishedName(commonName: "Edwards"), publicKey: key.publicKey,
      validity: Validity(from: TestPKI.now.addingTimeInterval(-60), days: 30)
    ).prepared(issuer: nil, signatureAlgorithm: .ed25519).signed(by: key)
    let list = try await CraftedList(root, entries: [CraftedList.entry(serial(3))])
      .bytes(signedBy: Identity(certificate: root, chain: [], privateKey: key))
    try Data(list).write(to: URL(fileURLWithPath: path))
    let other = try PrivateKey(generate: .ed25519).publicKey
    #expect(try !IndexedRevocationList(path: path).isSigned(by: other))
    #expect(try IndexedRevocationList(path: path).isSigned(by: key.publicKey))
    let again = try IndexedRevocationList(path: path)
    #expect(try again.isSigned(by: key.publicKey) && again.entry(for: serial(3)) != nil)
    #expect(try !again.isSigned(by: other))
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
      let issuer = number < 400 ? pki.issuing.certificate.subject : theirs
      #expect(try indexed.entries(for: serial(number)).map(\.issuer) == [issuer])
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
