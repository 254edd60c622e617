/// What a signature is worth, from the worst to the best: of several that apply the first counts.
public enum SignatureState: String, Hashable, Sendable, CaseIterable, Codable, Comparable {
  /// The CMS or its attributes cannot be read, or break a MUST.
  case malformed
  /// An algorithm or structure that is not offered.
  case unsupported
  /// Digest or signature value are wrong, or content stands beside detached content.
  case contentAltered
  /// MD5, SHA-1, RSA below 2048 bits, where old methods are not allowed.
  case weakAlgorithm
  /// A certificate of the path is revoked.
  case revoked
  /// No path to an anchor, a wrong key usage, or the signer's certificate is missing.
  case untrusted
  case certificateNotYetValid
  case certificateExpired
  /// Only where unknown revocation fails.
  case revocationUnknown
  /// The certificate's addresses do not cover every From mailbox.
  case signerMismatch
  /// They cover Sender, not From.
  case verifiedOnBehalf
  /// Everything holds. The only good state.
  case verified
  /// There is no signature.
  case unsigned
  /// A signature covers a part of the message only.
  case partial

  public static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }

  private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

  /// The result of RFC 8601's `smime` method (RFC 7281 §3).
  public var authenticationResult: String {
    switch self {
    case .malformed, .unsupported: "permerror"
    case .contentAltered, .revoked, .certificateNotYetValid, .certificateExpired, .signerMismatch: "fail"
    case .weakAlgorithm, .verifiedOnBehalf: "policy"
    case .untrusted, .partial: "neutral"
    case .revocationUnknown: "temperror"
    case .verified: "pass"
    case .unsigned: "none"
    }
  }
}

/// What an encryption is worth.
public enum EncryptionState: String, Hashable, Sendable, CaseIterable, Codable {
  /// There is no encryption.
  case none
  /// Every layer opened and proved whole: AEAD, or a good signature directly inside.
  case decrypted
  /// Opened, but nothing proves the content whole.
  case decryptedUnauthenticated
  /// No key of ours is named.
  case keyMissing
  /// A key is named and it did not open.
  case failed
}
