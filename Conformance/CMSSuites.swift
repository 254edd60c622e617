import ByteIO
import CMS
import Foundation
import PKIX
import SMIMECrypto

/// What the corpora say of CMS objects and PKCS#12 files by themselves; mail is another suite's matter.
enum CMSSuites {
  static let all = [
    Suite(name: "rfc4134", run: rfc4134), Suite(name: "openssl-cms", run: openssl), Suite(name: "pkcs12", run: pkcs12),
    Suite(name: "fuzz-cms", run: fuzz), Suite(name: "cms-samples", run: samples),
  ]

  // MARK: RFC 4134

  private struct ExampleManifest: Decodable {
    struct Example: Decodable {
      let file: String
      let op: String
      let plaintext: String?
      let key: String?
    }
    let cases: [Example]
  }

  /// Every object verifies or opens, old algorithms allowed; and none of them without.
  private static func rfc4134(_ corpus: Corpus) async throws -> [CaseResult] {
    let folder = "rfc-examples/rfc4134/"
    let manifest: ExampleManifest = try corpus.manifest(folder + "manifest.json")
    let content = try corpus.bytes(folder + "ExContent.bin")
    let bob = try Identity(
      certificate: Certificate(der: corpus.bytes(folder + "BobRSASignByCarl.cer")[...]),
      privateKey: PrivateKey(pkcs8: corpus.bytes(folder + "BobPrivRSAEncrypt.pri")[...]))
    let everybody = try corpus.files(in: "rfc-examples/rfc4134").filter { $0.hasSuffix(".cer") }
      .compactMap { try? Certificate(der: corpus.bytes($0)[...]) }
    var results: [CaseResult] = []
    for example in manifest.cases where example.file.hasSuffix(".bin") {
      let object = BufferSource(try corpus.bytes(folder + example.file))
      let difference: String?
      switch example.op {
      case "verify", "verify-detached":
        let beside: BufferSource? = example.op == "verify" ? nil : BufferSource(content)
        difference = verification(object, beside, content, everybody)
      case "decrypt": difference = await decryption(object, content, bob)
      case "parse-certs-only":
        difference = problem {
          let data = try SignedDataReader(object).read()
          return data.signerInfos.isEmpty && !data.certificates.isEmpty ? nil : "holds no certificates alone"
        }
      default:
        difference = problem {
          let type = try ContentInfo.contentType(of: object)
          return example.op == "parse" && type == .data ? nil : "\(type) is recognised and not opened"
        }
      }
      results.append(CaseResult(example.file, difference))
    }
    return results
  }

  private static func verification(
    _ object: BufferSource, _ beside: BufferSource?, _ content: [UInt8], _ pool: [Certificate]
  ) -> String? {
    problem {
      let sink = BufferSink()
      let data = try SignedDataReader(object).read(content: sink, detached: beside)
      if beside == nil, sink.bytes != content { return "other content" }
      for signer in data.signerInfos {
        let signer = try signer.get()
        let verdicts = signer.certificates(in: data.certificates + pool).map {
          signer.verify(in: data, certificate: $0, policy: .legacy)
        }
        guard verdicts.contains(.valid) else { return verdicts.first.map { "\($0)" } ?? "no certificate" }
        for certificate in data.certificates {
          guard signer.verify(in: data, certificate: certificate) != .valid else { return "believed without .legacy" }
        }
      }
      return data.signerInfos.isEmpty ? "no signer" : nil
    }
  }

  private static func decryption(_ object: BufferSource, _ content: [UInt8], _ identity: Identity) async -> String? {
    do {
      let sink = BufferSink()
      _ = try await EnvelopedDataReader(object).decrypt(with: [identity], to: sink, policy: .legacy)
      return sink.bytes == content ? nil : "other content"
    } catch { return "\(error)" }
  }

  /// What `body` says is different, or its error.
  private static func problem(_ body: () throws -> String?) -> String? {
    do { return try body() } catch { return "\(error)" }
  }

  // MARK: OpenSSL's own tests

  private struct OpenSSLManifest: Decodable {
    struct Test: Decodable {
      let file: String
      let op: String
      let expected: String
      let form: String?
      let key: String?
      let cert: String?
    }
    let cms: [Test]
  }

  private static func openssl(_ corpus: Corpus) async throws -> [CaseResult] {
    let folder = "openssl-test/"
    let manifest: OpenSSLManifest = try corpus.manifest(folder + "manifest.json")
    var results: [CaseResult] = []
    for test in manifest.cms {
      guard test.form == nil, !test.file.hasSuffix(".eml"), ["verify", "decrypt", "parse-cms"].contains(test.op),
        let bytes = try? corpus.der(folder + test.file)
      else { continue }
      var identities: [Identity] = []
      if let key = test.key, let pem = try? corpus.bytes(folder + key),
        let block = try? PEMBlock.all(in: pem).first(where: { $0.label.hasSuffix("PRIVATE KEY") }),
        let privateKey = try? PrivateKey(pem: block),
        let certificate = try? Certificate(der: corpus.der(folder + (test.cert ?? key))[...]),
        let identity = try? Identity(certificate: certificate, privateKey: privateKey)
      {
        identities = [identity]
      }
      let isGood = await isGood(bytes, identities)
      let expectsGood = test.expected == "ok"
      results.append(
        CaseResult(test.file, test.expected == "no-crash" || isGood == expectsGood ? nil : "good is \(isGood)"))
    }
    return results
  }

  /// Whether an object of either kind is good in all its parts, old algorithms allowed.
  private static func isGood(_ bytes: [UInt8], _ identities: [Identity]) async -> Bool {
    let object = BufferSource(bytes)
    if let data = try? SignedDataReader(object).read() {
      return !data.signerInfos.isEmpty
        && data.signerInfos.allSatisfy { result in
          guard case .success(let signer) = result else { return false }
          return signer.certificates(in: data.certificates).contains {
            signer.verify(in: data, certificate: $0, policy: .legacy) == .valid
          }
        }
    }
    return (try? await EnvelopedDataReader(object).authenticate(with: identities, policy: .legacy)) != nil
  }

  // MARK: PKCS#12

  private struct PKCS12Manifest: Decodable {
    struct Case: Decodable {
      let file: String
      let password: String
      let expected: String
    }
    let cases: [Case]
  }

  private static func pkcs12(_ corpus: Corpus) async throws -> [CaseResult] {
    let manifest: PKCS12Manifest = try corpus.manifest("pkcs12.json")
    return try manifest.cases.map { item in
      let bytes = try corpus.bytes(item.file)
      do {
        let file = try PKCS12.read(bytes, password: Password(item.password))
        guard item.expected == "opens" else { return CaseResult(item.file, "opens") }
        return CaseResult(item.file, file.defects.first.map { "\($0)" })
      } catch { return CaseResult(item.file, item.expected == "opens" ? "\(error)" : nil) }
    }
  }

  // MARK: Fuzz seeds

  /// No crash, and each within a second: the verdict is free.
  private static func fuzz(_ corpus: Corpus) async throws -> [CaseResult] {
    let key = try PrivateKey(generate: .ec(.p256))
    var results: [CaseResult] = []
    for folder in ["fuzz/openssl/cms", "fuzz/openssl/asn1", "fuzz/nss/quickder"] {
      for file in try corpus.files(in: folder) {
        let bytes = try corpus.bytes(file)
        let clock = ContinuousClock()
        let start = clock.now
        _ = await isGood(bytes, [])
        _ = try? PKCS12.read(bytes, password: Password(""))
        _ = try? key.sharedSecret(with: PublicKey(spki: bytes[...]))
        let time = clock.now - start
        results.append(CaseResult(file, time < .seconds(1) ? nil : "took \(time)"))
      }
    }
    return results
  }

  // MARK: Samples of other implementations

  /// Objects that others wrote are read: as what their outer type says, to the end.
  private static func samples(_ corpus: Corpus) async throws -> [CaseResult] {
    var results: [CaseResult] = []
    let folders = try corpus.files(in: "pyasn1-rfc-samples").filter { !$0.hasSuffix(".json") }
    var files = try corpus.files(in: "rustcrypto-formats/cms/tests/examples")
    for folder in folders { files += (try? corpus.files(in: folder)) ?? [] }
    for file in files {
      guard let bytes = try? corpus.der(file), let type = try? ContentInfo.contentType(of: BufferSource(bytes)) else {
        continue
      }
      switch type {
      case .signedData:
        results.append(
          CaseResult(
            file,
            problem {
              let data = try SignedDataReader(BufferSource(bytes)).read()
              for signer in data.signerInfos { _ = try signer.get() }
              return data.defects.first.map { "\($0)" }
            }))
      case .envelopedData, .authEnvelopedData:
        results.append(
          CaseResult(
            file,
            problem {
              let reader = try EnvelopedDataReader(BufferSource(bytes))
              return reader.recipients.flatMap(\.descriptions).first { $0.hasPrefix("malformed") }
            }))
      default: break
      }
    }
    return results
  }
}
