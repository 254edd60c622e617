import SMIMECrypto

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What OCSP responses say (RFC 6960 §3.2).
extension RevocationCheck {
  /// The answer on `certificate`, what it says if it is of use, and what to know of it.
  func judge(
    _ response: OCSPResponse, nonce: [UInt8]?, on certificate: Certificate, _ issuer: Certificate,
    _ memory: inout RevocationMemory
  ) async -> (OCSPSingleResponse?, CertificateStatus?, String?) {
    guard let basic = response.basic else { return (nil, nil, "it answers \(response.status.name)") }
    // Two answers about one certificate can differ: the worst counts (what OpenSSL #32376 took for good).
    let about = basic.responses.filter { $0.certificate.names(certificate.serialNumber, of: issuer) }
    guard let single = about.max(by: { $0.status.gravity < $1.status.gravity }) else {
      return (nil, nil, "it answers for another certificate")
    }
    do {
      if let objection = try await objection(to: basic, issuer, &memory) { return (single, nil, objection) }
      let staleness = freshness(of: single)
      if let staleness {
        guard case .revoked(let revocation) = single.status, stands(revocation) else { return (single, nil, staleness) }
      }
      let known = [OID.ocspNonce, OID.ocspArchiveCutoff]
      for one in single.extensions.all + basic.extensions.all where one.isCritical && !known.contains(one.oid) {
        return (single, nil, "its critical extension \(one.oid.digits) is not known")
      }
      // §4.4.4: of what ran out before, a responder knows as much as it says that it remembers.
      if single.status == .good, certificate.validity.notAfter < single.thisUpdate {
        guard let cutoff = try single.archiveCutoff, cutoff <= certificate.validity.notAfter else {
          return (
            single, nil, "the certificate had run out before, and the responder does not say that it remembers it"
          )
        }
      }
      var detail = staleness
      if let nonce {
        // RFC 9654 §2: without one the times decide, as above; another one means an answer to somebody else's question.
        if let echoed = try basic.nonce {
          guard echoed.elementsEqual(nonce) else { return (single, nil, "its nonce is another than the one sent") }
        } else {
          detail = "it came without the nonce that was sent"
        }
      }
      return (single, single.status, detail)
    } catch { return (single, nil, "\(error)") }
  }

  private func freshness(of single: OCSPSingleResponse) -> String? {
    if let objection = objection(from: single.thisUpdate, until: single.nextUpdate) { return objection }
    // §2.4: without nextUpdate there may be news at any time, so that only an answer of this moment counts.
    if single.nextUpdate == nil, single.thisUpdate < instant.addingTimeInterval(-Self.clockTolerance) {
      return "it is of \(single.thisUpdate.ISO8601Format()) and says that there may be news"
    }
    return nil
  }

  /// How many certificates of one name are tried as the signer of an answer.
  private static let responderLimit = 8

  /// §4.2.2.2: the issuer signs itself, or a responder whose certificate it issued for that purpose.
  private func objection(
    to basic: BasicOCSPResponse, _ issuer: Certificate, _ memory: inout RevocationMemory
  ) async throws -> String? {
    let algorithm = try SignatureAlgorithm(basic.signatureAlgorithm)
    if basic.responder.names(issuer), algorithm.isUsable(with: issuer.publicKey),
      try basic.isSigned(by: issuer.publicKey)
    {
      return policy.objection(to: algorithm, with: issuer.publicKey)
    }
    // Responders enclose one; many would only cost work.
    let named = basic.certificates.lazy.filter { basic.responder.names($0) }.prefix(Self.responderLimit)
    guard !named.isEmpty || basic.responder.names(issuer) else {
      return "the certificate of its signer, \(basic.responder), is missing"
    }
    var why = "its signature is wrong"
    for responder in named {
      guard memory.mayVerify() else { return "there are too many answers" }
      guard algorithm.isUsable(with: responder.publicKey), try basic.isSigned(by: responder.publicKey) else { continue }
      guard let objection = try await objection(toResponder: responder, issuer, algorithm, &memory) else { return nil }
      why = "its signer \(responder.subject) \(objection)"
    }
    return why
  }

  private func objection(
    toResponder responder: Certificate, _ issuer: Certificate, _ algorithm: SignatureAlgorithm,
    _ memory: inout RevocationMemory
  ) async throws -> String? {
    guard responder.issuer == issuer.subject, try responder.isSigned(by: issuer.publicKey) else {
      return "was not authorised by \(issuer.subject)"
    }
    guard responder.defects.isEmpty, responder.extensions.duplicates.isEmpty else {
      return "has a certificate that breaks rules of its own"
    }
    guard try responder.extensions.extendedKeyUsage?.contains(.ocspSigning) == true else {
      return "may not sign OCSP responses"
    }
    if let usage = try responder.extensions.keyUsage, !usage.contains(.digitalSignature) {
      return "may not sign with that key"
    }
    if let one = responder.extensions.all.first(where: { $0.isCritical && !Self.processed.contains($0.oid) }) {
      return "has the critical extension \(one.oid.digits), which is not known"
    }
    guard responder.validity.notBefore <= instant.addingTimeInterval(Self.clockTolerance),
      instant <= responder.validity.notAfter
    else { return "has a certificate that is not valid now" }
    if let objection = try policy.objection(to: algorithm, with: responder.publicKey)
      ?? policy.objection(to: SignatureAlgorithm(responder.signatureAlgorithm), with: issuer.publicKey)
      ?? policy.objection(to: responder.publicKey)
    {
      return "is not believed: \(objection)"
    }
    return await revocation(of: responder, issuer, &memory)
  }

  /// §4.2.2.2.1: a responder that does not say that it need not be checked is, by what others say of it than itself.
  private func revocation(
    of responder: Certificate, _ issuer: Certificate, _ memory: inout RevocationMemory
  ) async -> String? {
    if responder.extensions[OID.ocspNoCheck] != nil { return nil }
    let words = "may itself be revoked (it has no ocsp-nocheck)"
    guard memory.mayCheck(responder), memory.pending.insert(responder).inserted else { return words }
    let report = await report(on: responder, issuedBy: issuer, &memory)
    memory.pending.remove(responder)
    return report.status == .good ? nil : words
  }

  private static let processed: Set = [
    OID.keyUsage, OID.extendedKeyUsage, OID.ocspNoCheck, OID.basicConstraints, OID.authorityKeyIdentifier,
    OID.subjectKeyIdentifier, OID.subjectAlternativeName, OID.certificatePolicies,
  ]
}
