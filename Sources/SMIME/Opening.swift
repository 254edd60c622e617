import ByteIO
import CMS
import MIME
import PKIX
import SMIMECrypto

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// One message being opened, layer by layer from the outside in.
struct Opening {
  private let reader: Reader
  private let message: Message
  private let instant: Date
  private let overflow: (() throws -> (any RereadableSink)?)?
  private let evaluation: SignerEvaluation
  private var layers: [Layer] = []
  private var defects: [ReportedDefect] = []
  private var content: Entity?
  /// The digests that ``content`` had when its signature was held against it, as long as it lies where the message does.
  private var contentDigests: [DigestAlgorithm: [UInt8]] = [:]
  /// How much compressed content became, over all layers.
  private var inflated = 0

  init(
    _ reader: Reader, message: Message, at instant: Date, overflow: (() throws -> (any RereadableSink)?)?
  ) {
    self.reader = reader
    self.message = message
    self.instant = instant
    self.overflow = overflow
    evaluation = SignerEvaluation(
      paths: reader.paths, policy: reader.policy, certificates: reader.certificates, instant: instant,
      message: message)
  }

  mutating func run(_ root: Entity) async throws -> OpenedMessage {
    defects += (message.defects + root.allDefects).map { ReportedDefect($0.code.rawValue, $0.place) }
    var current: Entity? = root
    while let entity = current {
      content = entity
      guard layers.count < reader.limits.layers else {
        defects.append(ReportedDefect("tooManyLayers", "layer \(layers.count)"))
        break
      }
      current = try await takeOff(entity)
    }
    let part =
      layers.contains { if case .signature = $0 { true } else { false } } ? nil : try await signedPart(of: content)
    return report(part)
  }

  // MARK: Layers

  /// Takes one layer off and returns what is inside; nil when there is none, or it does not open.
  private mutating func takeOff(_ entity: Entity) async throws -> Entity? {
    let form = SecureForm(entity)
    if case .none = form { return nil }
    contentDigests = [:]
    switch form {
    case .none: return nil
    case .multipartSigned(let signed, let signature):
      let (layer, digests) = try await multipartLayer(signed, signature, in: entity)
      layers.append(.signature(layer))
      contentDigests = digests
      return signed
    case .brokenMultipartSigned(let why):
      let failure = SignerReport.Failure("malformed", why)
      layers.append(.signature(SignatureLayer(.multipart, .unreadable(failure))))
      content = entity.parts.first ?? entity
      return nil
    case .foreignMultipartSigned(let signed, let protocolName):
      let failure = SignerReport.Failure("unsupported", "it is signed by \(protocolName)")
      layers.append(.signature(SignatureLayer(.multipart, .unreadable(failure))))
      return signed
    case .cms: return try await takeOffCMS(entity)
    }
  }

  /// The layer, and the digests of what is signed.
  private func multipartLayer(
    _ signed: Entity, _ signature: Entity, in whole: Entity
  ) async throws -> (SignatureLayer, [DigestAlgorithm: [UInt8]]) {
    do {
      let data = try SignedDataReader(signature.decodedBody, limits: reader.limits.cms).read(detached: signed.canonical)
      let isFollowed = try whole.hasTextAfterLastBoundary
      let isRead = data.contentPlace == .detached && !data.signerInfos.isEmpty
      return (
        layer(.multipart, await evaluation.reports(data), isFollowed: isFollowed), isRead ? data.digests : [:]
      )
    } catch let error where error is Malformed || error is Unsupported || error is LimitExceeded {
      return (SignatureLayer(.multipart, .unreadable(Self.failure(error))), [:])
    }
  }

  private func opaqueLayer(_ data: SignedData, in entity: Entity) async throws -> SignatureLayer {
    let isFollowed = try data.isFollowedByData || entity.hasTextBesideBase64
    return layer(.opaque, await evaluation.reports(data), isFollowed: isFollowed)
  }

  private func layer(_ form: SignatureLayer.Form, _ signers: [SignerReport], isFollowed: Bool) -> SignatureLayer {
    SignatureLayer(form, signers.map { matchSender($0, of: message) }, isFollowed: isFollowed)
  }

  /// A signer who is good so far, held against who the message says wrote it.
  private func matchSender(_ signer: SignerReport, of message: Message) -> SignerReport {
    guard signer.state == .verified else { return signer }
    switch SenderMatch.of(signer.addresses, message: message) {
    case .author: return signer
    case .onBehalf:
      return signer.with(
        .verifiedOnBehalf, SignerReport.Failure("onBehalf", "the certificate is for Sender, not for From"))
    case .mismatch(let why): return signer.with(.signerMismatch, SignerReport.Failure("signerMismatch", why))
    }
  }

  private mutating func takeOffCMS(_ entity: Entity) async throws -> Entity? {
    let body = entity.decodedBody
    do {
      switch try ContentInfo.contentType(of: body) {
      case .signedData: return try await takeOffSignedData(entity)
      case .envelopedData, .authEnvelopedData: return try await takeOffEnvelopedData(body)
      case .compressedData: return try takeOffCompressedData(body)
      case let type: throw Unsupported("\(type)", path: "ContentInfo.contentType")
      }
    } catch let error where error is Malformed || error is Unsupported || error is LimitExceeded {
      layers.append(.signature(SignatureLayer(.opaque, .unreadable(Self.failure(error)))))
      content = nil
      return nil
    }
  }

  private mutating func takeOffSignedData(_ entity: Entity) async throws -> Entity? {
    let kept = keptContent()
    let data = try SignedDataReader(entity.decodedBody, limits: reader.limits.cms).read(content: kept)
    if data.signerInfos.isEmpty && !data.hasContent {
      layers.append(.certificates(data.certificates))
      content = nil
      return nil
    }
    layers.append(.signature(try await opaqueLayer(data, in: entity)))
    return try inner(kept)
  }

  private mutating func takeOffCompressedData(_ body: any ByteStream) throws -> Entity? {
    let kept = keptContent()
    content = nil
    var limits = reader.limits.cms
    limits.inflatedBytes -= inflated
    do {
      let compressed = try CompressedDataReader(body, limits: limits).read(content: kept)
      inflated += compressed.contentCount
      defects += compressed.defects.map { ReportedDefect("compression", $0.description) }
    } catch let error where error is Malformed || error is Unsupported || error is LimitExceeded {
      layers.append(.compression(CompressionLayer(detail: "\(error)")))
      return nil
    }
    layers.append(.compression(CompressionLayer(detail: nil)))
    return try inner(kept)
  }

  /// A place for the content of the next layer.
  private func keptContent() -> KeptContent { KeptContent(limit: reader.limits.memory, overflow: overflow) }

  private mutating func takeOffEnvelopedData(_ body: any ByteStream) async throws -> Entity? {
    let envelope = try EnvelopedDataReader(body, limits: reader.limits.cms)
    let identities = try await reader.identities.identities()
    let kept = keptContent()
    let name = (try? envelope.contentCipher().encryption.name) ?? envelope.contentEncryptionAlgorithm.algorithm.digits
    let recipients = envelope.recipients.flatMap(\.descriptions)
    func layer(_ state: EncryptionState, _ error: (any Error)? = nil, nearby: [Certificate] = []) -> Layer {
      .encryption(
        EncryptionLayer(
          state: state, algorithm: name, recipients: recipients, nearby: nearby, detail: error.map { "\($0)" },
          isOutdated: (error as? Unsupported)?.isOutdated ?? false))
    }
    content = nil
    do {
      let opened = try await envelope.decrypt(with: identities, to: kept, policy: reader.policy)
      layers.append(layer(opened.isAuthenticated ? .decrypted : .decryptedUnauthenticated))
    } catch is KeyMissing {
      let issuers = identities.map(\.certificate).filter { ours in
        recipients.contains { $0.hasSuffix(" of \(ours.issuer)") }
      }
      layers.append(layer(.keyMissing, nearby: issuers))
      return nil
    } catch let error as DecryptionFailed {
      layers.append(layer(.failed, error))
      return nil
    } catch let error where error is Malformed || error is Unsupported || error is LimitExceeded {
      layers.append(layer(.failed, error))
      return nil
    }
    return try inner(kept)
  }

  private mutating func inner(_ kept: KeptContent) throws -> Entity? {
    guard let source = try kept.source() else {
      defects.append(ReportedDefect("contentNotKept", "layer \(layers.count)"))
      content = nil
      return nil
    }
    let entity = try Entity(source, limits: reader.limits.mime)
    defects += entity.allDefects.map { ReportedDefect($0.code.rawValue, "layer \(layers.count), \($0.place)") }
    return entity
  }

  private static func state(_ error: any Error) -> SignatureState { error is Unsupported ? .unsupported : .malformed }

  private static func failure(_ error: any Error) -> SignerReport.Failure {
    SignerReport.Failure(state(error).rawValue, "\(error)")
  }

  // MARK: Parts

  /// The state of the first signed part inside unsigned content: reported beside, and never as the message's own.
  private mutating func signedPart(of root: Entity?) async throws -> SignatureLayer? {
    guard let root else { return nil }
    for entity in root.all.dropFirst() {
      switch SecureForm(entity) {
      case .multipartSigned(let signed, let signature):
        return try await multipartLayer(signed, signature, in: entity).0
      case .brokenMultipartSigned, .foreignMultipartSigned, .none: continue
      case .cms:
        guard let type = try? ContentInfo.contentType(of: entity.decodedBody) else { continue }
        if type == .signedData,
          let data = try? SignedDataReader(entity.decodedBody, limits: reader.limits.cms).read(), data.hasContent,
          !data.signerInfos.isEmpty
        {
          return try await opaqueLayer(data, in: entity)
        }
        // What is encrypted inside something that is not stays closed: its text would stand among a stranger's (EFAIL).
        if type == .envelopedData || type == .authEnvelopedData {
          defects.append(ReportedDefect("encryptedPartNotOpened", "byte \(entity.range.lowerBound)"))
        }
      }
    }
    return nil
  }

  // MARK: Result

  private func report(_ part: SignatureLayer?) -> OpenedMessage {
    var deciding: SignatureLayer?
    for case .signature(let layer) in layers where deciding == nil { deciding = layer }
    let isWhole = deciding.map { !$0.isFollowed } ?? false
    let part = isWhole ? nil : deciding ?? part
    var signers = (deciding ?? part)?.signers ?? []
    var signature = isWhole ? deciding?.state ?? .unsigned : part == nil ? .unsigned : .partial
    let protection = HeaderProtection(content: content, layers: layers)
    // A protected From is shown in the place of the outer one, so the signer is held against it by the same rules.
    if signature == .verified, let inner = protection.message {
      signers = signers.map { matchSender($0, of: inner) }
      signature = signers.map(\.state).min() ?? signature
    }
    let decisive = signers.first { $0.state == signature } ?? signers.min { $0.state < $1.state }
    var defects = defects
    if signature == .verified, let decisive { defects += SenderMatch.defects(decisive.addresses, message: message) }
    return OpenedMessage(
      verdict: Verdict(
        signature: signature, encryption: encryption, signer: decisive, partState: part?.state),
      layers: layers, signers: signers, message: message, content: content,
      headers: protection.headers(of: message, isSigned: signature == .verified),
      defects: defects, contentDigests: contentDigests)
  }

  /// Every layer must open and prove whole; a cipher without a mac does by a good signature directly inside it.
  private var encryption: EncryptionState {
    var states: [EncryptionState] = []
    for (index, layer) in layers.enumerated() {
      guard case .encryption(let encryption) = layer else { continue }
      var state = encryption.state
      if state == .decryptedUnauthenticated, index + 1 < layers.count, case .signature(let inside) = layers[index + 1],
        inside.state == .verified
      {
        state = .decrypted
      }
      states.append(state)
    }
    let order: [EncryptionState] = [.failed, .keyMissing, .decryptedUnauthenticated, .decrypted]
    return order.first { states.contains($0) } ?? .none
  }
}

extension SignatureLayer {
  /// The layer takes the worst of its signers.
  init(_ form: Form, _ signers: [SignerReport], isFollowed: Bool) {
    self.init(form: form, state: signers.map(\.state).min() ?? .unsigned, signers: signers, isFollowed: isFollowed)
  }

  /// A layer of which nothing can be told but why.
  init(_ form: Form, _ unreadable: SignerReport) { self.init(form, [unreadable], isFollowed: false) }
}

extension SignerReport {
  static func unreadable(_ failure: Failure) -> SignerReport {
    SignerReport(
      state: failure.check == "unsupported" ? .unsupported : .malformed, addresses: [], certificate: nil,
      identifier: "unreadable signer", claimedTime: nil, path: [], failures: [failure], notes: [], revocation: [],
      capabilities: nil)
  }

  func with(_ state: SignatureState, _ failure: Failure) -> SignerReport {
    var report = SignerReport(
      state: state, addresses: addresses, certificate: certificate, identifier: identifier, claimedTime: claimedTime,
      path: path, failures: [failure] + failures, notes: notes, revocation: revocation,
      capabilities: capabilities)
    report.timestamps = timestamps
    report.countersigners = countersigners
    return report
  }
}
