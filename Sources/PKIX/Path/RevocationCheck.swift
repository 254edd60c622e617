import SMIMECrypto

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Asks sources about the certificates of one path and weighs what they say (RFC 5280 §6.3, RFC 6960 §3.2).
struct RevocationCheck {
  let sources: [any RevocationSource]
  let validator: PathValidator
  /// The leaf first, the anchor last.
  let path: [Certificate]
  let instant: Date
  /// True where not every source is heard, so that what comes of it is not all that could be known.
  var isPartial = false

  var policy: AlgorithmPolicy { validator.policy }

  /// How far another clock may be ahead of this one.
  static let clockTolerance: TimeInterval = 300

  /// What is known of `certificate`, and was not asked before.
  func report(
    on certificate: Certificate, issuedBy issuer: Certificate, _ memory: inout RevocationMemory
  ) async -> RevocationReport {
    if let known = memory.report(on: certificate, issuedBy: issuer, under: path.last) { return known }
    let report = await newReport(on: certificate, issuedBy: issuer, &memory)
    let isFinal = if case .revoked = report.status { true } else { !isPartial }
    if isFinal { memory.keep(report, issuedBy: issuer, under: path.last) }
    return report
  }

  /// Local sources are always heard. The others are asked in turn until one knows, or says that nobody issued such a
  /// certificate. Whatever says `revoked` decides.
  private func newReport(
    on certificate: Certificate, issuedBy issuer: Certificate, _ memory: inout RevocationMemory
  ) async -> RevocationReport {
    // RFC 9608 §4: where the authority says that nobody will know, nobody is asked. Who knows nevertheless is heard.
    let isExempt = certificate.isExemptFromRevocation
    let sources = isExempt ? self.sources.filter(\.isLocal) : self.sources
    var evidence: [RevocationEvidence] = []
    var inquiries: [RevocationInquiry] = []
    var answer: CertificateStatus?
    for source in sources.filter(\.isLocal) + sources.filter({ !$0.isLocal }) {
      var index = 0
      while source.isLocal || answer == nil, let place = source.place(index, for: certificate) {
        index += 1
        let before = evidence.count
        evidence += await place.evidence(on: certificate, issuedBy: issuer)
        inquiries = await weigh(evidence, inquiries, on: certificate, issuer, &memory)
        // What was kept and is of no use may have been put there to be kept.
        if inquiries[before...].contains(where: { $0.provenance.place == .cache && $0.status == nil }) {
          evidence += await place.freshEvidence(on: certificate, issuedBy: issuer)
          inquiries = await weigh(evidence, inquiries, on: certificate, issuer, &memory)
        }
        for case .revoked(let revocation)? in inquiries.map(\.status) {
          return RevocationReport(certificate: certificate, status: .revoked(revocation), inquiries: inquiries)
        }
        if !source.isLocal { answer = inquiries[before...].compactMap(\.status).max { $0.gravity < $1.gravity } }
      }
    }
    let isGood = isExempt || answer != .unknown && inquiries.contains { $0.status == .good }
    return RevocationReport(
      certificate: certificate, status: isGood ? .good : .unknown, inquiries: inquiries, isExempt: isExempt)
  }

  /// One inquiry for each piece of evidence. Lists are weighed together, since one may add to another; what was said of
  /// the others, in `known`, stands.
  private func weigh(
    _ evidence: [RevocationEvidence], _ known: [RevocationInquiry], on certificate: Certificate, _ issuer: Certificate,
    _ memory: inout RevocationMemory
  ) async -> [RevocationInquiry] {
    let withLists = evidence.filter { $0.content.list != nil }
    let lists = withLists.compactMap(\.content.list)
    memory.add(evidence[known.count...].flatMap(\.certificates))
    var findings = await findings(
      of: lists, fromMessage: withLists.map(\.isFromMessage), on: certificate, issuer, &memory)[...]
    var inquiries: [RevocationInquiry] = []
    for (index, one) in evidence.enumerated() {
      if let list = one.content.list {
        let finding = findings.removeFirst()
        inquiries.append(
          RevocationInquiry(
            method: .crl, provenance: one.provenance, thisUpdate: list.head.thisUpdate,
            nextUpdate: list.head.nextUpdate, status: finding.status, detail: finding.detail))
      } else if index < known.count {
        inquiries.append(known[index])
      } else if case .failure(let method, let why) = one.content {
        inquiries.append(
          RevocationInquiry(
            method: method, provenance: one.provenance, thisUpdate: nil, nextUpdate: nil, status: nil, detail: why))
      } else if case .response(let response, let nonce) = one.content {
        memory.isHearingMessage = one.isFromMessage
        defer { memory.isHearingMessage = false }
        let (single, status, detail) = await judge(response, nonce: nonce, on: certificate, issuer, &memory)
        inquiries.append(
          RevocationInquiry(
            method: .ocsp, provenance: one.provenance, thisUpdate: single?.thisUpdate, nextUpdate: single?.nextUpdate,
            status: status, detail: detail))
      }
    }
    return inquiries
  }

  /// Why what is right from `start` until `end` is not right now; nil when it is.
  func objection(from start: Date, until end: Date?) -> String? {
    if start > instant.addingTimeInterval(Self.clockTolerance) {
      return "it is not valid before \(start.ISO8601Format())"
    }
    if let end, end < instant { return "it ran out on \(end.ISO8601Format())" }
    return nil
  }

  /// True when a revocation that was told at some other time tells of ``instant`` too: it had happened by then, and is of
  /// those that nobody takes back. That a certificate is good has to be told anew; this has not.
  func stands(_ revocation: RevokedCertificate) -> Bool {
    revocation.date <= instant && revocation.reason != .certificateHold && revocation.reason != .removeFromCRL
  }
}

extension Certificate {
  /// True when its authority says that nobody will ever know whether it is revoked (RFC 9608 §3): noRevAvail in an end
  /// entity's certificate that names nobody who would know. Elsewhere the extension means nothing.
  var isExemptFromRevocation: Bool {
    guard extensions[OID.noRevocationAvailable] != nil,
      extensions[OID.crlDistributionPoints] == nil, extensions[OID.freshestCRL] == nil
    else { return false }
    do {
      return try !(extensions.basicConstraints?.isAuthority ?? false) && extensions.ocspURIs.isEmpty
    } catch { return false }
  }
}

extension CertificateStatus {
  /// How bad it is.
  var gravity: Int {
    switch self {
    case .good: 0
    case .unknown: 1
    case .revoked: 2
    }
  }
}
