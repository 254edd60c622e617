import ByteIO
import CMS
import Foundation
import PKIX
import SMIMECrypto
import SMIMETestSupport
import Testing

/// The seeds of the fuzzing entries for CMS, and whatever ended one of them once: all of it is read, or refused by an error that
/// says why.
@Suite struct `Inputs of the fuzzing entries for CMS` {
  struct Entry: Sendable, CustomTestStringConvertible {
    let name: String
    let read: @Sendable ([UInt8]) async throws -> Void

    init(_ name: String, _ read: @escaping @Sendable ([UInt8]) async throws -> Void) {
      self.name = name
      self.read = read
    }

    var testDescription: String { name }
  }

  private static let limits: CMSLimits = {
    var limits = CMSLimits.standard
    limits.keyDerivationRounds = 4_096
    return limits
  }()

  private static let sharedKey = SymmetricKey(octets: [UInt8](repeating: 7, count: 32))

  /// The keys that the seeds are for.
  private static func keys() throws -> DecryptionKeys {
    let blocks = try PEMBlock.all(
      in: [UInt8](try Data(contentsOf: FuzzInputs.folder.appendingPathComponent("identities.pem"))))
    let keys = try blocks.filter { $0.label == "PRIVATE KEY" }.map { try PrivateKey(pem: $0) }
    let certificates = try blocks.filter { $0.label == "CERTIFICATE" }.map { try Certificate(der: $0.bytes[...]) }
    return DecryptionKeys(
      identities: try zip(certificates, keys).map { try Identity(certificate: $0, privateKey: $1) },
      sharedKeys: [.init(identifier: [1, 2, 3], key: sharedKey)], passwords: [Password("fuzz")])
  }

  static let entries: [Entry] = [
    Entry("fuzz-signed-data") { try lookAt(SignedDataReader(BufferSource($0)).read()) },
    Entry("fuzz-signed-data") { bytes in
      let beside = BufferSource(Array("Dear peer,\r\n".utf8))
      try lookAt(SignedDataReader(BufferSource(bytes)).read(detached: beside))
    },
    Entry("fuzz-amend") { bytes in
      let signers = try keys().identities.prefix(1).map { SignedDataWriter.Signer($0) }
      try await SignedDataWriter.add(signers, to: BufferSource(bytes), writingTo: NullSink())
    },
    Entry("fuzz-amend") { bytes in
      let signers = try keys().identities.prefix(1).map { SignedDataWriter.Signer($0) }
      let countersigned = BufferSink()
      try await SignedDataWriter.countersign(BufferSource(bytes), by: signers, writingTo: countersigned)
      try lookAt(SignedDataReader(BufferSource(countersigned.bytes)).read())
    },
    Entry("fuzz-enveloped-data") { bytes in
      let reader = try EnvelopedDataReader(BufferSource(bytes), limits: limits)
      _ = reader.recipients.flatMap(\.descriptions)
      _ = try await reader.decrypt(with: keys(), to: NullSink(), policy: .legacy)
    },
    Entry("fuzz-protected-data") { bytes in
      let reader = try EncryptedDataReader(BufferSource(bytes), limits: limits)
      _ = try reader.decrypt(with: sharedKey, to: NullSink(), policy: .legacy)
    },
    Entry("fuzz-protected-data") { bytes in
      let reader = try AuthenticatedDataReader(BufferSource(bytes), limits: limits)
      _ = try await reader.authenticate(with: keys(), policy: .legacy)
    },
    Entry("fuzz-protected-data") { bytes in
      let content = BufferSink()
      let data = try DataContentReader(BufferSource(bytes), limits: limits).read(content: content)
      #expect(data.contentCount == content.bytes.count)
    },
    Entry("fuzz-protected-data") { bytes in
      _ = try DigestedDataReader(BufferSource(bytes), limits: limits).read(policy: .legacy)
    },
    Entry("fuzz-protected-data") { bytes in
      let content = BufferSink(limit: 1 << 20)
      let data = try CompressedDataReader(BufferSource(bytes), limits: limits).read(content: content)
      #expect(data.contentCount == content.bytes.count)
    },
    Entry("fuzz-pkcs12") { bytes in
      _ = try PKCS12.read(bytes, password: Password("fuzz"), limits: limits).identities()
    },
    Entry("fuzz-timestamp") { bytes in _ = try Timestamp(bytes[...]).check(over: [1, 2, 3], policy: .legacy) },
    Entry("fuzz-timestamp") { bytes in _ = try TimestampRequest(der: bytes[...]) },
    Entry("fuzz-timestamp") { bytes in _ = try TimestampResponse(der: bytes[...]) },
    Entry("fuzz-tlv") { bytes in
      // A walk over an object ends the same, in whatever pieces it comes.
      #expect(walk(BufferSource(bytes)) == walk(DrippingStream(bytes: bytes, run: 3)))
    },
  ]

  /// Looks at everything that the signers say, and at what hangs on their signatures.
  private static func lookAt(_ data: SignedData) throws {
    _ = data.ocspResponses.count + data.scvpResponses.count
    for case .success(let signer) in data.signerInfos {
      lookAt(signer, in: data) { signer.verify(in: data, certificate: $0, policy: .legacy) }
    }
  }

  private static func lookAt(_ signer: SignerInfo, in data: SignedData, verify: (Certificate) -> SignerVerification) {
    for certificate in signer.certificates(in: data.certificates) { _ = verify(certificate) }
    let stamps = signer.provenTimes(certificates: data.certificates, policy: .legacy)
    #expect(stamps.count == signer.timestamps.count)
    for case .success(let counter) in signer.countersignatures {
      lookAt(counter, in: data) { counter.verify(countersigning: signer, certificate: $0, policy: .legacy) }
    }
  }

  private static func walk(_ stream: any ByteStream) -> [String] {
    var said: [String] = []
    do { said.append("\(try ContentInfo.contentType(of: stream))") } catch { said.append("\(error)") }
    let content = BufferSink()
    do {
      let data = try SignedDataReader(stream).read(content: content)
      said.append("\(data.signerInfos.count) \(data.certificates.count) \(data.defects) \(content.bytes)")
    } catch { said.append("\(error)") }
    do { said.append("\(try EnvelopedDataReader(stream).recipients.count)") } catch { said.append("\(error)") }
    return said
  }

  @Test(arguments: entries) func `are read, or refused by name`(entry: Entry) async throws {
    for (name, bytes) in try FuzzInputs.of(entry.name) {
      do { try await entry.read(bytes) } catch { #expect(Self.isTyped(error), "\(name): \(error)") }
    }
  }

  private static func isTyped(_ error: any Error) -> Bool {
    switch error {
    case is Malformed, is Unsupported, is LimitExceeded, is DecryptionFailed, is KeyMissing, is WrongPassword: true
    case is ContentMismatch: true
    default: false
    }
  }
}

/// Every entry has something to begin with.
@Suite struct `Fuzzing entries` {
  @Test func `have inputs, each of them`() throws {
    let sources = FuzzInputs.folder.deletingLastPathComponent().appendingPathComponent("Sources")
    let entries = try FileManager.default.contentsOfDirectory(atPath: sources.path).filter { $0.hasPrefix("fuzz-") }
    #expect(entries.count >= 20)
    for entry in entries { #expect(throws: Never.self, "\(entry)") { try FuzzInputs.of(entry) } }
  }
}
