import SMIMECrypto

/// Who signed a list, and whether that counts (RFC 5280 §6.3.3 f, g; RFC 10007).
extension RevocationCheck {
  /// How many certificates of one name are tried as the signer of one list, of those at hand and of those from a message.
  private static let candidateLimit = 16

  /// The certificate whose key signed `list`, if it may; its issuer's own first. nil with the reason when there is none.
  func signer(
    of list: any RevocationListing, _ issuer: Certificate, _ memory: inout RevocationMemory
  ) async -> (Certificate?, SignerTrust) {
    var candidates = candidates(for: list.head, issuer, memory)
    if candidates.isEmpty {
      for source in validator.issuers where source.isLocal {
        memory.add(await source.certificates(named: list.head.issuer))
      }
      candidates = self.candidates(for: list.head, issuer, memory)
    }
    var why = "the certificate of its signer, \(list.head.issuer), is not known"
    for candidate in candidates {
      guard memory.mayVerify() else { return (nil, .refused("there are too many lists")) }
      do {
        guard try list.isSigned(by: candidate.publicKey) else {
          why = "its signature is wrong"
          continue
        }
        if let objection = try objection(toSigner: candidate, of: list.head) {
          return (nil, .refused(objection))
        }
      } catch {
        why = "\(error)"
        continue
      }
      let trust = await trust(inSigner: candidate, issuer, &memory)
      if case .refused(let words) = trust {
        why = words
        continue
      }
      return (candidate, trust)
    }
    return (nil, .refused(why))
  }

  /// Whether a delta is by the key that signed its base, and may count.
  func isSigned(_ delta: any RevocationListing, by signer: Certificate, _ memory: inout RevocationMemory) -> Bool {
    guard memory.mayVerify() else { return false }
    // What cannot be verified adds nothing.
    do {
      return try delta.isSigned(by: signer.publicKey) && objection(toSigner: signer, of: delta.head) == nil
    } catch { return false }
  }

  private func objection(toSigner signer: Certificate, of list: RevocationListHead) throws -> String? {
    // RFC 10007: a CRL issuer's keyUsage must be there and must have cRLSign; anchors may have none.
    if let usage = try signer.extensions.keyUsage {
      if !usage.contains(.cRLSign) { return "its issuer may not sign CRLs" }
    } else if signer != path.last && !validator.anchors.certificates.contains(signer) {
      return "its issuer does not say that it may sign CRLs"
    }
    guard let algorithm = try? SignatureAlgorithm(list.signatureBlock.algorithm) else { return nil }
    return policy.objection(to: algorithm, with: signer.publicKey)
  }

  /// Certificates of the list's issuer: those at hand, those that were fetched, and behind them those that came with a
  /// message, of which anybody can send any number; of each the ones whose key identifier fits first.
  private func candidates(
    for list: RevocationListHead, _ issuer: Certificate, _ memory: RevocationMemory
  ) -> [Certificate] {
    let wanted = (try? list.extensions.authorityKeyIdentifier) ?? nil
    func fits(_ one: Certificate) -> Bool {
      guard let wanted else { return true }
      return one.extensions.subjectKeyIdentifierBytes?.elementsEqual(wanted) ?? false
    }
    var seen: Set<Certificate> = []
    func likeliest(_ certificates: [Certificate]) -> ArraySlice<Certificate> {
      let named = certificates.filter { $0.subject == list.issuer && seen.insert($0).inserted }
      return (named.filter { fits($0) } + named.filter { !fits($0) }).prefix(Self.candidateLimit)
    }
    let own = likeliest([issuer] + path + validator.anchors.certificates + validator.intermediates)
    return Array(own + likeliest(memory.fetched) + likeliest(memory.pool))
  }

  /// Whether a signer counts: it is the certificate's own issuer or stands above it, or it has a path to the same anchor on
  /// which nothing was revoked.
  private func trust(
    inSigner signer: Certificate, _ issuer: Certificate, _ memory: inout RevocationMemory
  ) async -> SignerTrust {
    if signer == issuer { return .trusted }
    if let depth = path.firstIndex(of: issuer), path[depth...].contains(signer) { return .trusted }
    guard let anchor = path.last else { return .refused("its signer \(signer.subject) is not trusted") }
    if let known = memory.trust(in: signer, under: anchor) { return known }
    if memory.pending.contains(signer) {
      // A stolen key would say of itself that all is well. Its authority may have left its own status to it (PKITS 4.14.30).
      let points = (try? signer.extensions.distributionPoints) ?? []
      if points.contains(where: { $0.listIssuers.contains(signer.subject) }) { return .trusted }
      return .unsure("its signer \(signer.subject) alone says that it was not revoked")
    }
    guard memory.mayCheck(signer) else {
      return .refused("there are too many signers of lists")
    }
    let anchors = validator.anchors.certificates.filter { $0 == anchor || $0.subject == anchor.subject }
    let paths = PathValidator(
      anchors: TrustAnchors(anchors), intermediates: validator.intermediates,
      issuers: validator.issuers.filter(\.isLocal), policy: policy, purpose: nil,
      budget: memory.budget(of: validator.budget))
    let trust: SignerTrust
    switch await paths.validate(signer, with: memory.pool + path, at: instant) {
    case .failure(let failure):
      memory.spend(failure.effort)
      trust = .refused("its signer \(signer.subject) is not trusted: \(failure)")
    case .success(let found):
      memory.spend(found.effort)
      memory.pending.insert(signer)
      trust = await self.trust(onPath: found.certificates, &memory)
      memory.pending.remove(signer)
    }
    if !isPartial { memory.keep(trust, in: signer, under: anchor) }
    return trust
  }

  private func trust(onPath signerPath: [Certificate], _ memory: inout RevocationMemory) async -> SignerTrust {
    let check = RevocationCheck(
      sources: sources, validator: validator, path: signerPath, instant: instant, isPartial: isPartial)
    for depth in signerPath.indices.dropLast().reversed() {
      let report = await check.report(on: signerPath[depth], issuedBy: signerPath[depth + 1], &memory)
      switch report.status {
      case .good: continue
      case .revoked:
        return .refused("the certificate of its signer, or one above it, was revoked: \(signerPath[depth].subject)")
      case .unknown: return .unsure("its signer \(signerPath[0].subject) may itself be revoked")
      }
    }
    return .trusted
  }
}

extension SignerTrust {
  /// Why the signer does not count.
  var words: String? {
    switch self {
    case .trusted: nil
    case .unsure(let words), .refused(let words): words
    }
  }
}
