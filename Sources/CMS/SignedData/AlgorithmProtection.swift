public import SMIMECrypto
import SwiftASN1

/// RFC 6211 §2: the signer's word on which algorithms it used.
///
///     CMSAlgorithmProtection ::= SEQUENCE {
///         digestAlgorithm     DigestAlgorithmIdentifier,
///         signatureAlgorithm  [1] SignatureAlgorithmIdentifier OPTIONAL,
///         macAlgorithm        [2] MessageAuthenticationCodeAlgorithm OPTIONAL }
///     (WITH COMPONENTS { signatureAlgorithm PRESENT, macAlgorithm ABSENT } | …)
public struct AlgorithmProtection: Hashable, Sendable {
  public let digestAlgorithm: AlgorithmIdentifier
  public let signatureAlgorithm: AlgorithmIdentifier

  init(digestAlgorithm: AlgorithmIdentifier, signatureAlgorithm: AlgorithmIdentifier) {
    self.digestAlgorithm = digestAlgorithm
    self.signatureAlgorithm = signatureAlgorithm
  }

  init(_ value: ArraySlice<UInt8>) throws(Malformed) {
    var top = try ASN1Cursor(value, as: "CMSAlgorithmProtection", rules: .ber)
    var fields = try top.enter()
    digestAlgorithm = try AlgorithmIdentifier(from: &fields, "digestAlgorithm")
    var signature = try fields.constructed(.context(1), "signatureAlgorithm")
    signatureAlgorithm = try AlgorithmIdentifier(fields: &signature)
    try fields.finish()
  }

  var encoded: [UInt8] {
    DERWriter.encode { der in
      der.sequence { der in
        digestAlgorithm.write(to: &der)
        signatureAlgorithm.write(to: &der, tag: .context(1))
      }
    }
  }

  /// RFC 6211 §3: the same algorithms and parameters. "No parameters" has two spellings, which are the same here.
  func covers(digest: AlgorithmIdentifier, signature: AlgorithmIdentifier) -> Bool {
    Self.same(digestAlgorithm, digest) && Self.same(signatureAlgorithm, signature)
  }

  private static func same(_ a: AlgorithmIdentifier, _ b: AlgorithmIdentifier) -> Bool {
    a.algorithm == b.algorithm && (a.parameters == b.parameters || (a.hasNoParameters && b.hasNoParameters))
  }
}
