import ByteIO
import CMS
import Foundation
import MIME
import PKIX
import SMIME
import SMIMECrypto

/// What a row is to reach: ours ÷ each libcrypto, and the share of what the primitives allow.
struct Targets {
  var system: Double?
  var newer: Double?
  var share: Double?

  init(_ system: Double? = nil, _ newer: Double? = nil, share: Double? = nil) {
    (self.system, self.newer, self.share) = (system, newer, share)
  }
}

/// Messages by us and by libcrypto, S/MIME text in memory to S/MIME text in memory.
struct MessageRows {
  let stage: Stage
  let references: [ReferenceProcess]
  let primitives: Primitives
  let rounds: Int
  /// Rows whose names have this in them, all without it.
  var only: String?
  /// For a profiler: how many seconds of CPU time our part of each row is to take, and nothing else.
  var profiled: Double?

  static func heading(_ references: [ReferenceProcess], of what: String = "messages") -> String {
    Table.row(
      ["\(what) a second of CPU time", "ours"] + references.map { "÷ \($0.version.dropFirst(8))" } + ["of limit"])
  }

  /// One row: all in turn, `rounds` times; the median of the rounds' ratios.
  func row(
    _ name: String, _ job: String, _ file: String, limit: Double, _ targets: Targets, _ ours: () async throws -> Void
  ) async throws {
    guard only.map("\(stage.name) \(name)".contains) ?? true else { return }
    try await ours()
    if let profiled {
      print(Table.row(["\(stage.name) \(name)", Table.number(try await Rate.measure(profiled, ours))]))
      return
    }
    var mine: [Double] = []
    var theirs: [[Double]] = references.map { _ in [] }
    for _ in 0..<rounds {
      mine.append(try await Rate.measure(0.12, ours))
      for index in references.indices {
        if let rate = references[index].rate(job, 0.12, file) { theirs[index].append(rate) }
      }
    }
    let rate = Rate.median(mine)
    let ratios = theirs.enumerated().map { index, rates in
      rates.count < rounds
        ? "-"
        : Table.ratio(Rate.median(zip(mine, rates).map { $0 / $1 }), index == 0 ? targets.system : targets.newer)
    }
    // Where no primitive has to be called there is no limit to have a share of.
    let share = limit > 0 ? rate * limit : nil
    print(Table.row(["\(stage.name) \(name)", Table.number(rate)] + ratios + [Table.share(share, targets.share)]))
  }

  func cost(_ job: String, _ size: Int = 0) -> Double { primitives.cost(job, size) }

  private var isRSA: Bool { if case .rsa = stage.kind { true } else { false } }

  /// The public-key work of encryption for `count` recipients, and of decryption.
  private func sealing(_ count: Double) -> Double {
    isRSA ? count * cost("encrypt") : cost("generate") + count * cost("agree")
  }
  private var unsealing: Double { isRSA ? cost("decrypt") : cost("agree") }

  func run(_ size: Int, _ targets: [String: Targets]) async throws {
    let mail = Stage.mail(size)
    let source = BufferSource(mail)
    let (alice, now) = (stage.alice, Date())
    let reader = Reader(identities: [alice], paths: PathValidator(anchors: TrustAnchors([stage.root])))
    let signed = try await Stage.written { try await SMIMEWriter.sign(source, by: [alice], to: $0) }
    let sealed = try await Stage.written {
      try await SMIMEWriter.encrypt(source, for: [alice.certificate], as: .modern, to: $0)
    }
    let sealedCBC = try await Stage.written { try await SMIMEWriter.encrypt(source, for: [alice.certificate], to: $0) }
    let label = "\(size >> 10) KiB"
    try stage.pack("mail-\(size)", [mail])
    try stage.pack("signed-\(size)", [signed])
    try stage.pack("gcm-\(size)", [sealed])
    try stage.pack("cbc-\(size)", [sealedCBC])
    let hashes = cost("sha256", size) + cost("sha256", 160)

    try await row(
      "\(label) sign", "sign", "mail-\(size)", limit: cost("sign") + hashes + cost("base64", 3_072),
      targets["sign"] ?? Targets()
    ) { _ = try await Stage.written { try await SMIMEWriter.sign(source, by: [alice], to: $0) } }
    try await row(
      "\(label) verify, signature only", "check", "signed-\(size)",
      limit: cost("verify") + hashes + cost("base64-open", 3_072), targets["check"] ?? Targets()
    ) { try Self.checkSignature(signed) }
    try await row(
      "\(label) verify", "verify", "signed-\(size)",
      limit: 3 * cost("verify") + hashes + cost("base64-open", 3_072), targets["verify"] ?? Targets()
    ) {
      let opened = try await reader.open(BufferSource(signed), at: now)
      guard opened.verdict.signature == .verified else { throw Unsupported("\(opened.verdict)") }
    }
    for (name, job, form, cipher, text) in [
      ("GCM", "encrypt", SMIMEWriter.EncryptionForm.modern, "gcm", sealed),
      ("CBC", "encrypt-cbc", .compatible, "cbc", sealedCBC),
    ] {
      try await row(
        "\(label) encrypt \(name)", job, "mail-\(size)",
        limit: sealing(1) + cost(cipher, size) + cost("base64", size), targets["encrypt"] ?? Targets()
      ) {
        _ = try await Stage.written {
          try await SMIMEWriter.encrypt(source, for: [alice.certificate], as: form, to: $0)
        }
      }
      try await row(
        "\(label) decrypt \(name)", "decrypt", "\(cipher)-\(size)",
        limit: unsealing + cost("\(cipher)-open", size) + cost("base64-open", size), targets["decrypt"] ?? Targets()
      ) {
        let opened = try await reader.open(BufferSource(text), at: now)
        guard opened.content != nil else { throw Unsupported("\(opened.verdict)") }
      }
    }
  }

  /// Encryption to many.
  func runMany(_ recipients: [Certificate], _ size: Int, _ targets: Targets) async throws {
    let source = BufferSource(Stage.mail(size))
    try await row(
      "\(size >> 10) KiB encrypt GCM, \(recipients.count) recipients", "encrypt-all", "mail-\(size)",
      limit: sealing(Double(recipients.count)) + cost("gcm", size) + cost("base64", size), targets
    ) {
      _ = try await Stage.written { try await SMIMEWriter.encrypt(source, for: recipients, as: .modern, to: $0) }
    }
  }

  /// Every signer once, over and over: with nothing remembered, and with every path remembered.
  func runSigners(_ people: [Identity], _ size: Int, cold: Targets, cached: Targets) async throws {
    var messages: [[UInt8]] = []
    for person in people {
      let source = BufferSource(Stage.mail(size, from: person.certificate.emailAddresses[0]))
      messages.append(try await Stage.written { try await SMIMEWriter.sign(source, by: [person], to: $0) })
    }
    try stage.pack("signers", messages)
    let now = Date()
    let hashes = cost("sha256", size) + cost("sha256", 160)
    for (name, memory, verifications, targets) in [
      ("cold", false, 3.0, cold), ("cached", true, 1.0, cached),
    ] {
      let paths = PathValidator(anchors: TrustAnchors([stage.root]))
      let reader = Reader(paths: memory ? paths.remembering(2 * people.count) : paths)
      var next = 0
      func open() async throws {
        let opened = try await reader.open(BufferSource(messages[next]), at: now)
        guard opened.verdict.signature == .verified else { throw Unsupported("\(opened.verdict)") }
        next = (next + 1) % messages.count
      }
      if memory { for _ in messages { try await open() } }
      try await row(
        "\(size >> 10) KiB verify, \(people.count) signers, \(name)", "verify", "signers",
        limit: verifications * cost("verify") + hashes + cost("base64-open", 3_072), targets, open)
    }
  }

  /// The signature alone: the certificate is taken as it is.
  static func checkSignature(_ message: [UInt8]) throws {
    let entity = try Entity(BufferSource(message))
    let data = try SignedDataReader(entity.parts[1].decodedBody).read(detached: entity.parts[0].canonical)
    for info in data.signerInfos {
      let signer = try info.get()
      guard let certificate = signer.certificates(in: data.certificates).first,
        signer.verify(in: data, certificate: certificate) == .valid
      else { throw Unsupported("a signature that does not hold") }
    }
  }
}
