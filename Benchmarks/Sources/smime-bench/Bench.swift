import ByteIO
import CMS
import CReference
import Foundation
import Issuance
import MIME
import PKIX
import SMIME
import SMIMECrypto

/// The same jobs by this package and by libcrypto's CMS, on the same keys and the same mail, in turn on one core; medians
/// of CPU time, printed as ours ÷ libcrypto's operations a second (above 1: faster than libcrypto).
@main struct Bench {
  static func main() async throws {
    let rounds = CommandLine.arguments.dropFirst().first.flatMap(Int.init) ?? 7
    print("operations a second, median of \(rounds) rounds of CPU time; ratio = ours / libcrypto")
    print(row("job", "ours", "libcrypto", "ratio"))
    for (name, kind) in [("RSA-2048", PrivateKey.Kind.rsa(bits: 2048)), ("P-256", .ec(.p256))] {
      let stage = try await Stage(kind)
      for (size, bytes) in [("2 KiB", 2_048), ("75 KiB", 76_800)] {
        try await stage.run("\(name) \(size)", mail: mail(bytes), rounds: rounds)
      }
    }
  }

  /// A mail of about `count` bytes.
  static func mail(_ count: Int) -> [UInt8] {
    var text = "From: alice@example.com\r\nTo: bob@example.com\r\nSubject: a mail\r\nContent-Type: text/plain\r\n\r\n"
    var line = 0
    while text.utf8.count < count {
      text += "line \(line) of a mail whose lines are about as long as those that people write\r\n"
      line += 1
    }
    return Array(text.utf8)
  }

  static func row(_ cells: String...) -> String {
    cells.enumerated().map { index, cell in
      index == 0
        ? cell.padding(toLength: 34, withPad: " ", startingAt: 0)
        : String(repeating: " ", count: max(0, 12 - cell.count)) + cell
    }.joined()
  }
}

/// One identity with its issuers, known to both sides.
struct Stage {
  let alice: Identity
  let root: Certificate
  nonisolated(unsafe) let reference: OpaquePointer
  let reader: Reader

  init(_ kind: PrivateKey.Kind) async throws {
    let validity = Validity(from: Date(timeIntervalSinceNow: -86_400), days: 800)
    let rootKey = try PrivateKey(generate: kind)
    let algorithm = rootKey.publicKey.defaultSignatureAlgorithm
    root = try await CertificateTemplate.root(
      subject: DistinguishedName(commonName: "Root"), publicKey: rootKey.publicKey, validity: validity
    ).prepared(issuer: nil, signatureAlgorithm: algorithm).signed(by: rootKey)
    let issuingKey = try PrivateKey(generate: kind)
    let issuing = try await CertificateTemplate.issuingAuthority(
      subject: DistinguishedName(commonName: "Issuing"), publicKey: issuingKey.publicKey, validity: validity
    ).prepared(issuer: root, signatureAlgorithm: algorithm).signed(by: rootKey)
    let key = try PrivateKey(generate: kind)
    let leaf = try await CertificateTemplate.mailbox(
      addresses: ["alice@example.com"], publicKey: key.publicKey,
      validity: Validity(from: Date(timeIntervalSinceNow: -86_400), days: 700)
    ).prepared(issuer: issuing, signatureAlgorithm: algorithm).signed(by: issuingKey)
    alice = try Identity(certificate: leaf, chain: [issuing], privateKey: key)
    let (p8, leafDER, issuingDER, rootDER) = (
      key.pkcs8, Array(leaf.derBytes), Array(issuing.derBytes), Array(root.derBytes)
    )
    reference = reference_new(
      p8, p8.count, leafDER, leafDER.count, issuingDER, issuingDER.count, rootDER, rootDER.count)
    reader = Reader(identities: [alice], paths: PathValidator(anchors: TrustAnchors([root])))
  }

  func run(_ name: String, mail: [UInt8], rounds: Int) async throws {
    let source = BufferSource(mail)
    func written(_ body: (BufferSink) async throws -> Void) async throws -> [UInt8] {
      let sink = BufferSink()
      try await body(sink)
      return sink.bytes
    }
    let signed = try await written { try await SMIMEWriter.sign(source, by: [alice], to: $0) }
    let sealed = try await written { try await SMIMEWriter.encrypt(source, for: [alice.certificate], to: $0) }
    let sealedGCM = try await written {
      try await SMIMEWriter.encrypt(source, for: [alice.certificate], as: .modern, to: $0)
    }
    let now = Date()
    try await compare("\(name) sign", rounds) {
      _ = try await written { try await SMIMEWriter.sign(source, by: [alice], to: $0) }
    } reference: {
      reference_sign(reference, mail, mail.count)
    }
    try await compare("\(name) verify with path", rounds) {
      let opened = try await reader.open(BufferSource(signed), at: now)
      guard opened.verdict.signature == .verified else { throw Unsupported("\(opened.verdict)") }
    } reference: {
      reference_verify(reference, signed, signed.count, 1)
    }
    try await compare("\(name) encrypt CBC", rounds) {
      _ = try await written { try await SMIMEWriter.encrypt(source, for: [alice.certificate], to: $0) }
    } reference: {
      reference_encrypt(reference, mail, mail.count, 0)
    }
    try await compare("\(name) decrypt CBC", rounds) {
      let opened = try await reader.open(BufferSource(sealed), at: now)
      guard opened.verdict.encryption == .decryptedUnauthenticated else { throw Unsupported("\(opened.verdict)") }
    } reference: {
      reference_decrypt(reference, sealed, sealed.count)
    }
    try await compare("\(name) decrypt GCM", rounds) {
      let opened = try await reader.open(BufferSource(sealedGCM), at: now)
      guard opened.verdict.encryption == .decrypted else { throw Unsupported("\(opened.verdict)") }
    } reference: {
      reference_decrypt(reference, sealedGCM, sealedGCM.count)
    }
  }

  /// Both in turn, `rounds` times; a round runs long enough to be measured.
  private func compare(
    _ name: String, _ rounds: Int, ours: () async throws -> Void, reference: () -> Int
  ) async throws {
    guard reference() > 0 else {
      print(Bench.row(name, "-", "refused", "-"))
      return
    }
    try await ours()
    var (mine, theirs): ([Double], [Double]) = ([], [])
    for _ in 0..<rounds {
      mine.append(try await rate(ours))
      theirs.append(await rate { _ = reference() })
    }
    let ratio = zip(mine, theirs).map { $0 / $1 }.sorted()[rounds / 2]
    print(
      Bench.row(
        name, String(Int(mine.sorted()[rounds / 2])), String(Int(theirs.sorted()[rounds / 2])),
        String(format: "%.2f", ratio)))
  }

  private func rate(_ body: () async throws -> Void) async rethrows -> Double {
    var count = 0
    let start = clock()
    var used: clock_t = 0
    while used < clock_t(CLOCKS_PER_SEC) / 6 {
      try await body()
      count += 1
      used = clock() - start
    }
    return Double(count) * Double(CLOCKS_PER_SEC) / Double(used)
  }
}
