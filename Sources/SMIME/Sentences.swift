import PKIX

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The sentence for each state: one table, and no sentence for two of them.
enum Sentences {
  static func of(_ state: SignatureState, signer: SignerReport?, part: SignatureState?) -> String {
    let who = signer.map { $0.addresses.first ?? $0.certificate.map { "\($0.subject)" } ?? $0.identifier } ?? "somebody"
    let why = signer?.failures.first.map { ": \($0.detail)" } ?? ""
    return switch state {
    case .malformed: "The signature cannot be read\(why)."
    case .unsupported: "Signed by a method that is not known here\(why)."
    case .contentAltered: "Changed after it was signed."
    case .weakAlgorithm: "Signed with an outdated method\(why)."
    case .revoked: "Signed with a certificate that was withdrawn\(why)."
    case .untrusted: "Signed, but nobody here vouches for \(who)\(why)."
    case .certificateNotYetValid: "Signed with a certificate that is not valid yet\(why)."
    case .certificateExpired: "Signed with a certificate that has expired\(why)."
    case .revocationUnknown: "Signed, but nobody could say whether the certificate was withdrawn\(why)."
    case .signerMismatch: "Signed by \(who), who is not the sender shown."
    case .verifiedOnBehalf: "Signed by \(who), who sent it for the author shown."
    case .verified: "Signed by \(who), checked."
    case .unsigned: "Not signed."
    case .partial: "Only a part of this message is signed\(part.map { " (\($0.rawValue))" } ?? "")."
    }
  }

  static func of(_ state: EncryptionState) -> String? {
    switch state {
    case .none: nil
    case .decrypted: "Encrypted, and whole."
    case .decryptedUnauthenticated: "Encrypted, but nothing proves that it was not changed on the way."
    case .keyMissing: "Encrypted for a key that is not here."
    case .failed: "Encrypted, and it cannot be opened."
    }
  }
}
