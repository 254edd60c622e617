public import PKIX

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// What can be said of a message: two indicators, never one lock.
public struct Verdict: Hashable, Sendable {
  public let signature: SignatureState
  public let encryption: EncryptionState
  /// The signer that decided ``signature``; nil when there is none.
  public let signer: SignerReport?
  /// Of ``SignatureState/partial``: the state of the part that is signed.
  public let partState: SignatureState?

  /// What is said of the signature, in one sentence of plain words.
  public var signatureSentence: String { Sentences.of(signature, signer: signer, part: partState) }

  /// What is said of the encryption; nil when there is nothing to say.
  public var encryptionSentence: String? { Sentences.of(encryption) }
}

/// One signer of a message.
public struct SignerReport: Hashable, Sendable {
  public let state: SignatureState
  /// The mailboxes of the certificate.
  public let addresses: [String]
  public let certificate: Certificate?
  /// Who is named where the certificate is missing.
  public let identifier: String
  /// When the signer says it was; shown, and believed for nothing.
  public let claimedTime: Date?
  /// The path, the leaf first; as far as it goes where it is not good.
  public let path: [Certificate]
  /// What does not hold, the weightiest first.
  public let failures: [Failure]
  /// What is not known and passed, such as revocation.
  public let notes: [String]
  /// What was asked about the revocation of each certificate below the anchor, the signer's first; empty when nothing was.
  public let revocation: [RevocationReport]
  /// What the signer's software reads, from a signature that holds.
  public let capabilities: Capabilities?
  /// The time stamps over the signature (RFC 3161).
  public internal(set) var timestamps: [TimestampReport] = []
  /// Who signed this signature (RFC 5652 §11.4), each judged by itself: it decides nothing about this signer.
  public internal(set) var countersigners: [SignerReport] = []

  /// One check that does not hold.
  public struct Failure: Hashable, Sendable {
    public let check: String
    public let detail: String

    public init(_ check: String, _ detail: String) {
      self.check = check
      self.detail = detail
    }
  }
}

/// One time stamp over a signature.
public struct TimestampReport: Hashable, Sendable {
  /// When the signature was there; nil when nothing is proven.
  public let time: Date?
  /// Who says so.
  public let authority: Certificate?
  /// Why it proves nothing; nil when it does.
  public let failure: String?
}

/// One cryptographic layer of a message, from the outside in.
public enum Layer: Hashable, Sendable {
  /// multipart/signed or signed-data.
  case signature(SignatureLayer)
  /// enveloped-data or authEnveloped-data.
  case encryption(EncryptionLayer)
  /// compressed-data: says nothing of who wrote it or who can read it.
  case compression(CompressionLayer)
  /// certs-only: nothing is signed.
  case certificates([Certificate])
}

public struct SignatureLayer: Hashable, Sendable {
  public enum Form: String, Hashable, Sendable {
    case multipart, opaque
  }

  public let form: Form
  /// The worst of the signers; of what is signed, however much of the message that is.
  public let state: SignatureState
  public let signers: [SignerReport]
  /// True if the message goes on beside what is signed, as with a footer that was added on the way.
  public let isFollowed: Bool
}

public struct CompressionLayer: Hashable, Sendable {
  /// Why it did not open; nil when it did.
  public let detail: String?
}

public struct EncryptionLayer: Hashable, Sendable {
  public let state: EncryptionState
  /// The content's cipher, by name.
  public let algorithm: String
  /// Whom the message names, by issuer and serial number or by key identifier.
  public let recipients: [String]
  /// Certificates of ours by an issuer that is named, where none of them is meant.
  public let nearby: [Certificate]
  /// Why it did not open, as far as that is public.
  public let detail: String?
  /// True where it stays closed because of an outdated method that `AlgorithmPolicy.legacy` takes.
  public let isOutdated: Bool
}

/// What a header field is worth (RFC 9788 §4.3).
public enum HeaderState: String, Hashable, Sendable, Codable {
  case unprotected, signed, encrypted, both
}

/// A header field as it is to be shown.
public struct HeaderReport: Hashable, Sendable {
  public let name: String
  public let value: String
  public let state: HeaderState
  /// What stands outside, where that is something else.
  public let outer: String?
}

/// Something odd that a reader should know of.
public struct ReportedDefect: Hashable, Sendable {
  public let code: String
  public let place: String

  public init(_ code: String, _ place: String) {
    self.code = code
    self.place = place
  }
}
