import ByteIO
import CMS
import Foundation
import MIME
import PKIX
import SMIME
import SMIMECrypto

/// What the corpora say of whole mails: what opens, what is good, and what must never look good.
enum SMIMESuites {
  static let all = [
    Suite(name: "johnny", run: johnny), Suite(name: "thunderbird", run: thunderbird),
    Suite(name: "thunderbird-sha1", run: thunderbirdAllowingSHA1), Suite(name: "mail-robustness", run: robustness),
  ]

  private static func date(_ text: String) -> Date {
    (try? Date(text, strategy: .iso8601)) ?? .distantPast
  }

  // MARK: Spoofed mails

  private struct JohnnyManifest: Decodable {
    struct Case: Decodable {
      let expected: String
      let file: String
      let kind: String
    }
    let cases: [Case]
  }

  /// Only what is signed as a whole by the sender shown is `verified`.
  private static func johnny(_ corpus: Corpus) async throws -> [CaseResult] {
    let folder = "johnny-you-are-fired/"
    let manifest: JohnnyManifest = try corpus.manifest(folder + "manifest.json")
    let anchor = try Certificate.all(in: corpus.bytes(folder + "assets/certificates/intermediate_ca.crt"))
    let reader = Reader(paths: PathValidator(anchors: TrustAnchors(anchor)))
    var results: [CaseResult] = []
    for one in manifest.cases {
      let opened = try await reader.open(
        BufferSource(try corpus.bytes(folder + one.file)), at: date("2019-03-15T00:00:00Z"))
      let state = opened.verdict.signature
      let isGood = state == .verified
      let expectsGood = one.expected == "valid-signature" && one.kind == "smime"
      var difference = isGood == expectsGood ? nil : "is \(state.rawValue), expected \(one.expected)"
      if one.expected == "partial-signature" && one.kind == "smime" && state != .partial {
        difference = "is \(state.rawValue), expected partial"
      }
      results.append(CaseResult(one.file, difference))
    }
    return results
  }

  // MARK: Thunderbird's mails

  private struct ThunderbirdManifest: Decodable {
    struct Case: Decodable {
      let file: String
      let enc: Bool?
      let sig: Bool?
      let sig_good: Bool?
    }
    let cases: [Case]
    let cases_allow_sha1: [Case]
  }

  private static func thunderbird(_ corpus: Corpus) async throws -> [CaseResult] {
    try await thunderbird(corpus, .standard) { $0.cases }
  }

  private static func thunderbirdAllowingSHA1(_ corpus: Corpus) async throws -> [CaseResult] {
    try await thunderbird(corpus, .legacy) { $0.cases_allow_sha1 }
  }

  private static func thunderbird(
    _ corpus: Corpus, _ policy: AlgorithmPolicy, _ cases: (ThunderbirdManifest) -> [ThunderbirdManifest.Case]
  ) async throws -> [CaseResult] {
    let folder = "thunderbird-smime/"
    let manifest: ThunderbirdManifest = try corpus.manifest(folder + "manifest.json")
    let anchors = try Certificate.all(in: corpus.bytes(folder + "smime/TestCA.pem"))
    var identities: [Identity] = []
    for name in ["smime/Alice", "smime/Bob", "smime/Dave", "smime-interop/Fran", "smime-interop/Fran-ec"] {
      identities += try PKCS12.read(corpus.bytes(folder + name + ".p12"), password: Password("nss")).identities()
    }
    let reader = Reader(
      identities: identities, paths: PathValidator(anchors: TrustAnchors(anchors), policy: policy), policy: policy)
    var results: [CaseResult] = []
    for one in cases(manifest) {
      let opened = try await reader.open(
        BufferSource(try corpus.bytes(folder + one.file)), at: date("2026-11-01T00:00:00Z"))
      var differences: [String] = []
      let opens = opened.verdict.encryption == .decrypted || opened.verdict.encryption == .decryptedUnauthenticated
      if one.enc ?? false != opens { differences.append("encryption is \(opened.verdict.encryption.rawValue)") }
      // Where Thunderbird leaves a signature around an encryption out, it is not compared.
      if one.sig ?? false, one.sig_good ?? false != (opened.verdict.signature == .verified) {
        let why = opened.signers.flatMap(\.failures).map(\.detail).joined(separator: ", ")
        differences.append("signature is \(opened.verdict.signature.rawValue) (\(why))")
      }
      results.append(CaseResult(one.file, differences.isEmpty ? nil : differences.joined(separator: "; ")))
    }
    return results
  }

  // MARK: Robustness

  /// Every mail of the MIME corpora is read, its ranges tile it, and it is opened without a failure of our own.
  private static func robustness(_ corpus: Corpus) async throws -> [CaseResult] {
    let folders = [
      "gmime", "horde-mime", "jsmime", "kde-kmime", "mime-is-broken", "mime4j", "perl-email-mime", "pkijs-examples",
      "protected-headers", "python-test-email", "ruby-mail", "stalwart-mail-parser",
    ]
    let reader = Reader(paths: PathValidator(anchors: TrustAnchors([])))
    var results: [CaseResult] = []
    for folder in folders {
      for file in try allFiles(corpus, folder) {
        let bytes = try corpus.bytes(file)
        let source = BufferSource(bytes)
        let entity = try Entity(source)
        let opened = try await reader.open(source, at: date("2026-01-01T00:00:00Z"))
        var difference = tiling(entity)
        if entity.range != 0..<bytes.count { difference = "\(bytes.count - entity.range.count) bytes are outside" }
        if opened.verdict.signature == .verified { difference = "is verified without an anchor" }
        results.append(CaseResult(file, difference))
      }
    }
    return results
  }

  private static func allFiles(_ corpus: Corpus, _ folder: String) throws -> [String] {
    let path = corpus.root + "/" + folder
    return try FileManager.default.subpathsOfDirectory(atPath: path).sorted().filter { name in
      let attributes = try? FileManager.default.attributesOfItem(atPath: path + "/" + name)
      return attributes?[.type] as? FileAttributeType == .typeRegular && !name.hasSuffix(".json")
    }.map { folder + "/" + $0 }
  }

  /// Parts lie inside their multipart, one after another.
  private static func tiling(_ entity: Entity) -> String? {
    var at = entity.bodyRange.lowerBound
    for part in entity.parts {
      guard part.range.lowerBound >= at, part.range.upperBound <= entity.range.upperBound else {
        return "a part at \(part.range) is not inside \(entity.range)"
      }
      at = part.range.upperBound
      if let difference = tiling(part) { return difference }
    }
    return nil
  }
}
