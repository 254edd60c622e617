public import PKIX
public import SMIMECrypto

/// Keys on tokens, through the PKCS#11 modules that p11-kit knows (RFC 7512 names them).
///
/// p11-kit and the modules are loaded by the first call, and stay until the process ends.
public enum Tokens {
  /// Gives the PIN of a token when a private key on it is first needed; nil when there is none. It is tried once.
  public typealias PIN = @Sendable (Token) throws -> Password?

  #if PKCS11
    /// The tokens that are there, of those that `address` names.
    public static func all(_ address: TokenAddress) throws(TokenFailure) -> [Token] {
      try TokenModule.places(address).map(\.token)
    }

    /// Each token that `address` names, with the certificates on it that `address` names and that are seen without a PIN.
    /// What cannot hold keys, such as the certificates that the system trusts, is among them if the address names that token.
    public static func certificates(
      _ address: TokenAddress
    ) async throws -> [(token: Token, certificates: [TokenCertificate])] {
      var found: [(token: Token, certificates: [TokenCertificate])] = []
      for session in try sessions(address, pin: { _ in nil }) {
        if !address.namesToken, await session.holdsNoKeys() { continue }
        found.append((session.token, try await session.certificates().filter { isNamed($0, by: address) }))
      }
      return found
    }

    /// The identities that `address` names: certificates with the keys beside them. Authorities' certificates on a token
    /// become the chains of the others.
    ///
    /// The PIN is asked for when a key is first used, or here if the token hides its certificates.
    ///
    /// - Throws: ``TokenFailure``, or what `pin` throws.
    public static func identities(_ address: TokenAddress, pin: @escaping PIN) async throws -> [Identity] {
      let sessions = try sessions(address, pin: pin)
      guard !sessions.isEmpty else { throw TokenFailure.noToken }
      var holders: [TokenSession] = []
      for session in sessions where await !session.holdsNoKeys() { holders.append(session) }
      var identities: [Identity] = []
      for session in holders { identities += try await held(on: session, address) }
      // Behind its PIN a token may have more to see. The PIN is one token's, and no other is asked to try it.
      let locked = holders.filter { $0.token.needsPIN }
      if identities.isEmpty, let session = locked.first, locked.count == 1 {
        try await session.unlock()
        identities = try await held(on: session, address)
      }
      guard !identities.isEmpty else {
        let asked = holders.isEmpty ? sessions : holders
        throw TokenFailure.noIdentity(token: asked.map(\.token.label).joined(separator: "', '"))
      }
      return identities
    }

    private static func sessions(
      _ address: TokenAddress, pin: @escaping PIN
    ) throws(TokenFailure) -> [TokenSession] {
      var sessions: [TokenSession] = []
      var refusal: TokenFailure?
      // A token that was just pulled out keeps nobody from the others.
      for place in try TokenModule.places(address) {
        do { sessions.append(try TokenSession(place, pin: pin)) } catch { refusal = error }
      }
      if sessions.isEmpty, let refusal { throw refusal }
      return sessions
    }

    private static func held(on session: TokenSession, _ address: TokenAddress) async throws -> [Identity] {
      var own: [(TokenCertificate, Certificate)] = []
      var authorities: [Certificate] = []
      for entry in try await session.certificates() {
        // One that cannot be read is nobody's to use; 'token list' shows that it is there.
        guard let certificate = try? Certificate(der: entry.derBytes[...]) else { continue }
        if (try? certificate.extensions.basicConstraints)??.isAuthority ?? false {
          authorities.append(certificate)
        } else if isNamed(entry, by: address) {
          own.append((entry, certificate))
        }
      }
      return try own.map { entry, certificate in
        let key = TokenKey(publicKey: certificate.publicKey, session: session, id: entry.id)
        return try Identity(
          certificate: certificate, chain: chain(of: certificate, in: authorities), signingKey: key, decryptionKey: key)
      }
    }

    /// The certificates above `leaf`, by name; each is used once, so this ends.
    private static func chain(of leaf: Certificate, in pool: [Certificate]) -> [Certificate] {
      var chain: [Certificate] = []
      var last = leaf
      while !last.isSelfIssued,
        let issuer = pool.first(where: { $0.subject == last.issuer && !chain.contains($0) })
      {
        chain.append(issuer)
        last = issuer
      }
      return chain
    }

    private static func isNamed(_ certificate: TokenCertificate, by address: TokenAddress) -> Bool {
      (address.attributes[.object].map { $0 == certificate.label } ?? true)
        && (address.id.map { $0 == certificate.id } ?? true)
    }
  #else
    public static func all(_ address: TokenAddress) throws(TokenFailure) -> [Token] { throw .notBuilt }

    public static func certificates(
      _ address: TokenAddress
    ) async throws -> [(token: Token, certificates: [TokenCertificate])] { throw TokenFailure.notBuilt }

    public static func identities(_ address: TokenAddress, pin: @escaping PIN) async throws -> [Identity] {
      throw TokenFailure.notBuilt
    }
  #endif
}
