import SMIMECrypto
import SwiftASN1

/// RFC 3161 §2.4.2
///
///     TimeStampResp ::= SEQUENCE { status PKIStatusInfo, timeStampToken TimeStampToken OPTIONAL }
///     PKIStatusInfo ::= SEQUENCE { status INTEGER, statusString PKIFreeText OPTIONAL, failInfo BIT STRING OPTIONAL }
public struct TimestampResponse: Sendable {
  /// The numbers of PKIStatus; 0 and 1 bring a token.
  public let status: Int
  /// What the authority says about it, in its own words.
  public let statusText: [String]
  /// The bits of PKIFailureInfo that are set.
  public let failures: [Int]
  /// nil where the request was refused.
  public let token: Timestamp?

  /// - Throws: ``Malformed``; `LimitExceeded`.
  public init(der: ArraySlice<UInt8>, limits: CMSLimits = .standard) throws {
    var top = try ASN1Cursor(der, as: "TimeStampResp", rules: .ber)
    var fields = try top.enter()
    var info = try fields.sequence("status")
    status = try info.int("status")
    var texts: [String] = []
    if var list = try info.constructed(ifPresent: .sequence, "statusString") {
      while !list.isAtEnd {
        texts.append(String(decoding: try list.octets("text", tag: .utf8String), as: UTF8.self))
      }
    }
    statusText = texts
    failures = info.tag == .bitString ? Self.setBits(try info.bits("failInfo").bytes) : []
    try info.finish()
    let isGranted = status == 0 || status == 1
    guard !fields.isAtEnd else {
      guard !isGranted else { throw fields.failure("is granted and missing", "timeStampToken") }
      token = nil
      return
    }
    guard isGranted else { throw fields.failure("is there although the request was refused", "timeStampToken") }
    token = try Timestamp(try fields.raw("timeStampToken"), limits: limits)
    try fields.finish()
  }

  private static func setBits(_ bytes: ArraySlice<UInt8>) -> [Int] {
    bytes.prefix(8).enumerated().flatMap { place, byte in
      (0..<8).filter { byte >> UInt8(7 - $0) & 1 == 1 }.map { place * 8 + $0 }
    }
  }

  /// The token, if it answers `request`: the same imprint, nonce and policy (§2.4.2), and a certificate if one was wanted.
  /// Its signature is another question.
  ///
  /// - Throws: ``TimestampRefused``
  public func token(for request: TimestampRequest) throws(TimestampRefused) -> Timestamp {
    guard let token else { throw TimestampRefused(refusal) }
    let info = token.info
    guard info.messageImprint.hash == request.messageImprint.hash,
      info.messageImprint.hashAlgorithm.algorithm == request.messageImprint.hashAlgorithm.algorithm
    else { throw TimestampRefused("the answer stamps something else") }
    guard info.nonce == request.nonce else { throw TimestampRefused("the answer has another nonce") }
    if let policy = request.policy, policy != info.policy {
      throw TimestampRefused("the answer follows the policy \(info.policy.digits) instead of \(policy.digits)")
    }
    if request.wantsCertificate, token.signedData.certificates.isEmpty {
      throw TimestampRefused("the answer lacks the authority's certificate")
    }
    return token
  }

  private var refusal: String {
    let names = [
      0: "badAlg", 2: "badRequest", 5: "badDataFormat", 14: "timeNotAvailable", 15: "unacceptedPolicy",
      16: "unacceptedExtension", 17: "addInfoNotAvailable", 25: "systemFailure",
    ]
    let words = failures.map { names[$0] ?? "failure \($0)" } + statusText
    return "the authority refused (status \(status))" + (words.isEmpty ? "" : ": " + words.joined(separator: "; "))
  }
}

/// A time-stamping authority gave no token for what was asked.
public struct TimestampRefused: Error, Hashable, Sendable, CustomStringConvertible {
  public let reason: String

  public init(_ reason: String) { self.reason = reason }

  public var description: String { reason }
}
