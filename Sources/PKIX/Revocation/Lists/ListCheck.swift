import SMIMECrypto

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A CRL, wherever its entries lie.
protocol RevocationListing: Sendable {
  var head: RevocationListHead { get }
  func isSigned(by key: PublicKey) throws -> Bool
  func entry(
    for serialNumber: SerialNumber, issuedBy issuer: DistinguishedName
  ) throws(Malformed) -> CertificateRevocationList.Entry?
}

extension CertificateRevocationList: RevocationListing {}

/// What one list says of a certificate.
struct ListFinding {
  /// nil when it is of no use, as ``detail`` says.
  var status: CertificateStatus?
  var detail: String?
}

/// What lists say together (RFC 5280 §6.3.3): each for its scope, deltas with the list that they add to, several that
/// cover some reasons each as one that covers all.
extension RevocationCheck {
  /// How long a CRL is believed that does not say when the next one comes (S/MIME BR 4.9.7: within seven days).
  private static let listLifetime: TimeInterval = 7 * 86_400

  /// One finding for each of `lists`.
  ///
  /// - Parameter fromMessage: by index, whether the list came with the message that is judged.
  func findings(
    of lists: [any RevocationListing], fromMessage: [Bool], on certificate: Certificate, _ issuer: Certificate,
    _ memory: inout RevocationMemory
  ) async -> [ListFinding] {
    guard !lists.isEmpty else { return [] }
    let points = (try? certificate.extensions.distributionPoints) ?? []
    let allPoints = points + [DistributionPoint(impliedBy: certificate.issuer)]
    var findings = lists.map { list in
      ListFinding(detail: list.head.objection ?? (validator.profile == .rfc5280 ? list.head.profileFault : nil))
    }
    var covered: ReasonFlags = []
    var useful: [Int] = []
    var latest: [ListScope: Date] = [:]
    // The latest first: what it says of its scope is what earlier ones said, and what became of it.
    for index in lists.indices.sorted(by: { lists[$0].head.thisUpdate > lists[$1].head.thisUpdate }) {
      let list = lists[index]
      guard !list.head.isDelta, findings[index].detail == nil else { continue }
      let reasons: ReasonFlags
      switch coverage(of: list.head, certificate, allPoints) {
      case .success(let found): reasons = found
      case .failure(let objection):
        findings[index].detail = objection.words
        continue
      }
      let staleness = staleness(of: list.head)
      let deltas = lists.indices.filter {
        findings[$0].detail == nil && lists[$0].head.adds(to: list.head) && self.staleness(of: lists[$0].head) == nil
      }
      memory.isHearingMessage = fromMessage[index]
      defer { memory.isHearingMessage = false }
      let (signer, trust) = await signer(of: list, issuer, &memory)
      guard let signer else {
        findings[index].detail = trust.words
        continue
      }
      // §6.3.3 (h): by the same key, and as good an algorithm.
      let delta = deltas.filter { isSigned(lists[$0], by: signer, &memory) }
        .max { lists[$0].head.thisUpdate < lists[$1].head.thisUpdate }
      for other in deltas where other != delta && delta != nil { findings[other].detail = "a later one counts" }
      let scope = ListScope(
        issuer: list.head.issuer, key: signer.publicKey,
        scope: list.head.extensions[OID.issuingDistributionPoint]?.value)
      let date = delta.map { lists[$0].head.thisUpdate } ?? list.head.thisUpdate
      if let known = latest[scope], known > date {
        findings[index].detail = "a later one counts"
        continue
      }
      do {
        var change: CertificateRevocationList.Entry?
        if let delta { change = try self.entry(in: lists[delta], certificate) }
        let found = try change ?? self.entry(in: list, certificate)
        // A current delta makes an old list current (§6.3.3 a 1). Of any other only what stands for good is heard.
        if delta == nil, let staleness {
          findings[index] = finding(of: found, in: list.head, staleness)
          continue
        }
        if case .trusted = trust { latest[scope] = latest[scope] ?? date }
        if let entry = found, entry.reason != .removeFromCRL {
          let place = change == nil ? index : delta ?? index
          findings[place].status = .revoked(RevokedCertificate(date: entry.date, reason: entry.reason))
          if place != index { findings[index].detail = "what was added to it since counts" }
          continue
        }
      } catch {
        findings[index].detail = "it cannot be read: \(error)"
        continue
      }
      if case .unsure(let words) = trust {
        findings[index].detail = words
        continue
      }
      covered.formUnion(reasons)
      useful += [index] + (delta.map { [$0] } ?? [])
    }
    for index in useful where findings[index].status == nil {
      if covered == .all {
        findings[index].status = .good
      } else {
        findings[index].detail = "it covers some reasons only"
      }
    }
    for index in lists.indices where findings[index].status == nil && findings[index].detail == nil {
      findings[index] = await finding(ofLoneDelta: lists[index], certificate, issuer, allPoints, &memory)
    }
    return findings
  }

  /// A delta alone says nothing of what it does not list. What it revokes is revoked.
  private func finding(
    ofLoneDelta list: any RevocationListing, _ certificate: Certificate, _ issuer: Certificate,
    _ points: [DistributionPoint], _ memory: inout RevocationMemory
  ) async -> ListFinding {
    if case .failure(let objection) = coverage(of: list.head, certificate, points) {
      return ListFinding(detail: objection.words)
    }
    let (signer, trust) = await signer(of: list, issuer, &memory)
    guard signer != nil else { return ListFinding(detail: trust.words) }
    do {
      if let staleness = staleness(of: list.head) {
        return finding(of: try self.entry(in: list, certificate), in: list.head, staleness)
      }
      if let entry = try self.entry(in: list, certificate), entry.reason != .removeFromCRL {
        return ListFinding(status: .revoked(RevokedCertificate(date: entry.date, reason: entry.reason)))
      }
      return ListFinding(detail: "it is a delta without its base")
    } catch { return ListFinding(detail: "it cannot be read: \(error)") }
  }

  /// What an entry is worth in a list that is not of ``instant``, as `staleness` says.
  private func finding(
    of entry: CertificateRevocationList.Entry?, in list: RevocationListHead, _ staleness: String
  ) -> ListFinding {
    guard let entry else { return ListFinding(detail: staleness) }
    let revocation = RevokedCertificate(date: entry.date, reason: entry.reason)
    return ListFinding(status: stands(revocation) ? .revoked(revocation) : nil, detail: staleness)
  }

  private func entry(
    in list: any RevocationListing, _ certificate: Certificate
  ) throws(Malformed) -> CertificateRevocationList.Entry? {
    try list.entry(for: certificate.serialNumber, issuedBy: certificate.issuer)
  }

  private func staleness(of list: RevocationListHead) -> String? {
    objection(
      from: list.thisUpdate, until: list.nextUpdate ?? list.thisUpdate.addingTimeInterval(Self.listLifetime))
  }

  /// Lists of one issuer about the same certificates, by one key: two keys under one name may belong to two authorities, or
  /// each tell of what it signed.
  private struct ListScope: Hashable {
    let issuer: DistinguishedName
    let key: PublicKey
    let scope: ArraySlice<UInt8>?
  }

  private struct Objection: Error { let words: String }

  /// The reasons for which `list` covers `certificate` by any of `points` (§6.3.3 b, d), or why there are none.
  private func coverage(
    of list: RevocationListHead, _ certificate: Certificate, _ points: [DistributionPoint]
  ) -> Result<ReasonFlags, Objection> {
    var covered: ReasonFlags = []
    var why: String?
    do {
      let scope = try list.scope
      for point in points {
        if point.hasListIssuer {
          guard point.listIssuers.contains(list.issuer), scope?.isIndirect ?? false else { continue }
        } else {
          guard list.issuer == certificate.issuer else { continue }
        }
        if let objection = scope?.objection(for: certificate, at: point, from: list.issuer) {
          why = objection
          continue
        }
        covered.formUnion((point.reasons ?? .all).intersection(scope?.reasons ?? .all))
      }
    } catch { return .failure(Objection(words: "\(error)")) }
    if !covered.isEmpty { return .success(covered) }
    return .failure(
      Objection(
        words: why
          ?? (list.issuer == certificate.issuer
            ? "it is for another distribution point" : "it is a list of \(list.issuer)")))
  }
}
