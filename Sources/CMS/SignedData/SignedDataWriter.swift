public import ByteIO
public import PKIX
public import SMIMECrypto
import SwiftASN1

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// Writes SignedData: DER wherever the size of the content is known, else BER of indefinite length.
public enum SignedDataWriter {
  /// Whether the content goes into the object.
  public enum Form: Hashable, Sendable { case attached, detached }

  /// Which certificates of a signer's identity go into the object.
  public enum EnclosedCertificates: Hashable, Sendable { case chain, leaf, none }

  /// How a signer is named in the object.
  public enum Naming: Hashable, Sendable { case issuerAndSerial, subjectKeyIdentifier }

  /// Who signs, with what, and what is said along with it.
  public struct Signer: Sendable {
    public var identity: Identity
    /// nil: RSASSA-PKCS1-v1_5 or ECDSA with the hash that fits the key, Ed25519.
    public var algorithm: SignatureAlgorithm?
    /// The time to claim; nil for none.
    public var signingTime: Date?
    /// What to announce as readable; nil for nothing.
    public var capabilities: Capabilities?
    /// The certificate that answers are to be encrypted to; nil to say nothing.
    public var encryptionCertificate: Certificate?
    public var certificates: EnclosedCertificates
    public var naming: Naming
    public var extraAttributes: [Attribute]

    public init(
      _ identity: Identity, algorithm: SignatureAlgorithm? = nil, signingTime: Date? = nil,
      capabilities: Capabilities? = .default, encryptionCertificate: Certificate? = nil,
      certificates: EnclosedCertificates = .chain, naming: Naming = .issuerAndSerial, extraAttributes: [Attribute] = []
    ) {
      self.identity = identity
      self.algorithm = algorithm
      self.signingTime = signingTime
      self.capabilities = capabilities
      self.encryptionCertificate = encryptionCertificate
      self.certificates = certificates
      self.naming = naming
      self.extraAttributes = extraAttributes
    }

    /// The algorithm it will sign with.
    public var signatureAlgorithm: SignatureAlgorithm {
      algorithm ?? identity.certificate.publicKey.defaultSignatureAlgorithm
    }

    /// The digest of the content. RFC 8419 §3.1 binds Ed25519 to SHA-512.
    public var digestAlgorithm: DigestAlgorithm { signatureAlgorithm.digest ?? .sha512 }
  }

  /// Signs `content`, the bytes as they are, for all of `signers`, and writes the object to `sink`.
  public static func sign(
    _ content: any ByteStream, type: ContentType = .data, signers: [Signer], form: Form,
    crls: [CertificateRevocationList] = [], to sink: any ByteSink
  ) async throws {
    let digests = signers.reduce(into: [DigestAlgorithm]()) { found, signer in
      if !found.contains(signer.digestAlgorithm) { found.append(signer.digestAlgorithm) }
    }
    let object = Pieces(type: type, signers: signers, digests: digests, crls: crls)

    guard form == .attached else {
      let observer = ContentObserver(digests, passingTo: NullSink())
      try content.copy(to: observer)
      let infos = try await signerInfos(signers, type, observer.digests())
      let frame = object.frame(content: .none, signerInfos: infos)
      try sink.write(frame.head(inner: 0) + frame.tail(isDefinite: true))
      return
    }
    let measured = try MeasuredContent(content)
    if let count = measured.count {
      // The signatures' sizes go into the outer lengths, so they are made before the content is written.
      let observer = ContentObserver(digests, passingTo: NullSink())
      try measured.stream.copy(to: observer)
      let infos = try await signerInfos(signers, type, observer.digests())
      let frame = object.frame(content: .primitive, signerInfos: infos)
      let octets = BERFrame.header(BERFrame.octetString, count)
      try sink.write(frame.head(inner: octets.count + count) + octets)
      let written = OctetStringSink(sink, isSegmented: false)
      try measured.stream.copy(to: written)
      guard written.count == count else { throw IOFailure(.truncated, "byte \(written.count)") }
      try sink.write(frame.tail(isDefinite: true))
    } else {
      try sink.write(object.frame(content: .segmented, signerInfos: []).head(inner: nil))
      let observer = ContentObserver(digests, passingTo: OctetStringSink(sink, isSegmented: true))
      try measured.stream.copy(to: observer)
      let infos = try await signerInfos(signers, type, observer.digests())
      try sink.write(object.frame(content: .segmented, signerInfos: infos).tail(isDefinite: false))
    }
  }

  /// A detached signature over `content`, in memory.
  public static func detachedSignature(
    over content: any ByteStream, type: ContentType = .data, signers: [Signer]
  ) async throws -> [UInt8] {
    let buffer = BufferSink()
    try await sign(content, type: type, signers: signers, form: .detached, to: buffer)
    return buffer.bytes
  }

  /// A detached signature over content that was digested on its way elsewhere, by a ``ContentDigests``.
  public static func detachedSignature(
    over content: ContentDigests, type: ContentType = .data, signers: [Signer]
  ) async throws -> [UInt8] {
    let object = Pieces(type: type, signers: signers, digests: content.algorithms, crls: [])
    let infos = try await signerInfos(signers, type, content.observer.digests())
    let frame = object.frame(content: .none, signerInfos: infos)
    return frame.head(inner: 0) + frame.tail(isDefinite: true)
  }

  /// Digests content for its signers while it is written to where it goes.
  public final class ContentDigests: ByteSink {
    fileprivate let algorithms: [DigestAlgorithm]
    fileprivate let observer: ContentObserver

    public init(for signers: [Signer], passingTo sink: any ByteSink) {
      algorithms = signers.reduce(into: []) { found, signer in
        if !found.contains(signer.digestAlgorithm) { found.append(signer.digestAlgorithm) }
      }
      observer = ContentObserver(algorithms, passingTo: sink)
    }

    public func write(_ bytes: Span<UInt8>) throws { try observer.write(bytes) }
  }

  /// The degenerate case of RFC 5652 §5.2 without content and signers, which carries certificates (`.p7c`).
  public static func certificatesOnly(
    _ certificates: [Certificate], crls: [CertificateRevocationList] = []
  ) -> [UInt8] {
    let object = Pieces(certificates: certificates, crls: crls)
    let frame = object.frame(content: .none, signerInfos: [])
    return frame.head(inner: 0) + frame.tail(isDefinite: true)
  }

  private static func signerInfos(
    _ signers: [Signer], _ type: ContentType, _ digests: [DigestAlgorithm: [UInt8]]
  ) async throws -> [[UInt8]] {
    var infos: [[UInt8]] = []
    for signer in signers {
      guard let digest = digests[signer.digestAlgorithm] else { throw Unsupported(signer.digestAlgorithm.name) }
      infos.append(try await signer.signerInfo(type: type, digest: digest))
    }
    return infos
  }
}

extension SignedDataWriter.Signer {
  /// Signs the attributes and gives the SignerInfo's DER.
  fileprivate func signerInfo(type: ContentType, digest: [UInt8]) async throws -> [UInt8] {
    let attributes = AttributeSet(attributes(type: type, digest: digest))
    let algorithm = signatureAlgorithm
    let signature = try await identity.signingKey.signature(.message(attributes.encoded()[...]), algorithm)
    return DER.Serializer.encode { der in
      der.sequence { der in
        der.int(naming == .issuerAndSerial ? 1 : 3)
        identifier.write(to: &der)
        digestAlgorithm.identifier.write(to: &der)
        der.raw(attributes.encoded(tag: .context(0)))
        signatureIdentifier.write(to: &der)
        der.octets(signature)
      }
    }
  }

  /// The certificate's own name for its key, else the usual one (RFC 5280 §4.2.1.2).
  private var keyIdentifier: ArraySlice<UInt8> {
    ArraySlice(identity.certificate.keyIdentifiers.first ?? identity.certificate.publicKey.subjectKeyIdentifier)
  }

  private var identifier: SignerIdentifier {
    switch naming {
    case .issuerAndSerial: .issuerAndSerial(IssuerAndSerialNumber(of: identity.certificate))
    case .subjectKeyIdentifier: .subjectKeyIdentifier(keyIdentifier)
    }
  }

  /// RFC 3370 §3.2: rsaEncryption names PKCS #1 v1.5 in CMS, and is what every reader knows; the hash is digestAlgorithm's.
  private var signatureIdentifier: AlgorithmIdentifier {
    if case .rsaPKCS1 = signatureAlgorithm {
      AlgorithmIdentifier([1, 2, 840, 113549, 1, 1, 1], parameters: AlgorithmIdentifier.null)
    } else {
      signatureAlgorithm.identifier
    }
  }

  private func attributes(type: ContentType, digest: [UInt8]) -> [Attribute] {
    let protection = AlgorithmProtection(
      digestAlgorithm: digestAlgorithm.identifier, signatureAlgorithm: signatureIdentifier)
    var attributes = [
      Attribute(.contentTypeAttribute, DER.Serializer.encode { $0.oid(type.oid) }),
      Attribute(.messageDigestAttribute, DER.Serializer.encode { $0.octets(digest) }),
      Attribute(.algorithmProtectionAttribute, protection.encoded),
    ]
    if let signingTime {
      attributes.append(Attribute(.signingTimeAttribute, DER.Serializer.encode { $0.time(signingTime) }))
    }
    if let capabilities { attributes.append(Attribute(.capabilitiesAttribute, Array(capabilities.encoded))) }
    if let encryptionCertificate {
      let preference = EncryptionKeyPreference.issuerAndSerial(IssuerAndSerialNumber(of: encryptionCertificate))
      attributes.append(Attribute(.encryptionKeyPreferenceAttribute, preference.encoded))
    }
    return attributes + extraAttributes
  }
}

/// The parts of a SignedData that are the same before and after its signatures exist.
private struct Pieces {
  enum Content { case none, primitive, segmented }

  private let type: ContentType
  private let version: Int
  private let digestAlgorithms: [UInt8]
  private let certificates: [[UInt8]]
  private let crls: [[UInt8]]

  init(
    type: ContentType, signers: [SignedDataWriter.Signer], digests: [DigestAlgorithm],
    crls: [CertificateRevocationList]
  ) {
    let certificates = signers.flatMap { signer -> [Certificate] in
      switch signer.certificates {
      case .chain: [signer.identity.certificate] + signer.identity.chain
      case .leaf: [signer.identity.certificate]
      case .none: []
      }
    }
    self.init(
      type: type, digests: digests, certificates: certificates, crls: crls,
      namesKeys: signers.contains { $0.naming == .subjectKeyIdentifier })
  }

  init(certificates: [Certificate], crls: [CertificateRevocationList]) {
    self.init(type: .data, digests: [], certificates: certificates, crls: crls, namesKeys: false)
  }

  /// RFC 5652 §5.1: version 3 if a SignerInfo has version 3 or the content is not data, else 1.
  private init(
    type: ContentType, digests: [DigestAlgorithm], certificates: [Certificate], crls: [CertificateRevocationList],
    namesKeys: Bool
  ) {
    self.type = type
    version = namesKeys || type != .data ? 3 : 1
    digestAlgorithms = DER.Serializer.encode { $0.setOf(digests.map(\.identifier.encoded)) }
    self.certificates = Array(Set(certificates)).map { Array($0.derBytes) }
    self.crls = crls.map { Array($0.derBytes) }
  }

  func frame(content: Content, signerInfos: [[UInt8]]) -> ContentFrame {
    var frame = ContentFrame()
    frame.nest(BERFrame.sequence, before: DER.Serializer.encode { $0.oid(ContentType.signedData.oid) })
    frame.nest(BERFrame.context(0))
    let before = DER.Serializer.encode { der in
      der.int(version)
      der.raw(digestAlgorithms)
    }
    let after = DER.Serializer.encode { der in
      if !certificates.isEmpty { der.setOf(certificates, tag: .context(0)) }
      if !crls.isEmpty { der.setOf(crls, tag: .context(1)) }
      der.setOf(signerInfos)
    }
    frame.nest(BERFrame.sequence, before: before, after: after)
    frame.nest(BERFrame.sequence, before: DER.Serializer.encode { $0.oid(type.oid) })
    if content != .none { frame.nest(BERFrame.context(0)) }
    if content == .segmented { frame.nest(0x20 | BERFrame.octetString) }
    return frame
  }
}
