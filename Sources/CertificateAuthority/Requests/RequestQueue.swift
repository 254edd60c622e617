import PKIX
import SMIMECrypto

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The requests that came in, as the journal tells of them.
struct RequestQueue {
  private var requests: [String: CertificateRequest] = [:]
  /// In the order in which they came.
  private var order: [String] = []
  private(set) var openCount = 0

  /// How many of them came from `sender`.
  func openCount(from sender: String) -> Int { all.count { $0.isOpen && $0.from == sender } }

  /// Which request a certificate answers that is prepared and not issued yet.
  private var answers: [SerialNumber: String] = [:]

  var all: [CertificateRequest] { order.compactMap { requests[$0] } }

  subscript(_ id: String) -> CertificateRequest? { requests[id] }

  // MARK: What cannot have happened

  func check(_ event: JournalEvent) throws(JournalFault) {
    switch event.content {
    case .requested(let arrival):
      guard requests[arrival.id] == nil else { throw JournalFault("takes a request a second time") }
    case .coded(let id, let address, _, _), .proved(let id, let address):
      guard try known(id).isOpen else { throw JournalFault("is about a request that is decided") }
      guard try known(id).addresses.contains(where: { $0.lowercased() == address }) else {
        throw JournalFault("is about a mailbox that the request does not name")
      }
    case .approved(let id, _, _):
      switch try known(id).state {
      case .waiting, .approved(_, _, _, nil): break
      default: throw JournalFault("approves a request that is decided")
      }
    case .rejected(let id, _, _):
      guard try known(id).isOpen else { throw JournalFault("rejects a request that is decided") }
    default: break
    }
  }

  func checkPreparation(_ id: String) throws(JournalFault) {
    guard case .approved(_, _, _, nil) = try known(id).state else {
      throw JournalFault("prepares a certificate for a request that is not approved, or answered already")
    }
  }

  private func known(_ id: String) throws(JournalFault) -> CertificateRequest {
    guard let request = requests[id] else { throw JournalFault("is about a request that never came") }
    return request
  }

  // MARK: What happens

  mutating func apply(_ event: JournalEvent) throws(JournalFault) {
    switch event.content {
    case .requested(let arrival):
      requests[arrival.id] = try CertificateRequest(arrival, at: event.date)
      order.append(arrival.id)
      openCount += 1
    case .coded(let id, let address, let digest, let expires):
      requests[id]?.codes[address] = CertificateRequest.SentCode(digest: digest, expires: expires)
      requests[id]?.codeCounts[address, default: 0] += 1
    case .proved(let id, let address):
      requests[id]?.proofs[address] = event.date
      requests[id]?.codes[address] = nil
    case .approved(let id, let approver, let evidence):
      if requests[id]?.isOpen == true { openCount -= 1 }
      requests[id]?.state = .approved(by: approver, at: event.date, evidence: evidence, serialNumber: nil)
      requests[id]?.codes = [:]
    case .rejected(let id, let approver, let reason):
      openCount -= 1
      requests[id]?.state = .rejected(by: approver, at: event.date, reason: reason)
      forget(id)
    default: break
    }
  }

  /// A certificate that answers the request will be signed.
  mutating func prepare(_ id: String, _ serialNumber: SerialNumber, at date: Date) {
    answers[serialNumber] = id
    requests[id]?.preparedAt = date
  }

  /// A certificate was signed; if it answers a request, that one is done.
  mutating func answer(with serialNumber: SerialNumber) {
    guard let id = answers.removeValue(forKey: serialNumber),
      case .approved(let approver, let date, let evidence, nil) = requests[id]?.state
    else { return }
    requests[id]?.state = .approved(by: approver, at: date, evidence: evidence, serialNumber: serialNumber)
    forget(id)
  }

  /// What a request that is done with no longer needs: there may be many.
  private mutating func forget(_ id: String) {
    requests[id]?.codes = [:]
    requests[id]?.codeCounts = [:]
    requests[id]?.encoded = []
  }
}

extension CertificateRequest {
  init(_ arrival: JournalEvent.Arrival, at date: Date) throws(JournalFault) {
    let bytes = try arrival.encoded.bytes
    let request: CertificateSigningRequest
    do { request = try CertificateSigningRequest(der: ArraySlice(bytes)) } catch {
      throw JournalFault("holds no certificate request: \(error)")
    }
    self.init(
      id: arrival.id, received: date, from: arrival.from, subject: request.subject.description,
      addresses: request.emailAddresses, key: request.publicKey.summary, state: .waiting, proofs: [:], codes: [:],
      codeCounts: [:],
      tokenDigest: arrival.tokenDigest, encoded: bytes, preparedAt: nil)
  }
}
