import ArgumentParser
import ByteIO
import PKIX
import SMIME

/// The opening of one input with the options of a command.
struct Opening {
  private let mail: MailInput
  private let trust: TrustOptions
  private let keys: IdentityKeys?

  init(_ mail: MailInput, _ trust: TrustOptions, keys: IdentityKeys? = nil) {
    self.mail = mail
    self.trust = trust
    self.keys = keys
  }

  /// Opens the input. Content that is too large for memory goes to `output`, where it has no name yet.
  func open(_ output: Output? = nil, overflow: (() throws -> (any RereadableSink)?)? = nil) async throws
    -> OpenedMessage
  {
    let paths = try trust.validator()
    let reader = Reader(
      identities: keys ?? IdentityKeys.none, paths: paths, policy: trust.algorithms.policy,
      certificates: try trust.signerCertificates())
    do {
      let opened = try await reader.open(mail.source, at: trust.time.date, overflow: overflow ?? output?.overflow)
      try mail.input.checkUnchanged()
      if mail.form == .cms, let problem = opened.unreadableLayer {
        throw CommandFailure(.unreadable, "\(mail.name): \(problem)")
      }
      return opened
    } catch {
      throw CommandFailure(error, in: mail.name)
    }
  }
}

extension OpenedMessage {
  /// Why compressed layers did not open.
  var failedCompressions: [String] {
    layers.compactMap { if case .compression(let layer) = $0 { layer.detail } else { nil } }
  }

  /// Why the outermost layer cannot be read at all; nil when it can.
  fileprivate var unreadableLayer: String? {
    guard case .signature(let layer)? = layers.first, layer.state == .malformed, layer.signers.count == 1,
      let signer = layer.signers.first, signer.certificate == nil
    else { return nil }
    return signer.failures.first?.detail
  }
}

/// What `open` ends with.
struct OpenStatus {
  private let verdict: Verdict
  private let isWhole: Bool

  init(_ opened: OpenedMessage) {
    verdict = opened.verdict
    isWhole = opened.failedCompressions.isEmpty
  }

  /// Ends well if no layer failed and the signature is good or there is none.
  func end(_ keys: IdentityKeys) async throws {
    switch verdict.encryption {
    case .keyMissing, .failed:
      // A key that could not be opened may be the one that is missing.
      if let failure = await keys.failures.first {
        Terminal.error(failure.message, hints: failure.hints)
        throw ExitCode(.noKey)
      }
      throw ExitCode(verdict.encryption == .keyMissing ? .noKey : .notGood)
    case .none, .decrypted, .decryptedUnauthenticated:
      guard isWhole, verdict.signature == .verified || verdict.signature == .unsigned else {
        throw ExitCode(.notGood)
      }
    }
  }
}
