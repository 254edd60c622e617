import SMIMECrypto

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Asks sources about one certificate after another and weighs what they say (RFC 5280 §6.3, RFC 6960 §3.2).
struct RevocationCheck {
  let sources: [any RevocationSource]
  let policy: AlgorithmPolicy
  let instant: Date

  /// How far another clock may be ahead of this one.
  private static let clockTolerance: TimeInterval = 300
  /// How long a CRL is believed that does not say when the next one comes (S/MIME BR 4.9.7: within seven days).
  private static let listLifetime: TimeInterval = 7 * 86_400

  /// What is known of `certificate`, and was not asked before.
  func report(
    on certificate: Certificate, issuedBy issuer: Certificate, _ memory: inout RevocationMemory
  ) async -> RevocationReport {
    if let known = memory.report(on: certificate, issuedBy: issuer) { return known }
    let report = await report(on: certificate, issuedBy: issuer)
    memory.keep(report, issuedBy: issuer)
    return report
  }

  /// Local sources are always heard. The others are asked in turn until one knows, or says that nobody issued such a
  /// certificate. Whatever says `revoked` decides.
  private func report(on certificate: Certificate, issuedBy issuer: Certificate) async -> RevocationReport {
    var inquiries: [RevocationInquiry] = []
    var answer: CertificateStatus?
    for source in sources.filter(\.isLocal) + sources.filter({ !$0.isLocal }) {
      if !source.isLocal && answer != nil { break }
      var heard = await source.evidence(on: certificate, issuedBy: issuer).map { inquiry($0, on: certificate, issuer) }
      // What was kept and is of no use may have been put there to be kept.
      if heard.contains(where: { $0.provenance.place == .cache && $0.status == nil }) {
        heard += await source.freshEvidence(on: certificate, issuedBy: issuer).map { inquiry($0, on: certificate, issuer) }
      }
      inquiries += heard
      for case .revoked(let revocation)? in heard.map(\.status) {
        return RevocationReport(certificate: certificate, status: .revoked(revocation), inquiries: inquiries)
      }
      if !source.isLocal { answer = heard.lazy.compactMap(\.status).max { $0.gravity < $1.gravity } }
    }
    let isGood = answer != .unknown && inquiries.contains { $0.status == .good }
    return RevocationReport(certificate: certificate, status: isGood ? .good : .unknown, inquiries: inquiries)
  }

  private func inquiry(
    _ evidence: RevocationEvidence, on certificate: Certificate, _ issuer: Certificate
  ) -> RevocationInquiry {
    switch evidence.content {
    case .failure(let method, let why):
      return RevocationInquiry(
        method: method, provenance: evidence.provenance, thisUpdate: nil, nextUpdate: nil, status: nil, detail: why)
    case .list(let list):
      let (status, detail) = judge(list, on: certificate, issuer)
      return RevocationInquiry(
        method: .crl, provenance: evidence.provenance, thisUpdate: list.thisUpdate, nextUpdate: list.nextUpdate,
        status: status, detail: detail)
    case .response(let response, let nonce):
      let (single, status, detail) = judge(response, nonce: nonce, on: certificate, issuer)
      return RevocationInquiry(
        method: .ocsp, provenance: evidence.provenance, thisUpdate: single?.thisUpdate, nextUpdate: single?.nextUpdate,
        status: status, detail: detail)
    }
  }

  private typealias Judgement = (CertificateStatus?, String?)

  // MARK: CRL

  private func judge(_ list: CertificateRevocationList, on certificate: Certificate, _ issuer: Certificate) -> Judgement
  {
    if let objection = objection(to: list, on: certificate, issuer) { return (nil, objection) }
    do {
      guard let entry = try list.entry(for: certificate.serialNumber), entry.reason != .removeFromCRL else {
        return (.good, nil)
      }
      return (.revoked(RevokedCertificate(date: entry.date, reason: entry.reason)), nil)
    } catch { return (nil, "it cannot be read: \(error)") }
  }

  /// Why a list says nothing about `certificate`; nil when it does.
  private func objection(
    to list: CertificateRevocationList, on certificate: Certificate, _ issuer: Certificate
  ) -> String? {
    guard list.issuer == certificate.issuer else { return "it is a list of \(list.issuer)" }
    let end = list.nextUpdate ?? list.thisUpdate.addingTimeInterval(Self.listLifetime)
    if let objection = objection(from: list.thisUpdate, until: end) { return objection }
    if let objection = list.objection(for: certificate) { return objection }
    do {
      // RFC 10007: a CRL issuer's keyUsage must be there and must have cRLSign; anchors may have none.
      if let usage = try issuer.extensions.keyUsage, !usage.contains(.cRLSign) { return "its issuer may not sign CRLs" }
      if let algorithm = try? SignatureAlgorithm(list.signatureAlgorithm),
        let objection = policy.objection(to: algorithm, with: issuer.publicKey)
      {
        return objection
      }
      return try list.isSigned(by: issuer.publicKey) ? nil : "its signature is wrong"
    } catch { return "\(error)" }
  }

  /// Why what is right from `start` until `end` is not right now; nil when it is.
  private func objection(from start: Date, until end: Date?) -> String? {
    if start > instant.addingTimeInterval(Self.clockTolerance) {
      return "it is not valid before \(start.ISO8601Format())"
    }
    if let end, end < instant { return "it ran out on \(end.ISO8601Format())" }
    return nil
  }

  // MARK: OCSP

  private func judge(
    _ response: OCSPResponse, nonce: [UInt8]?, on certificate: Certificate, _ issuer: Certificate
  ) -> (OCSPSingleResponse?, CertificateStatus?, String?) {
    guard let basic = response.basic else { return (nil, nil, "it answers \(response.status.name)") }
    // Two answers about one certificate can differ: the worst counts (what OpenSSL #32376 took for good).
    let about = basic.responses.filter { $0.certificate.names(certificate.serialNumber, of: issuer) }
    guard let single = about.max(by: { $0.status.gravity < $1.status.gravity }) else {
      return (nil, nil, "it answers for another certificate")
    }
    do {
      if let objection = try objection(to: basic, issuer) { return (single, nil, objection) }
      if let objection = freshness(of: single) { return (single, nil, objection) }
      for one in single.extensions.all + basic.extensions.all where one.isCritical && one.oid != OID.ocspNonce {
        return (single, nil, "its critical extension \(one.oid) is not known")
      }
      var detail: String?
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

  /// §4.2.2.2: the issuer signs itself, or a responder whose certificate it issued for that purpose.
  private func objection(to basic: BasicOCSPResponse, _ issuer: Certificate) throws -> String? {
    let algorithm = try SignatureAlgorithm(basic.signatureAlgorithm)
    if basic.responder.names(issuer), algorithm.isUsable(with: issuer.publicKey), try basic.isSigned(by: issuer.publicKey) {
      return policy.objection(to: algorithm, with: issuer.publicKey)
    }
    let named = basic.certificates.filter { basic.responder.names($0) }
    guard !named.isEmpty || basic.responder.names(issuer) else {
      return "the certificate of its signer, \(basic.responder), is missing"
    }
    var why = "its signature is wrong"
    for responder in named {
      guard algorithm.isUsable(with: responder.publicKey), try basic.isSigned(by: responder.publicKey) else { continue }
      guard let objection = try objection(toResponder: responder, issuer, algorithm) else { return nil }
      why = "its signer \(responder.subject) \(objection)"
    }
    return why
  }

  private func objection(
    toResponder responder: Certificate, _ issuer: Certificate, _ algorithm: SignatureAlgorithm
  ) throws -> String? {
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
      return "has the critical extension \(one.oid), which is not known"
    }
    guard responder.validity.notBefore <= instant.addingTimeInterval(Self.clockTolerance),
      instant <= responder.validity.notAfter
    else { return "has a certificate that is not valid now" }
    // §4.2.2.2.1: who does not say that it need not be checked would have to be, by someone who again would have to be.
    guard responder.extensions[OID.ocspNoCheck] != nil else { return "may itself be revoked (it has no ocsp-nocheck)" }
    if let objection = try policy.objection(to: algorithm, with: responder.publicKey)
      ?? policy.objection(to: SignatureAlgorithm(responder.signatureAlgorithm), with: issuer.publicKey)
      ?? policy.objection(to: responder.publicKey)
    {
      return "is not believed: \(objection)"
    }
    return nil
  }

  private static let processed: Set = [
    OID.keyUsage, OID.extendedKeyUsage, OID.ocspNoCheck, OID.basicConstraints, OID.authorityKeyIdentifier,
    OID.subjectKeyIdentifier, OID.subjectAlternativeName, OID.certificatePolicies,
  ]
}

/// What was found out in one validation, so that a second path asks nobody twice and forgets nothing.
struct RevocationMemory {
  private struct Question: Hashable {
    let certificate: Certificate
    let issuerKey: PublicKey
  }

  private var answers: [Question: (report: RevocationReport, issuer: Certificate)] = [:]

  /// What is known. Another certificate of the same issuer may make lists count that did not before; what it revoked stays so.
  func report(on certificate: Certificate, issuedBy issuer: Certificate) -> RevocationReport? {
    guard let known = answers[Question(certificate: certificate, issuerKey: issuer.publicKey)] else { return nil }
    if case .revoked = known.report.status { return known.report }
    return known.issuer == issuer ? known.report : nil
  }

  mutating func keep(_ report: RevocationReport, issuedBy issuer: Certificate) {
    answers[Question(certificate: report.certificate, issuerKey: issuer.publicKey)] = (report, issuer)
  }
}

extension CertificateStatus {
  /// How bad it is.
  fileprivate var gravity: Int {
    switch self {
    case .good: 0
    case .unknown: 1
    case .revoked: 2
    }
  }
}
