#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// Where something was looked for, and when it was had from there.
public struct Provenance: Hashable, Sendable {
  public enum Place: String, Hashable, Sendable {
    /// Handed over by whoever asks: a file, a message.
    case given
    /// Asked for just now.
    case network
    /// Asked for earlier, and kept.
    case cache
  }

  public let place: Place
  /// The URL that was asked; nil for what was given.
  public let url: String?
  /// When it was had from the network; nil for what was given.
  public let fetched: Date?

  public init(_ place: Place, url: String? = nil, fetched: Date? = nil) {
    self.place = place
    self.url = url
    self.fetched = fetched
  }

  public static let given = Provenance(.given)
}

/// One thing that may say whether a certificate was revoked, or why there is none. What it is worth is decided later.
public struct RevocationEvidence: Sendable {
  public enum Method: String, Hashable, Sendable { case ocsp, crl }

  public enum Content: Sendable {
    /// An OCSP response, and the nonce that was asked with.
    case response(OCSPResponse, nonce: [UInt8]?)
    case list(CertificateRevocationList)
    /// A list that lies in a file with its index beside it.
    case indexedList(IndexedRevocationList)
    /// Nothing came of it, in words that follow who was asked, such as `connection refused`.
    case failure(Method, String)

    /// The CRL, wherever its entries lie; nil for what is none.
    var list: (any RevocationListing)? {
      switch self {
      case .list(let list): list
      case .indexedList(let list): list
      case .response, .failure: nil
      }
    }
  }

  public let provenance: Provenance
  public let content: Content
  /// Certificates that may be its signer's, found where it says (RFC 5280 §5.2.7).
  public let certificates: [Certificate]
  /// True when it came with the message that is judged: its sender pays for the work.
  var isFromMessage = false

  public init(_ content: Content, with certificates: [Certificate] = [], from provenance: Provenance) {
    self.content = content
    self.certificates = certificates
    self.provenance = provenance
  }
}

/// Where evidence about revocation comes from.
public protocol RevocationSource: Sendable {
  /// Everything there is on `certificate`, which `issuer` issued.
  func evidence(on certificate: Certificate, issuedBy issuer: Certificate) async -> [RevocationEvidence]

  /// The same, asked for anew where an answer may have been kept; for when what was kept is of no use.
  func freshEvidence(on certificate: Certificate, issuedBy issuer: Certificate) async -> [RevocationEvidence]

  /// One of the places where this source asks about `certificate`, as a source of its own; nil when there are no more. The
  /// next place is asked only if what the ones before it said is of no use.
  func place(_ index: Int, for certificate: Certificate) -> (any RevocationSource)?

  /// True when asking tells nobody and costs nothing. Such sources are always heard; of the others one after another,
  /// until one knows.
  var isLocal: Bool { get }
}

extension RevocationSource {
  /// A source that keeps nothing has nothing newer.
  public func freshEvidence(on certificate: Certificate, issuedBy issuer: Certificate) async -> [RevocationEvidence] {
    []
  }

  /// A source that does not tell its places apart is one.
  public func place(_ index: Int, for certificate: Certificate) -> (any RevocationSource)? { index == 0 ? self : nil }
}

/// CRLs that were given.
public struct RevocationFiles: RevocationSource {
  private let lists: [RevocationEvidence.Content]

  /// - Parameter indexed: lists that are too large to be read for every question.
  public init(_ lists: [CertificateRevocationList], indexed: [IndexedRevocationList] = []) {
    self.lists =
      lists.map(RevocationEvidence.Content.list) + indexed.map(RevocationEvidence.Content.indexedList)
  }

  public var isLocal: Bool { true }

  public func evidence(on certificate: Certificate, issuedBy issuer: Certificate) async -> [RevocationEvidence] {
    let issuers = certificate.listIssuers
    return lists.filter { $0.list.map { issuers.contains($0.head.issuer) } ?? false }
      .map { RevocationEvidence($0, from: .given) }
  }
}

/// Lists and OCSP responses that came along with something, such as a message.
struct GivenEvidence: RevocationSource {
  private let evidence: [RevocationEvidence]

  init(_ evidence: [RevocationEvidence]) { self.evidence = evidence }

  var isLocal: Bool { true }

  /// What is about others is left out, so that reports do not tell of it.
  func evidence(on certificate: Certificate, issuedBy issuer: Certificate) async -> [RevocationEvidence] {
    let issuers = certificate.listIssuers
    let fitting = evidence.filter { one in
      switch one.content {
      case .list, .indexedList: one.content.list.map { issuers.contains($0.head.issuer) } ?? false
      case .response(let response, _):
        response.basic?.responses.contains { $0.certificate.names(certificate.serialNumber, of: issuer) } ?? false
      case .failure: true
      }
    }
    return fitting.map { one in
      var one = one
      one.isFromMessage = true
      return one
    }
  }
}

extension Certificate {
  /// Whose lists may say whether this certificate is revoked: its issuer's, and those of whom its distribution points name.
  package var listIssuers: Set<DistinguishedName> {
    Set([issuer] + ((try? extensions.distributionPoints) ?? []).flatMap(\.listIssuers))
  }
}

/// Whether revocation is asked about, and what it means when nobody knows.
public enum Revocation: Sendable {
  case off
  /// What is not known passes, and is noted.
  case soft([any RevocationSource])
  /// What is not known fails.
  case hard([any RevocationSource])

  /// With one more source, unless it is off.
  func adding(_ source: any RevocationSource) -> Revocation {
    switch self {
    case .off: .off
    case .soft(let sources): .soft(sources + [source])
    case .hard(let sources): .hard(sources + [source])
    }
  }

  /// With the local ones of its sources only.
  var local: Revocation {
    switch self {
    case .off: .off
    case .soft(let sources): .soft(sources.filter(\.isLocal))
    case .hard(let sources): .hard(sources.filter(\.isLocal))
    }
  }
}

/// Where certificates come from that did not come with a message.
public protocol CertificateSource: Sendable {
  /// What is found of the issuer of `certificate`: where it says that it is to be had (RFC 5280 §4.2.2.1, caIssuers), or
  /// under its name.
  func issuers(of certificate: Certificate) async -> [IssuerEvidence]

  /// The certificates of that name that it has; none where somebody would have to be asked. Lists may be signed by others
  /// than those who stand on a path.
  func certificates(named name: DistinguishedName) async -> [Certificate]

  /// True when asking tells nobody and costs nothing. Such sources are asked before the others.
  var isLocal: Bool { get }
}

extension CertificateSource {
  public func certificates(named name: DistinguishedName) async -> [Certificate] { [] }

  public var isLocal: Bool { false }
}

/// What was found at one place.
public struct IssuerEvidence: Sendable {
  public let provenance: Provenance
  public let certificates: [Certificate]
  /// Why there are none, in words.
  public let failure: String?

  public init(_ certificates: [Certificate], failure: String? = nil, from provenance: Provenance) {
    self.certificates = certificates
    self.failure = failure
    self.provenance = provenance
  }
}
