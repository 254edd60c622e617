#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The certificates that a path may be made of, by name, with the way to the nearest anchor as far as names tell it.
struct CertificatePool {
  /// A certificate, and how many lie between it and an anchor at least; nil when names lead to none.
  private typealias Entry = (certificate: Certificate, distance: Int?)

  private let anchors: TrustAnchors
  private let names: NameTable
  /// By the numbers of their subjects: all, and those that lead to an anchor.
  private let others: [Int: [Entry]]
  private let leading: [Int: [Entry]]
  /// How many certificates lie between a name and an anchor at least. Names of anchors are not in it, nor those that lead
  /// to none.
  private let distances: [Int: Int]
  private let instant: Date

  init(anchors: TrustAnchors, others certificates: [Certificate], at instant: Date) {
    self.anchors = anchors
    self.instant = instant
    var names = anchors.names
    var issuers: [Int: [(certificate: Certificate, issuer: Int)]] = [:]
    var subjects: [Int: [Int]] = [:]
    var seen: Set<Certificate> = []
    for certificate in certificates where seen.insert(certificate).inserted {
      let subject = names.number(certificate.subject)
      guard !anchors.named(subject).contains(certificate) else { continue }
      let issuer = names.number(certificate.issuer)
      issuers[subject, default: []].append((certificate, issuer))
      subjects[issuer, default: []].append(subject)
    }
    self.names = names
    var distances: [Int: Int] = [:]
    var frontier = subjects.keys.filter { !anchors.named($0).isEmpty }
    var distance = 0
    while !frontier.isEmpty {
      distance += 1
      var next: [Int] = []
      for subject in frontier.flatMap({ subjects[$0] ?? [] })
      where distances[subject] == nil && anchors.named(subject).isEmpty {
        distances[subject] = distance
        next.append(subject)
      }
      frontier = next
    }
    self.distances = distances
    others = issuers.mapValues { entries in
      entries.map { ($0.certificate, anchors.named($0.issuer).isEmpty ? distances[$0.issuer] : 0) }
    }
    leading = others.mapValues { $0.filter { $0.distance != nil } }
  }

  func isAnchor(_ certificate: Certificate) -> Bool {
    names.known(certificate.subject).map { anchors.named($0).contains(certificate) } ?? false
  }

  /// How many certificates lie between `certificate` and an anchor at least; nil when names lead to none.
  func distance(of certificate: Certificate) -> Int? { names.known(certificate.issuer).flatMap { distance(from: $0) } }

  private func distance(from name: Int) -> Int? { anchors.named(name).isEmpty ? distances[name] : 0 }

  enum Reach {
    /// Only such as lead to an anchor.
    case toAnchors
    case everything
  }

  /// The certificates whose subject is `certificate`'s issuer, the likeliest first: anchors, whose key identifier fits
  /// before whose does not, those that are valid now, those near an anchor.
  func issuers(of certificate: Certificate, _ reach: Reach) -> [Certificate] {
    guard let name = names.known(certificate.issuer) else { return [] }
    let found =
      anchors.named(name).map { (certificate: $0, distance: Int?.none) }
      + ((reach == .everything ? others : leading)[name] ?? [])
    guard found.count > 1 else { return found.map(\.certificate) }
    let wanted = (try? certificate.extensions.authorityKeyIdentifier) ?? nil
    let anchorCount = anchors.named(name).count
    return found.enumerated().map { index, one in
      (rank: rank(one.certificate, index < anchorCount ? 0 : 1, wanted, one.distance), certificate: one.certificate)
    }
    .sorted { $0.rank < $1.rank }.map(\.certificate)
  }

  /// Lower is likelier. Of the digits the first counts most.
  private func rank(
    _ issuer: Certificate, _ kind: Int, _ wanted: ArraySlice<UInt8>?, _ distance: Int?
  ) -> Int {
    let identifier = issuer.extensions.subjectKeyIdentifierBytes
    let fits = wanted.flatMap { wanted in identifier.map { $0.elementsEqual(wanted) } }
    let isValid = issuer.validity.notBefore <= instant && instant <= issuer.validity.notAfter
    let rank = (kind * 3 + (fits == true ? 0 : fits == nil ? 1 : 2)) * 2 + (isValid ? 0 : 1)
    return rank * 1_000 + min(999, distance ?? 999)
  }
}
