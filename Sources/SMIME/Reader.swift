public import ByteIO
public import CMS
public import MIME
public import PKIX
public import SMIMECrypto

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// Opens messages: finds the layers, decrypts with the keys that are there, verifies every signer, and says what it is worth.
public struct Reader: Sendable {
  let identities: any IdentitySource
  let paths: PathValidator
  let policy: AlgorithmPolicy
  let certificates: [Certificate]
  let limits: Limits

  /// How much of a message is opened. Counts, never times.
  public struct Limits: Hashable, Sendable {
    /// Cryptographic layers, from the outside in.
    public var layers = 16
    /// Opened content that is kept in memory, in bytes.
    public var memory = 32 << 20
    /// Of each CMS object; what compressed layers may become is one budget for all of a message.
    public var cms = CMSLimits.mail
    public var mime = MIMELimits.standard

    public init() {}

    public static let standard = Limits()
  }

  /// - Parameters:
  ///   - identities: every key ever held; those that a message names are used.
  ///   - paths: what makes a signer's certificate good.
  ///   - certificates: certificates at hand, for signers who enclose none.
  public init(
    identities: any IdentitySource = [Identity](), paths: PathValidator, policy: AlgorithmPolicy = .standard,
    certificates: [Certificate] = [], limits: Limits = .standard
  ) {
    self.identities = identities
    self.paths = paths.remembering()
    self.policy = policy
    self.certificates = certificates
    self.limits = limits
  }

  /// Opens `source` and judges it at the instant `at`.
  ///
  /// - Parameter overflow: gives a place for a layer's content that is too large for memory, a new one each time: one layer
  ///   is read while the next is written. Whoever made it lets nothing of it out before this returns. Without a place such
  ///   content is judged and dropped.
  /// - Throws: what reading `source` throws. Everything about the message is in the result.
  public func open(
    _ source: any ByteSource, at instant: Date = Date(), overflow: (() throws -> (any RereadableSink)?)? = nil
  ) async throws -> OpenedMessage {
    let entity = try Entity(source, limits: limits.mime)
    var opening = Opening(self, message: Message(entity), at: instant, overflow: overflow)
    return try await opening.run(entity)
  }
}

/// A message with its layers taken off.
public struct OpenedMessage: Sendable {
  public let verdict: Verdict
  /// From the outside in.
  public let layers: [Layer]
  /// The signers of the layer that decides.
  public let signers: [SignerReport]
  /// The message as it came.
  public let message: Message
  /// What is inside all layers: the exact entity that was signed or encrypted. nil when it could not be opened, or was not kept.
  public let content: Entity?
  /// Header fields as they are to be shown, with what protects them.
  public let headers: [HeaderReport]
  public let defects: [ReportedDefect]
  /// What ``content`` had as digests when it was verified, where it is read from the message itself once more.
  let contentDigests: [DigestAlgorithm: [UInt8]]
}

extension OpenedMessage {
  /// Writes ``content``, with every line end as CRLF, as it was signed; nothing where there is none.
  ///
  /// Of a multipart/signed message it is read anew from where the message lies. That it is what was verified shows at its
  /// end: whoever made `sink` lets nothing of it out before this returns.
  ///
  /// - Throws: `ContentChanged`, and what source and sink throw.
  public func writeContent(to sink: any ByteSink) throws {
    guard let content else { return }
    guard let known = contentDigests.first(where: { !$0.key.isWeak }) else {
      try content.canonical.copy(to: sink)
      return
    }
    let digesting = try DigestingSink(known.key, passingTo: sink)
    try content.canonical.copy(to: digesting)
    guard digesting.value() == known.value else { throw ContentChanged() }
  }
}
