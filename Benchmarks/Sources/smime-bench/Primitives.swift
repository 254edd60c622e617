import ByteIO
import SMIMECrypto

/// The rates of what no implementation can avoid, by whoever does it fastest here: our own calls or one of the libcryptos.
struct Primitives {
  private var seconds: [String: Double] = [:]

  /// The time for one of `job`, whose name is that of `smime-reference`, and the size of what it works on if that counts.
  func cost(_ job: String, _ size: Int = 0) -> Double { seconds["\(job) \(size)"] ?? 0 }

  mutating func measure(
    _ job: String, _ size: Int = 0, _ references: [ReferenceProcess], rounds: Int, ours: (() throws -> Void)?
  ) async throws {
    var best = 0.0
    var cells: [Double?] = []
    for engine in 0...references.count {
      var rates: [Double] = []
      for _ in 0..<rounds {
        if engine == 0 {
          guard let ours else { break }
          rates.append(try await Rate.measure(0.05) { try ours() })
        } else if let rate = references[engine - 1].rate("=\(job)", 0.05, "\(size)") {
          rates.append(rate)
        }
      }
      cells.append(rates.isEmpty ? nil : Rate.median(rates))
      best = max(best, rates.isEmpty ? 0 : Rate.median(rates))
    }
    if best > 0 { seconds["\(job) \(size)"] = 1 / best }
    let bytes = Double(size)
    let shown = cells.map { rate in
      rate.map { size == 0 ? "\(Table.number($0))/s" : "\(Table.number($0 * bytes / 1e6)) MB/s" } ?? "-"
    }
    print(Table.row(["  \(job)" + (size == 0 ? "" : ", \(size) bytes")] + shown))
  }

  /// All that the rows of `stage` need, printed as they come.
  static func measured(_ stage: Stage, _ references: [ReferenceProcess], rounds: Int) async throws -> Primitives {
    var primitives = Primitives()
    let (key, publicKey) = (stage.key, stage.key.publicKey)
    let digest = [UInt8](repeating: 7, count: 32)
    let algorithm = publicKey.defaultSignatureAlgorithm
    let signature = try key.sign(.digest(digest), algorithm)[...]
    let content = SecureRandom.key(byteCount: 32)
    print(Table.row(["primitives, \(stage.name)", "our call"] + references.map(\.version)))
    func measure(_ job: String, _ size: Int = 0, _ ours: (() throws -> Void)?) async throws {
      try await primitives.measure(job, size, references, rounds: rounds, ours: ours)
    }
    try await measure("sign") { _ = try key.sign(.digest(digest), algorithm) }
    try await measure("verify") { _ = try publicKey.isValid(signature, ofDigest: digest, algorithm) }
    if case .rsa = stage.kind {
      let encrypted = try publicKey.encrypt(content, .rsaPKCS1)[...]
      try await measure("encrypt") { _ = try publicKey.encrypt(content, .rsaPKCS1) }
      try await measure("decrypt") { _ = try key.decrypt(encrypted, .rsaPKCS1, keyByteCount: 32) }
    } else {
      try await measure("generate") { _ = try PrivateKey(generate: .ec(.p256)) }
      try await measure("agree") { _ = try key.sharedSecret(with: publicKey) }
    }
    for size in [160, 2_048, 76_800] {
      let bytes = [UInt8](repeating: 1, count: size)
      try await measure("sha256", size) { _ = try MessageDigest.hash(bytes[...], .sha256) }
    }
    for size in [2_048, 76_800] {
      let bytes = [UInt8](repeating: 1, count: size)
      for (name, cipher) in [("gcm", ContentEncryption.aesGCM(keyBits: 256)), ("cbc", .aesCBC(keyBits: 256))] {
        let parameters = ContentCipherParameters(fresh: cipher)
        var output: [UInt8] = []
        func run(_ update: (inout [UInt8]) throws -> Void) rethrows {
          output.removeAll(keepingCapacity: true)
          try update(&output)
        }
        let encryptor = try ContentEncryptor(parameters, key: content)
        try await measure(name, size) { try run { try encryptor.update(bytes.span, into: &$0) } }
        let decryptor = try ContentDecryptor(parameters, key: content)
        try await measure("\(name)-open", size) { try run { try decryptor.update(bytes.span, into: &$0) } }
      }
    }
    for size in [2_048, 3_072, 76_800] {
      let bytes = [UInt8](repeating: 1, count: size)
      try await measure("base64", size) {
        let sink = Base64EncodingSink(to: NullSink())
        try sink.write(bytes)
        try sink.finish()
      }
      let text = BufferSink()
      let sink = Base64EncodingSink(to: text)
      try sink.write(bytes)
      try sink.finish()
      let stream = Base64DecodingStream(BufferSource(text.bytes))
      try await measure("base64-open", size) { try stream.copy(to: NullSink()) }
    }
    return primitives
  }
}
