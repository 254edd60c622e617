import ByteIO
public import PKIX
public import SMIMECrypto
import SwiftASN1

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// RFC 3161 §2.4.2   TimeStampToken ::= ContentInfo -- SignedData over a TSTInfo
///
/// A token says nothing until it is checked: ``check(over:certificates:policy:)`` gives the time as a value.
public struct Timestamp: Sendable {
  /// The whole token as it came.
  public let encoded: ArraySlice<UInt8>
  public let info: TSTInfo
  /// The signature over it, and the certificates that came along.
  public let signedData: SignedData

  /// - Throws: ``Malformed`` for what is no token, ``LimitExceeded``
  public init(_ encoded: ArraySlice<UInt8>, limits: CMSLimits = .standard) throws {
    self.encoded = encoded
    let content = BufferSink(limit: limits.headerElementBytes)
    signedData = try SignedDataReader(BufferSource(encoded), limits: limits).read(content: content)
    guard signedData.contentType == .timestamp else {
      throw Malformed("is \(signedData.contentType), not TSTInfo", path: "TimeStampToken.eContentType")
    }
    guard signedData.hasContent else { throw Malformed("holds no TSTInfo", path: "TimeStampToken.eContent") }
    guard !signedData.isFollowedByData else { throw Malformed("is followed by data", path: "TimeStampToken") }
    info = try TSTInfo(content.bytes[...])
  }

  /// Checks that this token stamps `bytes`, that its signature holds, and that its signer's certificate is one of a
  /// time-stamping authority (§2.3, §2.4.2).
  ///
  /// - Parameter certificates: where the authority's certificate is looked for when it did not come along.
  public func check(
    over bytes: ArraySlice<UInt8>, certificates: [Certificate] = [], policy: AlgorithmPolicy = .standard
  ) -> Result<ProvenTime, TimestampFailure> {
    do throws(TimestampFailure) {
      // §2.4.2: what X.509 says of extensions holds here. None is known that would change what is proven.
      if let unknown = info.extensions.all.first(where: \.isCritical) {
        throw .signature(.unsupported(Unsupported("the critical extension \(unknown.oid.digits) of a time stamp")))
      }
      try checkImprint(bytes, policy)
      let signer = try onlySigner()
      let candidates = signer.certificates(in: signedData.certificates + certificates)
      guard !candidates.isEmpty else { throw .certificateMissing(signer.signer) }
      var first: TimestampFailure?
      for certificate in candidates {
        do throws(TimestampFailure) {
          try check(signer, certificate, policy)
          return .success(ProvenTime(token: self, authority: certificate))
        } catch { first = first ?? error }
      }
      throw first ?? .certificateMissing(signer.signer)
    } catch { return .failure(error) }
  }

  private func checkImprint(_ bytes: ArraySlice<UInt8>, _ policy: AlgorithmPolicy) throws(TimestampFailure) {
    let imprint = info.messageImprint
    do {
      guard try imprint.matches(bytes) else { throw TimestampFailure.otherImprint }
    } catch let failure as TimestampFailure {
      throw failure
    } catch let what as Unsupported {
      throw .signature(.unsupported(what))
    } catch {
      throw .malformed(Malformed("\(error)", path: "TSTInfo.messageImprint.hashAlgorithm"))
    }
    if let digest = try? DigestAlgorithm(imprint.hashAlgorithm), let objection = policy.objection(to: digest) {
      throw .signature(.weakAlgorithm(objection))
    }
  }

  /// §2.4.2: no other signature than the authority's.
  private func onlySigner() throws(TimestampFailure) -> SignerInfo {
    guard let result = signedData.signerInfos.first, signedData.signerInfos.count == 1 else {
      throw .malformed(
        Malformed("has \(signedData.signerInfos.count) signers, not one", path: "TimeStampToken.signerInfos"))
    }
    let signer: SignerInfo
    do throws(Malformed) { signer = try result.get() } catch { throw .malformed(error) }
    // §2.4.2, RFC 5816 §2.2.1
    guard !signer.signingCertificates.isEmpty else {
      throw .malformed(signer.failure("signingCertificate is missing", .signedAttrs))
    }
    return signer
  }

  private func check(
    _ signer: SignerInfo, _ certificate: Certificate, _ policy: AlgorithmPolicy
  ) throws(TimestampFailure) {
    let verification = signer.verify(in: signedData, certificate: certificate, policy: policy)
    guard verification == .valid else { throw .signature(verification) }
    // §2.3: one extension, critical, and time stamping the only purpose in it.
    let extensions = certificate.extensions.all.filter { $0.oid == OID.extendedKeyUsage }
    guard let usage = extensions.first, extensions.count == 1 else {
      throw .notForTimestamping("its certificate has \(extensions.count) extended key usages")
    }
    guard usage.isCritical else { throw .notForTimestamping("its extended key usage is not critical") }
    guard (try? certificate.extensions.extendedKeyUsage) == [.timeStamping] else {
      throw .notForTimestamping("its certificate is not for time stamping alone")
    }
    guard info.time >= certificate.validity.notBefore, info.time <= certificate.validity.notAfter else {
      throw .notForTimestamping("its certificate was not valid at that time")
    }
  }
}

/// A time that an authority swears something existed at. Only checking a token makes one.
///
/// What is left to the caller is whether the authority is believed: validate ``authority`` for `KeyPurpose.timeStamping`.
public struct ProvenTime: Sendable {
  public let token: Timestamp
  /// The authority's certificate, by which the token's signature holds.
  public let authority: Certificate

  fileprivate init(token: Timestamp, authority: Certificate) {
    self.token = token
    self.authority = authority
  }

  /// What was stamped was there at this time.
  public var time: Date { token.info.time }
  /// How far that may be off; nil where the authority does not say.
  public var accuracy: Duration? { token.info.accuracy }
  /// The certificates that came with the token, among which the authority's path may be.
  public var certificates: [Certificate] { token.signedData.certificates }
}

/// Why a time stamp proves nothing.
public enum TimestampFailure: Error, Hashable, Sendable, CustomStringConvertible {
  case malformed(Malformed)
  /// It stamps something else.
  case otherImprint
  case certificateMissing(SignerIdentifier)
  /// The authority's signature, or an algorithm in it, is not good.
  case signature(SignerVerification)
  /// Whoever signed it may not (RFC 3161 §2.3).
  case notForTimestamping(String)

  public var description: String {
    switch self {
    case .malformed(let fault): "\(fault)"
    case .otherImprint: "the time stamp is of something else"
    case .certificateMissing(let signer): "the certificate of the time-stamping authority is missing (\(signer))"
    case .signature(.malformed(let fault)): "\(fault)"
    case .signature(.unsupported(let what)): "\(what)"
    case .signature(.contentAltered(let what)): "the time stamp is altered: \(what)"
    case .signature(.weakAlgorithm(let what)): "the time stamp is made with \(what)"
    case .signature(.valid): "the time stamp is valid"
    case .notForTimestamping(let what): "the signer of the time stamp is no time-stamping authority: \(what)"
    }
  }
}
