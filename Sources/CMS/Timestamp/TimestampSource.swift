public import PKIX
public import SMIMECrypto
import SwiftASN1

/// A time-stamping authority, wherever it is.
public protocol TimestampSource: Sendable {
  /// Sends a TimeStampReq and gives the TimeStampResp that comes back, both in DER (RFC 3161 §2.4).
  func response(to request: [UInt8]) async throws -> [UInt8]
}

/// RFC 3161 Appendix A: time stamps over a signature's value, as an unsigned attribute of it.
extension SignerInfo {
  /// The time stamps of this signature, as they came; or why one cannot be read. They prove nothing until checked.
  public var timestamps: [Result<Timestamp, Malformed>] {
    var found: [Result<Timestamp, Malformed>] = []
    for value in unsignedValues(of: .timestampTokenAttribute) {
      let element = element(value, ".unsignedAttrs.timeStampToken[\(found.count)]")
      do {
        found.append(.success(try Timestamp(value)))
      } catch let fault as Malformed {
        let inner = fault.path.isEmpty ? "" : ".\(fault.path)"
        let at = fault.offset.map { element.offset + $0 } ?? element.offset
        found.append(.failure(Malformed(fault.reason, path: element.path + inner, offset: at)))
      } catch {
        found.append(.failure(Malformed("\(error)", path: element.path, offset: element.offset)))
      }
    }
    return found
  }

  /// What each of the time stamps proves: that this signature was there at a time.
  ///
  /// The time that the signer claims (``signingTime``) is never among it.
  ///
  /// - Parameter certificates: where an authority's certificate is looked for when it did not come with the token.
  public func provenTimes(
    certificates: [Certificate] = [], policy: AlgorithmPolicy = .standard
  ) -> [Result<ProvenTime, TimestampFailure>] {
    timestamps.map { result in
      switch result {
      case .success(let token): token.check(over: signature, certificates: certificates, policy: policy)
      case .failure(let fault): .failure(.malformed(fault))
      }
    }
  }

  /// This SignerInfo with a time stamp by `source` over its signature. Everything else stays byte for byte.
  ///
  /// The token is checked before it is kept, but for the authority's path.
  ///
  /// - Throws: ``TimestampRefused``, ``TimestampFailure``, or whatever the source throws.
  public func timestamped(
    by source: any TimestampSource, imprint digest: DigestAlgorithm = .sha256
  ) async throws -> SignerInfo {
    let request = TimestampRequest(for: try MessageImprint(of: signature, by: digest))
    let answer = try await source.response(to: request.derBytes)
    return try timestamped(with: TimestampResponse(der: answer[...]).token(for: request))
  }

  /// This SignerInfo with the time stamp `token`, which was fetched elsewhere. Everything else stays byte for byte.
  ///
  /// - Throws: ``TimestampFailure`` when it is of another signature or not an authority's.
  public func timestamped(with token: Timestamp) throws -> SignerInfo {
    _ = try token.check(over: signature).get()
    return try adding([Attribute(.timestampTokenAttribute, values: [token.encoded])])
  }
}
