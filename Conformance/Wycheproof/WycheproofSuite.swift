import Foundation
import SMIMECrypto

/// Project Wycheproof: every primitive through the calls that messages, certificates and key files reach it by. `valid`
/// must pass, `invalid` must not, `acceptable` may do either. What is refused as unsupported is named in the table.
enum WycheproofSuite {
  static let all = Suite(name: "wycheproof") { try await run($0) }

  private static func run(_ corpus: Corpus) async throws -> [CaseResult] {
    var results: [CaseResult] = []
    for path in try corpus.files(in: "wycheproof") where path.hasSuffix(".json") {
      guard let file: VectorFile = try? corpus.manifest(path) else { continue }
      let name = path.dropFirst("wycheproof/".count)
      for group in file.testGroups {
        for vector in group.tests {
          let item = VectorCase(algorithm: file.algorithm ?? "", group: group, vector: vector)
          results.append(result(of: item, id: "\(name)/\(vector.tcId)"))
        }
      }
    }
    return results
  }

  private static func result(of item: VectorCase, id: String) -> CaseResult {
    let vector = item.vector
    func difference(_ what: String) -> CaseResult {
      CaseResult(id, "\(item.algorithm): \(vector.comment ?? "") is \(vector.result), and \(what)")
    }
    do {
      let passes = try passes(item)
      if passes, vector.result == "invalid" { return difference("passes") }
      return !passes && vector.result == "valid" ? difference("does not pass") : CaseResult(id, nil)
    } catch let refusal as Unsupported {
      return vector.result == "valid" ? CaseResult(id, notOffered: refusal.what) : CaseResult(id, nil)
    } catch { return vector.result == "valid" ? difference("\(error)") : CaseResult(id, nil) }
  }

  private static func passes(_ item: VectorCase) throws -> Bool {
    switch item.group.type {
    case "RsassaPkcs1Verify", "RsassaPssVerify", "RsassaPssWithParametersVerify", "EcdsaVerify", "EddsaVerify",
      "DsaVerify", "MlDsaVerify":
      try SignatureVectors.isValid(item)
    case "RsassaPkcs1Generate", "MlDsaSign": try SignatureVectors.isMadeHere(item)
    case "RsaesPkcs1Decrypt", "RsaesOaepDecrypt": try KeyVectors.isDecrypted(item)
    case "EcdhTest", "EcdhEcpointTest", "EcdhPemTest", "XdhComp", "XdhAsnComp", "XdhPemComp":
      try KeyVectors.isAgreed(item)
    case "MLKEMTest", "MLKEMEncapsTest", "MLKEMKeyGen", "MLKEMDecapsValidationTest":
      try EncapsulationVectors.holds(item)
    case "AeadTest", "IndCpaTest": try SymmetricVectors.isDecrypted(item)
    case "KeywrapTest": try SymmetricVectors.isUnwrapped(item)
    case "MacTest": try SymmetricVectors.isAuthentic(item)
    case "HkdfTest", "PbkdfTest": try SymmetricVectors.isDerived(item)
    case "PbeTest": try SymmetricVectors.isDecryptedByPassword(item)
    default: throw Unsupported("\(item.algorithm) (\(item.group.type))")
    }
  }
}
