public import Issuance
public import PKIX
import SMIMECrypto

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

extension Authority {
  /// So many requests may wait at a time.
  public static let queueLimit = 1_000
  /// How many of them may come from one sender on the network.
  public static let senderLimit = 50
  /// No request is larger, in bytes.
  public static let requestSizeLimit = 16_384
  /// No request names more mailboxes.
  public static let requestAddressLimit = 16

  /// Takes a request into the queue, if its own key signed it and a certificate could be issued for what it asks.
  ///
  /// - Parameters:
  ///   - sender: who handed it in, as far as is known.
  ///   - token: what the sender will ask after it with; only a digest of it is kept.
  /// - Throws: ``AuthorityFailure`` `.refused` with the reason, `.queueFull`; `IssuanceRefusal`.
  public func addRequest(
    _ request: CertificateSigningRequest, from sender: String? = nil, token: RequestToken? = nil,
    at date: Date = Date()
  ) throws -> CertificateRequest {
    try check(request, sender, at: date)
    return try transact { work in
      guard work.ledger.queue.openCount < Self.queueLimit else {
        throw AuthorityFailure.queueFull(limit: Self.queueLimit)
      }
      // One stranger does not close the queue for all others.
      if let sender, token != nil, work.ledger.queue.openCount(from: sender) >= Self.senderLimit {
        throw AuthorityFailure.refused("\(Self.senderLimit) requests from there wait already")
      }
      var id = Hex.text(SecureRandom.bytes(6))
      while work.ledger.queue[id] != nil { id = Hex.text(SecureRandom.bytes(6)) }
      let arrival = JournalEvent.Arrival(
        id: id, from: sender, tokenDigest: token?.digest, encoded: Base64Text(encoding: request.derBytes))
      try work.record(.requested(arrival), at: date)
      return try work.request(id)
    }
  }

  private func check(_ request: CertificateSigningRequest, _ sender: String?, at date: Date) throws {
    guard request.derBytes.count <= Self.requestSizeLimit else {
      throw AuthorityFailure.refused("the request is larger than \(Self.requestSizeLimit) bytes")
    }
    do {
      guard try request.provesPossession() else {
        throw AuthorityFailure.refused("the request is not signed by its own key")
      }
    } catch let failure as Unsupported { throw AuthorityFailure.refused("the request's signature: \(failure)") }
    let addresses = request.emailAddresses
    guard !addresses.isEmpty, addresses.count <= Self.requestAddressLimit else {
      throw AuthorityFailure.refused(
        "the request names \(addresses.count) mailboxes, not 1 to \(Self.requestAddressLimit)")
    }
    guard Set(addresses.map { $0.lowercased() }).count == addresses.count else {
      throw AuthorityFailure.refused("the request names a mailbox twice")
    }
    if let sender { try checkText(sender, "who hands it in") }
    let order = MailboxOrder(
      addresses: addresses, name: request.subject.commonName, publicKey: request.publicKey, days: 1)
    let issuer = certificate(.issuing)
    _ = try template(order, at: date).prepared(
      issuer: issuer, signatureAlgorithm: issuer.publicKey.defaultSignatureAlgorithm)
  }

  // MARK: Looking

  /// Every request that ever came in, in order.
  public var requests: [CertificateRequest] { get throws { try read { $0.ledger.queue.all } } }

  /// - Throws: ``AuthorityFailure/notFound(_:)``
  public func request(_ id: String) throws -> CertificateRequest { try read { try $0.request(id) } }

  /// The request, for whoever shows its token. Tokens are compared in constant time.
  ///
  /// - Throws: ``AuthorityFailure/notFound(_:)``, the same for a wrong token, a request without one and one that is not
  ///   there.
  public func request(_ id: String, token: RequestToken) throws -> CertificateRequest {
    let found = try read { $0.ledger.queue[id] }
    let expected = found?.tokenDigest ?? [UInt8](repeating: 0, count: 32)
    guard equalInConstantTime(expected, token.digest), let found, found.tokenDigest != nil else {
      throw AuthorityFailure.notFound("there is no request '\(id)' with that token")
    }
    return found
  }

  // MARK: Deciding

  /// Approves a request and issues its certificate. Control of each mailbox was proved by a code, or `evidence` says how
  /// it is known. Nobody approves the own request.
  ///
  /// - Parameters:
  ///   - approver: who decides, for the record.
  ///   - name: the common name, instead of the request's.
  ///   - issuer: ``identity(_:password:)`` of the issuing authority.
  public func approve(
    _ id: String, by approver: String, evidence: String? = nil, name: String? = nil,
    use: MailboxUse = .signingAndEncryption, days: Int = 365, with issuer: Identity, at date: Date = Date()
  ) async throws -> Certificate {
    let approver = try checked(approver: approver)
    let evidence = evidence.map(\.trimmingSpaces).flatMap { $0.isEmpty ? nil : $0 }
    if let evidence { try checkText(evidence, "the evidence") }
    try checkIssuer(issuer, .issuing)
    let encoded = try read { try $0.request(id) }.encoded
    guard !encoded.isEmpty else { throw AuthorityFailure.refused("the request \(id) is decided already") }
    let request = try CertificateSigningRequest(der: ArraySlice(encoded))
    let order = MailboxOrder(
      addresses: request.emailAddresses, name: name ?? request.subject.commonName, publicKey: request.publicKey,
      use: use, days: days)
    // What the rules forbid is said before anything is on record.
    _ = try template(order, at: date).prepared(
      issuer: issuer.certificate, signatureAlgorithm: issuer.signingKey.publicKey.defaultSignatureAlgorithm)
    try transact { work in
      let request = try work.request(id)
      try request.checkApproval(by: approver, evidence: evidence, at: date)
      try work.record(.approved(request: id, by: approver, evidence: evidence), at: date)
    }
    return try await issue(order, answering: id, with: issuer, at: date)
  }

  public func reject(_ id: String, by approver: String, reason: String, at date: Date = Date()) throws {
    let approver = try checked(approver: approver)
    try checkText(reason, "the reason")
    try transact { work in
      guard try work.request(id).isOpen else { throw AuthorityFailure.refused("the request \(id) is decided already") }
      try work.record(.rejected(request: id, by: approver, reason: reason), at: date)
    }
  }

  private func checked(approver: String) throws -> String {
    let name = approver.trimmingSpaces
    guard !name.isEmpty else { throw AuthorityFailure.refused("who decides must have a name") }
    try checkText(name, "the name of who decides")
    return name
  }

  private func checkText(_ text: String, _ what: String) throws {
    guard text.utf8.count <= 1_024 else { throw AuthorityFailure.refused("\(what) is longer than 1024 bytes") }
  }
}

extension OpenJournal {
  func request(_ id: String) throws -> CertificateRequest {
    guard let request = ledger.queue[id] else { throw AuthorityFailure.notFound("there is no request '\(id)'") }
    return request
  }
}

extension CertificateRequest {
  /// Whether `approver` may approve it, and whether enough is known to.
  fileprivate func checkApproval(by approver: String, evidence: String?, at date: Date) throws {
    switch state {
    case .waiting: break
    case .approved(_, let approvedAt, _, nil):
      // Its certificate is being signed, or never was: that cannot be told, and takes no minute.
      guard date.timeIntervalSince(preparedAt ?? approvedAt) > 60 else {
        throw AuthorityFailure.refused("the request \(id) was approved just now")
      }
    default: throw AuthorityFailure.refused("the request \(id) is decided already")
    }
    guard !isOwn(approver) else {
      throw AuthorityFailure.refused("\(approver) may not approve the own request")
    }
    guard evidence != nil || unproved.isEmpty else {
      throw AuthorityFailure.refused(
        "it is not shown that \(unproved.joined(separator: ", ")) is the requester's: by a code, or by evidence")
    }
  }

  /// True when `person` handed it in, or is named by one of its mailboxes.
  func isOwn(_ person: String) -> Bool {
    let person = person.lowercased()
    if from?.trimmingSpaces.lowercased() == person { return true }
    return addresses.contains { address in
      let address = address.lowercased()
      let local = address.lastIndex(of: "@").map { String(address[..<$0]) } ?? address
      return person == address || person == local
    }
  }
}

extension String {
  /// Without white space at its ends.
  fileprivate var trimmingSpaces: String {
    var rest = self[...]
    while rest.first?.isWhitespace == true { rest = rest.dropFirst() }
    while rest.last?.isWhitespace == true { rest = rest.dropLast() }
    return String(rest)
  }
}
