import ByteIO
import MIME
import PKIX
import SMIME
import SMIMECrypto
import SMIMEStore

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What the store learns from a message: who wrote it with which certificate, and what it was worth when it came.
///
/// Only from messages that are judged as the user always judges, and only from signers who are verified.
struct Remembering {
  private let opened: OpenedMessage
  private let mail: MailInput

  /// The most of a message that is read once more for its digest.
  private static let limit = 64 << 20

  init(_ opened: OpenedMessage, of mail: MailInput) {
    self.opened = opened
    self.mail = mail
  }

  /// Learns, and returns what the message was worth at an earlier opening; nil if this is the first.
  ///
  /// A store that cannot be written keeps nobody from reading mail: that is told.
  func learn(_ trust: TrustOptions) -> FirstOpening? {
    guard trust.isUsual, mail.form == .mail else { return nil }
    do {
      let store = try Home.store()
      if opened.verdict.signature == .verified { try harvest(into: store) }
      return try earlierOpening(in: store)
    } catch {
      Terminal.warning("nothing is remembered of this message: \(CommandFailure(error).message)")
      return nil
    }
  }

  // MARK: Signers

  private func harvest(into store: Store) throws {
    let now = Date()
    let authors = Set(opened.message.from.map { "\($0.address)".lowercased() })
    for signer in opened.signers where signer.state == .verified {
      guard let certificate = signer.certificate else { continue }
      let own = try Home.identities().map(\.certificate)
      for address in signer.addresses.map({ $0.lowercased() }) where authors.contains(address) {
        if certificate.isForEncryption, !own.contains(certificate) {
          let trust = try store.add(
            certificate, for: address, from: .message, place: messageID, trust: .validated, at: now)
          // The path is wanted again when mail is encrypted to it.
          try store.add(authorities: Array(signer.path.dropFirst().dropLast()), at: now)
          guard trust != .pending else {
            Terminal.hint("\(address) signs with another key than was known: 'smime cert list \(address)' shows both")
            continue
          }
        }
        if let capabilities = signer.capabilities, try isTheirs(certificate, address, store) {
          // The signer's own word of the time orders only the signer's own words; without one it is older than any.
          try store.add(capabilities, of: address, at: min(signer.claimedTime ?? .distantPast, now))
        }
      }
    }
  }

  /// Whether what a signer says of the software of `address` counts. A certificate for signing alone never waits for the
  /// user's word; where a key to encrypt to is known, it must come from whoever issued that.
  private func isTheirs(_ certificate: Certificate, _ address: String, _ store: Store) throws -> Bool {
    guard !certificate.isForEncryption else { return true }
    let known = try store.entry(for: address).certificates.filter { $0.trust != .pending }
    return known.isEmpty || known.contains { $0.certificate.issuer == certificate.issuer }
  }

  private var messageID: String? {
    opened.message.entity.header["Message-ID"].map { $0.value.trimmingWhitespace }
  }

  // MARK: First opening

  private func earlierOpening(in store: Store) throws -> FirstOpening? {
    let verdict = opened.verdict
    // What did not open was not read.
    guard verdict.encryption != .keyMissing, verdict.encryption != .failed, let digest = try digest() else {
      return nil
    }
    let now = FirstOpening(
      signature: verdict.signature.rawValue, encryption: verdict.encryption.rawValue,
      signer: verdict.signer?.certificate?.fingerprint, opened: Date())
    let first = try store.firstOpening(of: digest, now: now)
    return first == now ? nil : first
  }

  /// Of who wrote it, its Message-ID and its body with line ends as they travel: mail programs add header fields to what
  /// they keep, and change line ends. nil for a message that is too large to be read again.
  private func digest() throws -> [UInt8]? {
    let entity = opened.message.entity
    guard entity.range.count <= Self.limit else { return nil }
    var digest = try MessageDigest(.sha256)
    let head = opened.message.from.map { "\($0.address)\n" } + ["\(messageID ?? "")\n", "\(entity.contentType.name)\n"]
    digest.update(Array(head.joined().utf8))
    let body = CanonicalStream(entity.rawBody).makeReader()
    var window = [UInt8](repeating: 0, count: windowSize)
    while true {
      let count = try body.read(into: &window)
      if count == 0 { return digest.finalize() }
      digest.update(window[..<count])
    }
  }
}

extension String {
  fileprivate var trimmingWhitespace: String {
    let text = drop { $0.isWhitespace }
    return String(text.prefix(text.count - text.reversed().prefix { $0.isWhitespace }.count))
  }
}
