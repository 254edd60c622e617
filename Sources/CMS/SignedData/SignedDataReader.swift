public import ByteIO
import PKIX
import SMIMECrypto
import SwiftASN1

/// Reads a SignedData object of any size in one pass, digesting its content on the way.
///
///     let data = try SignedDataReader(stream).read(detached: content)
///     for case .success(let signer) in data.signerInfos { … signer.verify(in: data, certificate: …) }
///
/// A second pass over the content is made only when a signer asks for a digest that `digestAlgorithms` does not
/// announce, or for the content as a whole. It must find the same content: else what went to the sink is not what the
/// signatures are held against.
public struct SignedDataReader: Sendable {
  private let stream: any ByteStream
  private let limits: CMSLimits

  public init(_ stream: any ByteStream, limits: CMSLimits = .standard) {
    self.stream = stream
    self.limits = limits
  }

  /// Reads the object. Content inside it goes to `sink`, unverified as it is; `detached` is content that came beside it.
  ///
  /// Throws `Malformed` if there is no SignedData to be had, ``ContentChanged``, and whatever the streams throw. A signer
  /// that cannot be read is a failure in `signerInfos`, and a certificate that cannot is kept: neither fails the others.
  public func read(content sink: any ByteSink = NullSink(), detached: (any ByteStream)? = nil) throws -> SignedData {
    var observer = ContentObserver([], passingTo: sink)
    let parts = try SignedDataParts(stream, limits: limits) { announced in
      let known = announced.compactMap { try? DigestAlgorithm($0) }
      observer = ContentObserver(ContentNeeds.reliably(known), passingTo: sink)
      return observer
    }
    let signers = parts.signerInfos.map(\.signerInfo)
    var defects = parts.following
    var contentCount = parts.contentCount

    let place: SignedData.ContentPlace =
      switch (parts.hasContent, detached != nil) {
      case (true, true): .both
      case (true, false): .attached
      case (false, true): .detached
      case (false, false): .nowhere
      }
    let needs = ContentNeeds(of: signers)
    var digests = observer.digests()
    if place == .detached, let detached, !signers.isEmpty {
      observer = needs.observer(ContentNeeds.reliably(needs.digests), limits)
      contentCount = try detached.copy(to: observer)
      digests = observer.digests()
    } else if place == .attached, !needs.isMet(by: observer) {
      let common = ContentNeeds.reliable.filter { digests[$0] != nil }.prefix(1)
      observer = needs.observer(needs.digests + common, limits)
      try SignedDataParts.copyContent(of: stream, limits: limits, to: observer)
      let again = observer.digests()
      guard let first = common.first, digests[first] == again[first] else { throw ContentChanged() }
      digests = again
    }

    let readable = (parts.certificates ?? []).map { element in (element, Self.certificate(element, &defects)) }
    let lists = (parts.revocationInfo ?? []).map { element in (element, Self.list(element, &defects)) }
    return SignedData(
      version: parts.version, digestAlgorithms: parts.digestAlgorithms, contentType: parts.contentType,
      contentPlace: place,
      contentCount: contentCount, certificates: readable.compactMap(\.1),
      otherCertificates: readable.filter { $0.1 == nil }.map(\.0.bytes), crls: lists.compactMap(\.1),
      otherRevocationInfo: lists.filter { $0.1 == nil }.map(\.0.bytes), signerInfos: signers,
      digests: digests, defects: defects, isFollowedByData: !parts.following.isEmpty,
      wholeContent: observer.wholeContent, contentLooksLikeAttributes: observer.looksLikeAttributes)
  }

  /// RFC 5652 §10.2.2: other members than X.509 certificates have a context tag; they are kept, and are no defect.
  private static func certificate(_ element: TLVReader.Element, _ defects: inout [Malformed]) -> Certificate? {
    guard element.bytes.first == 0x30 else { return nil }
    do throws(Malformed) {
      return try Certificate(der: element.bytes)
    } catch {
      defects.append(Malformed(error.reason, path: element.path, offset: element.offset + (error.offset ?? 0)))
      return nil
    }
  }

  private static func list(_ element: TLVReader.Element, _ defects: inout [Malformed]) -> CertificateRevocationList? {
    guard element.bytes.first == 0x30 else { return nil }
    do throws(Malformed) {
      return try CertificateRevocationList(der: element.bytes)
    } catch {
      defects.append(Malformed(error.reason, path: element.path, offset: element.offset + (error.offset ?? 0)))
      return nil
    }
  }
}

/// What the signers of one object need to know of its content.
private struct ContentNeeds {
  var digests: [DigestAlgorithm] = []
  /// RFC 8419 §2: a signer without signed attributes whose algorithm takes the whole message.
  var whole = false

  init(of signers: [Result<SignerInfo, Malformed>]) {
    for case .success(let signer) in signers {
      let digest = try? DigestAlgorithm(signer.digestAlgorithm)
      if let digest, !digests.contains(digest) { digests.append(digest) }
      guard signer.signedAttributes == nil,
        let algorithm = try? SignatureAlgorithm(signer.signatureAlgorithm, digest: digest)
      else { continue }
      if algorithm.digest == nil { whole = true }
    }
  }

  func isMet(by observer: ContentObserver) -> Bool { !whole && digests.allSatisfy(observer.observes) }

  /// An observer of content that goes nowhere.
  func observer(_ digests: [DigestAlgorithm], _ limits: CMSLimits) -> ContentObserver {
    ContentObserver(digests, passingTo: NullSink(), keeping: whole ? limits.oneShotBytes : 0)
  }

  /// Digests that are always there, and that nobody finds other content for.
  static let reliable: [DigestAlgorithm] = [.sha256, .sha384, .sha512]

  /// `digests`, and SHA-256 wherever it takes that to know the content again.
  static func reliably(_ digests: [DigestAlgorithm]) -> [DigestAlgorithm] {
    digests.contains(where: reliable.contains) ? digests : digests + [.sha256]
  }
}
