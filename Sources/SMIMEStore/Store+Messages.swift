#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// What a message was worth when it was opened for the first time.
///
/// Certificates expire and keys are revoked; that a message was good on the day it came stays worth knowing.
public struct FirstOpening: Hashable, Sendable {
  /// The state of its signature, such as `verified`.
  public let signature: String
  /// The state of its encryption.
  public let encryption: String
  /// The SHA-256 of the certificate that decided the signature's state; nil when there was none.
  public let signer: [UInt8]?
  public let opened: Date

  public init(signature: String, encryption: String, signer: [UInt8]?, opened: Date) {
    self.signature = signature
    self.encryption = encryption
    self.signer = signer
    self.opened = Date(timeIntervalSince1970: opened.timeIntervalSince1970.rounded(.down))
  }
}

extension Store {
  /// Remembers what the message with this digest is worth, if it is seen for the first time.
  ///
  /// - Parameter digest: SHA-256, of what makes the message.
  /// - Returns: what it was worth at its first opening: `opening` itself if this is the first.
  public func firstOpening(of digest: [UInt8], now opening: FirstOpening) throws -> FirstOpening {
    // Most messages are read more than once: to find them needs no lock.
    if let known = try database.read({ try $0.firstOpening(of: digest) }) { return known }
    return try database.write { session in
      try session.run(
        """
        INSERT INTO message (digest, signature, encryption, signer, opened) VALUES (?, ?, ?, ?, ?)
          ON CONFLICT (digest) DO NOTHING
        """,
        [
          .bytes(digest), .text(opening.signature), .text(opening.encryption), .optional(opening.signer),
          StoredValue(opening.opened),
        ])
      return try session.firstOpening(of: digest) ?? opening
    }
  }
}

extension StoreSession {
  fileprivate func firstOpening(of digest: [UInt8]) throws -> FirstOpening? {
    try rows("SELECT signature, encryption, signer, opened FROM message WHERE digest = ?", [.bytes(digest)]).first
      .map { row in
        FirstOpening(
          signature: try row.text("signature"), encryption: try row.text("encryption"),
          signer: try row.optionalBytes("signer"), opened: try row.date("opened"))
      }
  }
}
