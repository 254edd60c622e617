import CMS
import SMIMECrypto

/// Every PKCS#12 file with a known password: read, and written again as the same.
enum PKCS12Suite {
  private struct Manifest: Decodable {
    let cases: [Case]
  }

  private struct Case: Decodable {
    let file: String
    let password: String
    let expected: String
  }

  /// Files that the manifest leaves out, with the passwords that their suites use.
  private static let others = [
    Case(file: "gmime/data/smime/smime.p12", password: "no.secret", expected: "opens"),
    Case(file: "protected-headers/autocrypt/bob.der.p12", password: "bob", expected: "opens"),
    Case(file: "protected-headers/autocrypt/bob.p12", password: "bob", expected: "opens"),
  ]

  private static func cases(_ corpus: Corpus) throws -> [Case] {
    let manifest: Manifest = try corpus.manifest("pkcs12.json")
    return manifest.cases + others
  }

  static func read(_ corpus: Corpus) async throws -> [CaseResult] {
    try cases(corpus).map { item in
      let bytes = try corpus.der(item.file)
      do {
        let file = try PKCS12.read(bytes, password: Password(item.password))
        guard item.expected == "opens" else { return CaseResult(item.file, "opens") }
        return CaseResult(item.file, file.defects.first.map { "\($0)" })
      } catch { return CaseResult(item.file, item.expected == "opens" ? "\(error)" : nil) }
    }
  }

  /// What a file holds comes back from a copy of it: in the old form, whose key derivations are quick.
  static func written(_ corpus: Corpus) async throws -> [CaseResult] {
    try cases(corpus).filter { $0.expected == "opens" }.map { item in
      do {
        let file = try PKCS12.read(corpus.der(item.file), password: Password(item.password))
        let copy = try file.written(password: Password(item.password + "Ω"), profile: .compat)
        let again = try PKCS12.read(copy, password: Password(item.password + "Ω"))
        return CaseResult(item.file, difference(file, again))
      } catch { return CaseResult(item.file, "\(error)") }
    }
  }

  private static func difference(_ one: PKCS12, _ other: PKCS12) -> String? {
    if one.keys.map(\.privateKey.publicKey) != other.keys.map(\.privateKey.publicKey) { return "has other keys" }
    if one.keptKeys.map(\.privateKey.pkcs8) != other.keptKeys.map(\.privateKey.pkcs8) { return "keeps other keys" }
    if one.certificates != other.certificates { return "has other certificates" }
    if one.crls != other.crls { return "has other lists" }
    let names = { (file: PKCS12) in file.keys.map(\.friendlyName) + file.keptKeys.map(\.friendlyName) }
    if names(one) != names(other) { return "has other names" }
    let identifiers = { (file: PKCS12) in file.keys.map(\.localKeyID) + file.keptKeys.map(\.localKeyID) }
    return identifiers(one) == identifiers(other) ? nil : "has other key identifiers"
  }
}
