import PKIX
import SMIMECrypto

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

extension Authority {
  /// So long a code is good.
  public static let codeHours = 24
  /// So many codes are made for each mailbox of a request: who reads it needs one, and nobody is to be flooded with mail.
  public static let codeLimit = 10

  /// A code to be sent to `address`, one of the request's: whoever brings it back reads mail there. It is 128 random bits,
  /// of which a digest is kept, and takes the place of the one before it.
  ///
  /// - Throws: ``AuthorityFailure`` `.notFound`, or `.refused` for an address that the request does not name and when it had
  ///   ``codeLimit`` codes.
  public func newCode(for id: String, address: String, at date: Date = Date()) throws -> String {
    let code = SecureRandom.bytes(16)
    let address = address.lowercased()
    try transact { work in
      let request = try work.request(id)
      guard request.isOpen else { throw AuthorityFailure.refused("the request \(id) is decided already") }
      guard request.addresses.contains(where: { $0.lowercased() == address }) else {
        throw AuthorityFailure.refused("the request \(id) does not name \(address)")
      }
      guard request.codeCounts[address, default: 0] < Self.codeLimit else {
        throw AuthorityFailure.refused("the request \(id) had \(Self.codeLimit) codes for \(address), and gets no more")
      }
      let digest = MailboxCode.digest(code, request: id, address: address)
      let expires = date.addingTimeInterval(Double(Self.codeHours) * 3_600)
      try work.record(.coded(request: id, address: address, digest: digest, expires: expires), at: date)
    }
    return MailboxCode.text(code)
  }

  /// Takes back a code that was sent out. It is good once. A wrong one costs nothing but the look: nothing is written,
  /// and nobody who writes is waited for.
  ///
  /// - Returns: the address that it proves.
  /// - Throws: ``AuthorityFailure`` `.notFound`, or `.refused` for a code that is wrong, used or too old.
  @discardableResult
  public func proveMailbox(_ id: String, code: String, at date: Date = Date()) throws -> String {
    _ = try read { try $0.request(id).address(provedBy: code, at: date) }
    return try transact { work in
      let address = try work.request(id).address(provedBy: code, at: date)
      try work.record(.proved(request: id, address: address), at: date)
      return address
    }
  }
}

extension CertificateRequest {
  /// The mailbox that `code` was sent to.
  fileprivate func address(provedBy code: String, at date: Date) throws -> String {
    guard isOpen else { throw AuthorityFailure.refused("the request \(id) is decided already") }
    let octets = MailboxCode.octets(code) ?? []
    var match: (address: String, expires: Date)?
    for (address, sent) in codes {
      let digest = MailboxCode.digest(octets, request: id, address: address)
      if equalInConstantTime(sent.digest, digest) { match = (address, sent.expires) }
    }
    guard let match else { throw AuthorityFailure.refused("that is no code of the request \(id)") }
    guard date < match.expires else {
      throw AuthorityFailure.refused("the code was good until \(match.expires.rfc3339)")
    }
    return match.address
  }
}

/// A code as people see it: four groups of hexadecimal digits.
enum MailboxCode {
  static func text(_ octets: [UInt8]) -> String {
    stride(from: 0, to: octets.count, by: 4).map { Hex.text(octets[$0..<min($0 + 4, octets.count)]) }
      .joined(separator: "-")
  }

  /// The octets that somebody typed, with or without what stands between the groups.
  static func octets(_ text: String) -> [UInt8]? {
    let digits = text.filter { $0 != "-" && !$0.isWhitespace }
    guard digits.utf8.count == 32 else { return nil }
    return Hex.bytes(digits)
  }

  /// What is kept of it: it counts for one request and one mailbox only.
  static func digest(_ octets: [UInt8], request: String, address: String) -> [UInt8] {
    MessageDigest.sha256((Array("\(request)\n\(address)\n".utf8) + octets)[...])
  }
}
