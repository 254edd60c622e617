import ByteIO
import CMS
import Foundation
import MIME
import PKIX
import SMIME
import SMIMECrypto

/// What each step of the work costs by itself, beside the primitive in it: what is left to gain.
struct StageRows {
  let stage: Stage
  let rounds: Int
  /// Rows whose names have this in them, all without it.
  var only: String?

  private func median(_ body: () async throws -> Void) async rethrows -> Double {
    var rates: [Double] = []
    for _ in 0..<rounds { rates.append(try await Rate.measure(0.1, body)) }
    return Rate.median(rates)
  }

  /// Steps that every octet goes through, a mebibyte at a time.
  func runContent() async throws {
    let size = 1 << 20
    let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ $0 >> 8) }
    let text = BufferSink()
    let encoder = Base64EncodingSink(to: text)
    try encoder.write(bytes)
    try encoder.finish()
    print(Table.row(["steps of 1 MiB", "MB/s"]))
    func row(_ name: String, _ body: () async throws -> Void) async throws {
      guard only.map(name.contains) ?? true else { return }
      print(Table.row(["  " + name, Table.number(try await median(body) * Double(size) / 1e6)]))
    }
    let source = BufferSource(bytes)
    try await row("copy through a window") { try source.copy(to: NullSink()) }
    try await row("base64, lines of 76, encode") {
      let sink = Base64EncodingSink(to: NullSink())
      try source.copy(to: sink)
      try sink.finish()
    }
    try await row("base64, lines of 76, decode") {
      try Base64DecodingStream(BufferSource(text.bytes)).copy(to: NullSink())
    }
    for digest in [DigestAlgorithm.sha256, .sha512] {
      try await row(digest.name) { _ = try MessageDigest.hash(bytes[...], digest) }
    }
    let key = SecureRandom.key(byteCount: 32)
    for cipher in [ContentEncryption.aesGCM(keyBits: 256), .aesCBC(keyBits: 256)] {
      let parameters = ContentCipherParameters(fresh: cipher)
      let encryptor = try ContentEncryptor(parameters, key: key)
      let decryptor = try ContentDecryptor(parameters, key: key)
      var output: [UInt8] = []
      func pieces(_ body: (Span<UInt8>) throws -> Void) throws {
        for at in stride(from: 0, to: size, by: windowSize) {
          output.removeAll(keepingCapacity: true)
          try body(bytes.span.extracting(at..<at + windowSize))
        }
      }
      try await row("\(cipher.name), encrypt") { try pieces { try encryptor.update($0, into: &output) } }
      try await row("\(cipher.name), decrypt") { try pieces { try decryptor.update($0, into: &output) } }
    }
    let mail = Stage.mail(size)
    try await row("lines made canonical") { try CanonicalStream(BufferSource(mail)).copy(to: NullSink()) }
    try await row("mail taken apart") { _ = try Entity(BufferSource(mail)) }
    let entity = try Entity(BufferSource(mail))
    try await row("mail made safe for transport") { _ = try entity.signable() }
    let attached = try await Stage.written {
      try await SignedDataWriter.sign(
        source, signers: [SignedDataWriter.Signer(stage.alice)], form: .attached, to: $0)
    }
    try await row("SignedData, framed and digested") { _ = try SignedDataReader(BufferSource(attached)).read() }
    print()
  }

  /// Steps of a 2 KiB message.
  func runSmall() async throws {
    let mail = Stage.mail(2_048)
    let (alice, now) = (stage.alice, Date())
    let signed = try await Stage.written { try await SMIMEWriter.sign(BufferSource(mail), by: [alice], to: $0) }
    print(Table.row(["steps of a message of 2 KiB, \(stage.name)", "µs"]))
    func row(_ name: String, _ body: () async throws -> Void) async throws {
      guard only.map(name.contains) ?? true else { return }
      print(Table.row(["  " + name, Table.number(1e6 / (try await median(body)))]))
    }
    try await row("mail taken apart") { _ = try Entity(BufferSource(signed)) }
    let entity = try Entity(BufferSource(signed))
    let cms = try entity.parts[1].decodedBody.readAll(limit: 1 << 20)
    try await row("signature's base64 decoded") { _ = try entity.parts[1].decodedBody.readAll(limit: 1 << 20) }
    try await row("SignedData read") { _ = try SignedDataReader(BufferSource(cms)).read() }
    try await row("SignedData read, content digested") {
      _ = try SignedDataReader(BufferSource(cms)).read(detached: entity.parts[0].canonical)
    }
    let leaf = Array(alice.certificate.derBytes)
    try await row("certificate read") { _ = try Certificate(der: leaf[...]) }
    let data = try SignedDataReader(BufferSource(cms)).read(detached: entity.parts[0].canonical)
    let signer = try data.signerInfos[0].get()
    try await row("signature verified") { _ = signer.verify(in: data, certificate: alice.certificate) }
    let paths = PathValidator(anchors: TrustAnchors([stage.root]))
    try await row("path validated") {
      _ = await paths.validate(alice.certificate, with: data.certificates, at: now, use: .signing)
    }
    let remembering = paths.remembering()
    try await row("path remembered") {
      _ = await remembering.validate(alice.certificate, with: data.certificates, at: now, use: .signing)
    }
    let reader = Reader(identities: [alice], paths: remembering)
    try await row("all of opening it, path remembered") { _ = try await reader.open(BufferSource(signed), at: now) }
    try await row("its signature checked, and no more") { try MessageRows.checkSignature(signed) }
    try await row("signing it") {
      _ = try await Stage.written { try await SMIMEWriter.sign(BufferSource(mail), by: [alice], to: $0) }
    }
    try await row("encrypting it") {
      _ = try await Stage.written {
        try await SMIMEWriter.encrypt(BufferSource(mail), for: [alice.certificate], as: .modern, to: $0)
      }
    }
    let sealed = try await Stage.written {
      try await SMIMEWriter.encrypt(BufferSource(mail), for: [alice.certificate], as: .modern, to: $0)
    }
    try await row("opening that") { _ = try await reader.open(BufferSource(sealed), at: now) }
    print()
  }
}
