import ByteIO
import PKIX
import SMIMECrypto
import SwiftASN1

/// One content-encryption key as a recipient of ours gets it, ready for the private-key operation: all that can be
/// known before it has been looked at.
struct SealedKey: Sendable {
  private enum Method {
    case transport(KeyTransport)
    case agreement(KeyAgreement, ephemeral: PublicKey, userKeyingMaterial: ArraySlice<UInt8>?)
  }

  private let key: any DecryptionKey
  private let encryptedKey: ArraySlice<UInt8>
  private let method: Method

  init(_ info: KeyTransRecipientInfo, for identity: Identity) throws {
    key = identity.decryptionKey
    encryptedKey = info.encryptedKey
    // Malformed OAEP parameters are an error here, and never become PKCS #1 v1.5.
    method = .transport(try KeyTransport(info.keyEncryptionAlgorithm))
    switch identity.certificate.publicKey.kind {
    case .rsa, .rsaPSS: break
    default: throw Unsupported("key transport to \(identity.certificate.publicKey.summary)")
    }
  }

  init(
    _ info: KeyAgreeRecipientInfo, _ recipientKey: KeyAgreeRecipientInfo.RecipientKey, for identity: Identity
  ) throws {
    key = identity.decryptionKey
    encryptedKey = recipientKey.encryptedKey
    guard case .key(_, let point) = info.originator else {
      throw Unsupported("key agreement with a static key of the sender")
    }
    let publicKey = identity.certificate.publicKey
    guard case .ec(let curve) = publicKey.kind else { throw Unsupported("key agreement with \(publicKey.summary)") }
    // RFC 5753 §3.1.1: the originator's parameters may be absent, NULL or the curve: it is the recipient's own.
    let ephemeral = try PublicKey(curve: curve, point: point)
    method = .agreement(
      try KeyAgreement(info.keyEncryptionAlgorithm), ephemeral: ephemeral,
      userKeyingMaterial: info.userKeyingMaterial)
  }

  /// The private-key operation. What the bytes make fail is a `DecryptionFailed`.
  func open(byteCount: Int) async throws -> SymmetricKey {
    switch method {
    case .transport(let transport): return try await key.decrypt(encryptedKey, transport, keyByteCount: byteCount)
    case .agreement(let scheme, let ephemeral, let material):
      let secret = try await key.sharedSecret(with: ephemeral)
      let wrappingKey = try scheme.keyEncryptionKey(from: secret, userKeyingMaterial: material)
      return try scheme.wrap.unwrap(encryptedKey, with: wrappingKey)
    }
  }
}

extension EnvelopedDataReader {
  /// The keys that the recipients hold for `identities`: matched by what the recipients name, never guessed.
  func sealedKeys(for identities: [Identity]) throws -> [SealedKey] {
    var sealed: [SealedKey] = []
    var refusal: (any Error)?
    for identity in identities {
      for recipient in recipients {
        do {
          switch recipient {
          case .keyTransport(let info) where info.recipient.names(identity.certificate):
            sealed.append(try SealedKey(info, for: identity))
          case .keyAgreement(let info):
            for key in info.recipientKeys where key.recipient.names(identity.certificate) {
              sealed.append(try SealedKey(info, key, for: identity))
            }
          case .keyTransport, .other: break
          }
        } catch { refusal = refusal ?? error }
        guard sealed.count <= limits.keyOperations else {
          throw LimitExceeded(.recipients, limit: limits.keyOperations)
        }
      }
    }
    guard sealed.isEmpty else { return sealed }
    throw refusal ?? KeyMissing(recipients: recipients.flatMap(\.descriptions))
  }
}
