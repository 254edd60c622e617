public import ByteIO
public import CMS
import PKIX

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// A SignedData object that is no mail, judged: a document with its signature, a list, a token. Nobody in particular
/// must have signed it, so that whoever asks looks at the signers' names.
public struct SignedObject: Sendable {
  /// What can be said of it: the worst of its signers, and nothing of encryption.
  public let verdict: Verdict
  public let signers: [SignerReport]
  /// Everything in the object but the content.
  public let data: SignedData
}

extension Reader {
  /// Verifies every signature of `object` and validates the signers' paths at the instant `at`.
  ///
  /// - Parameters:
  ///   - content: takes what the object holds, before anything is known of it: whoever made the sink lets nothing of it
  ///     out before this returns and the verdict is good.
  ///   - detached: what was signed, where the object does not hold it.
  /// - Throws: `Malformed`, `Unsupported` or `LimitExceeded` if there is no SignedData to be had, and what the streams
  ///   throw. What is wrong with a signer is in the result.
  public func verify(
    _ object: any ByteStream, detached: (any ByteStream)? = nil, content: any ByteSink = NullSink(),
    at instant: Date = Date()
  ) async throws -> SignedObject {
    let data = try SignedDataReader(object, limits: limits.cms).read(content: content, detached: detached)
    let evaluation = SignerEvaluation(
      paths: paths, policy: policy, certificates: certificates, instant: instant, message: nil)
    let signers = await evaluation.everyReport(data)
    let state = signers.map(\.state).min() ?? .unsigned
    let verdict = Verdict(
      signature: state, encryption: .none, signer: signers.first { $0.state == state }, partState: nil)
    return SignedObject(verdict: verdict, signers: signers, data: data)
  }
}
