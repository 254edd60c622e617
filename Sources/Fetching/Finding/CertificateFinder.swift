public import MIME
public import PKIX

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// Where the certificates of an address may be.
public enum FindingPlace: Hashable, Sendable {
  /// What is known already.
  case store
  /// An ldap or ldaps URL.
  case directory(String)
  /// The URL of an HTTP certificate store.
  case certificateStore(String)
  /// SMIMEA records.
  case dns
}

/// Finds certificates to encrypt to an address with, in all places that are named, and says of each whether it may be used.
public struct CertificateFinder: Sendable {
  private let validator: PathValidator
  private let search: CertificateSearch

  /// - Parameter validator: by which paths are validated; its purpose should be e-mail.
  public init(_ validator: PathValidator, _ network: any AnswerSource) {
    self.validator = validator
    search = CertificateSearch(network)
  }

  /// What one place had.
  public struct Inquiry: Sendable {
    public enum Outcome: Hashable, Sendable {
      /// How many certificates; of DNS how many records.
      case found(Int)
      /// It answered that there is nothing, in words.
      case nothing(String)
      case failed(FetchFailure)
    }

    public let place: FindingPlace
    public let outcome: Outcome
    /// What was among it and cannot be used, in words.
    public let faults: [String]
  }

  public struct Report: Sendable {
    public let inquiries: [Inquiry]
    /// Those that may be used first: what the user pinned, then the newest.
    public let certificates: [FoundCertificate]

    /// True when there were places to ask and none of them answered.
    public var isUnanswered: Bool {
      !inquiries.isEmpty && inquiries.allSatisfy { if case .failed = $0.outcome { true } else { false } }
    }
  }

  /// Asks the places in order, and judges what they have together with what is known. The network is asked about
  /// certificates that name the address, or that DNS names for it; others are judged by what is at hand.
  ///
  /// - Parameters:
  ///   - known: certificates at hand that name the address.
  ///   - waiting: those that must not be used before the user says so, wherever they are found.
  ///   - pinned: those that the user said are right for the address, whatever others say.
  ///   - instant: the time to judge at.
  public func certificates(
    of address: EmailAddress, known: [Certificate], waiting: Set<Certificate> = [], pinned: Set<Certificate> = [],
    places: [FindingPlace], at instant: Date
  ) async -> Report {
    var pool = FoundPool()
    for certificate in known { pool.add(certificate, from: .store) }
    var inquiries: [Inquiry] = []
    var associations: [CertificateAssociation] = []
    var objection: String?
    for place in places {
      switch place {
      case .store: continue
      case .directory(let url):
        let found = await search.certificates(of: "\(address)", inDirectory: url)
        inquiries.append(pool.take(found, from: place))
      case .certificateStore(let url):
        let found = await search.certificates(of: "\(address)", inStore: url)
        inquiries.append(pool.take(found, from: place))
      case .dns:
        let found = await search.associations(of: address)
        if case .failure(let failure) = found { objection = Self.objection(failure, address) }
        inquiries.append(pool.take(found, &associations))
      }
    }
    let judge = FoundJudge(
      validator: validator, address: address, associations: associations, objection: objection, waiting: waiting,
      pinned: pinned, pool: pool.all.map(\.certificate), instant: instant)
    var judged: [FoundCertificate] = []
    // What others put beside it, such as their authorities' certificates, helps to find paths and is not for the address.
    for one in pool.all where !one.certificate.isAuthority || one.certificate.names(address) {
      judged.append(await judge.judge(one.certificate, foundAt: one.places))
    }
    judged.sort { ($0.rank, $0.certificate.validity.notBefore) > ($1.rank, $1.certificate.validity.notBefore) }
    return Report(inquiries: inquiries, certificates: judged)
  }

  /// Why nothing may be used when DNS was asked and did not answer: who could forge an answer can also keep it back. That
  /// there is none, or none that is signed, is an answer.
  private static func objection(_ failure: FetchFailure, _ address: EmailAddress) -> String? {
    switch failure.reason {
    case .absent, .insecure, .url: nil
    case .bogus: "what DNS says of \(address) is forged"
    default: "DNS did not say whether it names certificates for \(address)"
    }
  }
}

/// Everything found, each certificate once.
private struct FoundPool {
  private(set) var all: [(certificate: Certificate, places: [FindingPlace])] = []

  private static let limit = 256

  mutating func add(_ certificate: Certificate, from place: FindingPlace) {
    if let index = all.firstIndex(where: { $0.certificate == certificate }) {
      if !all[index].places.contains(place) { all[index].places.append(place) }
    } else if all.count < Self.limit || place == .dns {
      all.append((certificate, [place]))
    }
  }

  mutating func take(
    _ result: Result<[Certificate], FetchFailure>, from place: FindingPlace
  ) -> CertificateFinder.Inquiry {
    switch result {
    case .success(let certificates):
      for certificate in certificates { add(certificate, from: place) }
      return CertificateFinder.Inquiry(place: place, outcome: .found(certificates.count), faults: [])
    case .failure(let failure): return Self.inquiry(place, failure)
    }
  }

  mutating func take(
    _ result: Result<(associations: [CertificateAssociation], faults: [String]), FetchFailure>,
    _ associations: inout [CertificateAssociation]
  ) -> CertificateFinder.Inquiry {
    switch result {
    case .success(let (found, faults)):
      var faults = faults
      for one in found {
        do {
          if let certificate = try one.certificate { add(certificate, from: .dns) }
        } catch { faults.append("\(error)") }
      }
      associations = found
      return CertificateFinder.Inquiry(place: .dns, outcome: .found(found.count), faults: faults)
    case .failure(let failure): return Self.inquiry(.dns, failure)
    }
  }

  private static func inquiry(_ place: FindingPlace, _ failure: FetchFailure) -> CertificateFinder.Inquiry {
    CertificateFinder.Inquiry(
      place: place, outcome: failure.reason == .absent ? .nothing(failure.words) : .failed(failure), faults: [])
  }
}

extension Certificate {
  /// True if the certificate is for the mailbox `address` (RFC 8550 §3).
  func names(_ address: EmailAddress) -> Bool {
    emailAddresses.contains { EmailAddress($0)?.matches(address) ?? false }
  }

  /// True when it says that it is an authority's.
  var isAuthority: Bool { (try? extensions.basicConstraints)?.isAuthority ?? false }
}

extension FindingPlace {
  /// True for a URL that a directory can be asked by.
  public static func isDirectoryURL(_ text: String) -> Bool { (try? DirectoryURL(text)) != nil }
}
