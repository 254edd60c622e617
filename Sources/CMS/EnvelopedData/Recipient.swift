public import PKIX
public import SMIMECrypto

/// Whom an object is written for, and how that one gets its key.
///
///     try await EnvelopedDataWriter.encrypt(
///       content, for: [.certificate(bob), .password(Password("…"))], cipher: .aesGCM(keyBits: 256), to: sink)
public enum Recipient: Sendable {
  /// The holder of a certificate's key.
  case certificate(Certificate, method: KeyMethod = .automatic, naming: RecipientNaming = .issuerAndSerial)
  /// Whoever shares `key` with the sender and knows it by `identifier` (RFC 5652 §6.2.3): 16, 24 or 32 octets, for AES.
  case keyEncryptionKey(identifier: [UInt8], key: SymmetricKey)
  /// Whoever knows a password (RFC 5652 §6.2.4): PBKDF2 with so many rounds of HMAC with SHA-256.
  case password(Password, rounds: Int = 600_000)

  /// A certificate; `transport` is for RSA keys, others go their own way.
  public init(_ certificate: Certificate, transport: KeyTransport = .rsaPKCS1) {
    switch certificate.publicKey.kind {
    case .rsa, .rsaPSS: self = .certificate(certificate, method: .transport(transport))
    default: self = .certificate(certificate)
    }
  }
}

/// How the key of a certificate is named in an object (RFC 5652 §6.2.1).
public enum RecipientNaming: Hashable, Sendable {
  case issuerAndSerial
  /// By the certificate's subjectKeyIdentifier; SHA-1 of the key where it has none.
  case subjectKeyIdentifier
}

/// How a certificate's key gets the content-encryption key. What does not fit the key is refused by name.
public enum KeyMethod: Hashable, Sendable {
  /// What fits the key: RSA v1.5; ECDH with X9.63's derivation on a curve (RFC 5753), X25519 or X448 with HKDF (RFC 8418);
  /// ML-KEM with HKDF (RFC 9936).
  case automatic
  /// RSA v1.5 or OAEP.
  case transport(KeyTransport)
  /// An ephemeral key and this derivation. User keying material makes each key of its own; nil for none.
  case agreement(KeyAgreement.KeyDerivation, userKeyingMaterial: [UInt8]? = nil)
  /// RSA-KEM (RFC 9690) or ML-KEM, in a KEMRecipientInfo (RFC 9629).
  case encapsulation(KeyEncapsulation, userKeyingMaterial: [UInt8]? = nil)
}

extension Recipient {
  /// The RecipientInfo by which this recipient gets `key`.
  func recipientInfo(for key: SymmetricKey) throws -> RecipientInfo {
    switch self {
    case .certificate(let certificate, let method, let naming):
      let identifier: SignerIdentifier =
        switch naming {
        case .issuerAndSerial: .issuerAndSerial(IssuerAndSerialNumber(of: certificate))
        case .subjectKeyIdentifier:
          .subjectKeyIdentifier(
            ArraySlice(certificate.keyIdentifiers.first ?? certificate.publicKey.subjectKeyIdentifier))
        }
      return try Self.recipientInfo(for: key, certificate.publicKey, identifier, method)
    case .keyEncryptionKey(let identifier, let wrappingKey):
      let wrap = KeyWrap(keyByteCount: wrappingKey.byteCount)
      return .keyEncryptionKey(
        KEKRecipientInfo(identifier, wrap.identifier, encryptedKey: try wrap.wrap(key, with: wrappingKey)))
    case .password(let password, let rounds):
      let derivation = try PBKDF2(
        salt: SecureRandom.bytes(16), rounds: PBKDF2.checked(rounds: rounds), .sha256)
      let wrap = PasswordKeyWrap(freshKeyBits: 256)
      let wrappingKey = try derivation.derive(from: password.utf8, byteCount: wrap.keyByteCount)
      return .password(
        PasswordRecipientInfo(derivation, wrap, encryptedKey: try wrap.wrap(key, with: wrappingKey)))
    }
  }

  private static func recipientInfo(
    for key: SymmetricKey, _ publicKey: PublicKey, _ identifier: SignerIdentifier, _ method: KeyMethod
  ) throws -> RecipientInfo {
    // RFC 8551 §2.3: the wrap key has the content key's size.
    let wrap = KeyWrap(keyByteCount: key.byteCount)
    switch (publicKey.kind, method) {
    case (.rsa, .automatic), (.rsa, .transport):
      let transport = if case .transport(let chosen) = method { chosen } else { KeyTransport.rsaPKCS1 }
      return .keyTransport(
        KeyTransRecipientInfo(
          identifier, transport.identifier, encryptedKey: try publicKey.encrypt(key, transport)))
    case (.rsa, .encapsulation(.rsaKEM(let parameters), let material)):
      return .kem(
        try KEMRecipientInfo(
          wrapping: key, for: identifier, publicKey, .rsaKEM(parameters), .kdf3(parameters.digest), wrap,
          userKeyingMaterial: material))
    case (.ec, .automatic):
      return .keyAgreement(
        try KeyAgreeRecipientInfo(
          wrapping: key, for: identifier, publicKey, KeyAgreement(.x963(.sha256), wrap: wrap), userKeyingMaterial: nil))
    case (.x25519, .automatic), (.x448, .automatic):
      return .keyAgreement(
        try KeyAgreeRecipientInfo(
          wrapping: key, for: identifier, publicKey, KeyAgreement(.hkdf(.sha256), wrap: wrap), userKeyingMaterial: nil))
    case (.ec, .agreement(let derivation, let material)), (.x25519, .agreement(let derivation, let material)),
      (.x448, .agreement(let derivation, let material)):
      return .keyAgreement(
        try KeyAgreeRecipientInfo(
          wrapping: key, for: identifier, publicKey, KeyAgreement(derivation, wrap: wrap),
          userKeyingMaterial: material))
    case (.mlKEM768, .automatic), (.mlKEM768, .encapsulation(.mlKEM768, _)), (.mlKEM1024, .automatic),
      (.mlKEM1024, .encapsulation(.mlKEM1024, _)):
      let material = if case .encapsulation(_, let chosen) = method { chosen } else { [UInt8]?.none }
      // RFC 9936 §2.2.2: AES-256 key wrap and HKDF with SHA-256 for both.
      return .kem(
        try KEMRecipientInfo(
          wrapping: key, for: identifier, publicKey, publicKey.kind == .mlKEM768 ? .mlKEM768 : .mlKEM1024,
          .hkdf(.sha256), .aes256, userKeyingMaterial: material))
    default: throw Unsupported("\(method.name) to a key of type \(publicKey.summary)")
    }
  }
}

extension KeyMethod {
  fileprivate var name: String {
    switch self {
    case .automatic: "encryption"
    case .transport(let transport): transport.name
    case .agreement: "key agreement"
    case .encapsulation(let encapsulation, _): encapsulation.name
    }
  }
}
