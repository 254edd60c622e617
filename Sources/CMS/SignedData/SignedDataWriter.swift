public import ByteIO
public import PKIX
import SMIMECrypto

/// Writes SignedData: DER wherever the size of the content is known, else BER of indefinite length.
public enum SignedDataWriter {
  /// Whether the content goes into the object.
  public enum Form: Hashable, Sendable { case attached, detached }

  /// Which certificates of a signer's identity go into the object.
  public enum EnclosedCertificates: Hashable, Sendable { case chain, leaf, none }

  /// How a signer is named in the object.
  public enum Naming: Hashable, Sendable { case issuerAndSerial, subjectKeyIdentifier }

  /// Signs `content`, the bytes as they are, for all of `signers`, and writes the object to `sink`.
  public static func sign(
    _ content: any ByteStream, type: ContentType = .data, signers: [Signer], form: Form,
    crls: [CertificateRevocationList] = [], ocspResponses: [OCSPResponse] = [], to sink: any ByteSink
  ) async throws {
    let digests = digests(of: signers)
    var object = SignedDataFrame(type: type, signers: signers)
    object.revocationInfo = OrderedSet(
      crls.map { Array($0.derBytes) } + ocspResponses.map(OtherRevocationInfo.encoded))

    guard form == .attached else {
      let observer = ContentObserver(digests, passingTo: NullSink())
      try content.copy(to: observer)
      object.signerInfos = OrderedSet(try await signerInfos(signers, type, observer.digests()))
      try sink.write(object.detached)
      return
    }
    let measured = try MeasuredContent(content)
    if let count = measured.count {
      // The signatures' sizes go into the outer lengths, so they are made before the content is written.
      let observer = ContentObserver(digests, passingTo: NullSink())
      try measured.copy(to: observer)
      object.signerInfos = OrderedSet(try await signerInfos(signers, type, observer.digests()))
      try object.write(contentCount: count, to: sink) { try measured.copy(to: $0) }
    } else {
      // The version is written before there are signatures that demand one.
      if signers.contains(where: { $0.naming == .subjectKeyIdentifier }) { object.leastVersion = 3 }
      try sink.write(object.frame(.segmented).head(inner: nil))
      let observer = ContentObserver(digests, passingTo: OctetStringSink(sink, isSegmented: true))
      try measured.copy(to: observer)
      object.signerInfos = OrderedSet(try await signerInfos(signers, type, observer.digests()))
      try sink.write(object.frame(.segmented).tail(isDefinite: false))
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
    var object = SignedDataFrame(type: type, signers: signers)
    object.signerInfos = OrderedSet(try await signerInfos(signers, type, content.observer.digests()))
    return object.detached
  }

  /// Digests content for its signers while it is written to where it goes.
  public final class ContentDigests: ByteSink {
    fileprivate let observer: ContentObserver

    public init(for signers: [Signer], passingTo sink: any ByteSink) {
      observer = ContentObserver(SignedDataWriter.digests(of: signers), passingTo: sink)
    }

    public func write(_ bytes: Span<UInt8>) throws { try observer.write(bytes) }
  }

  /// The degenerate case of RFC 5652 §5.2 without content and signers, which carries certificates (`.p7c`).
  public static func certificatesOnly(
    _ certificates: [Certificate], crls: [CertificateRevocationList] = [], ocspResponses: [OCSPResponse] = []
  ) -> [UInt8] {
    var object = SignedDataFrame(type: .data)
    object.certificates = OrderedSet(Array(Set(certificates)).map { Array($0.derBytes) })
    object.revocationInfo = OrderedSet(
      crls.map { Array($0.derBytes) } + ocspResponses.map(OtherRevocationInfo.encoded))
    return object.detached
  }

  /// Each of the digests that `signers` need, once.
  static func digests(of signers: [Signer]) -> [DigestAlgorithm] {
    signers.reduce(into: []) { found, signer in
      if !found.contains(signer.digestAlgorithm) { found.append(signer.digestAlgorithm) }
    }
  }

  static func signerInfos(
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
