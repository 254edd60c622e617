import ByteIO
public import PKIX
public import SMIMECrypto
import SwiftASN1

/// RFC 5652 §11.4   Countersignature ::= SignerInfo
///
/// Somebody's signature over another's signature, as an unsigned attribute of it. It can be countersigned itself.
extension SignerInfo {
  /// The countersignatures over this signature, each of which has its own; or why one cannot be read.
  public var countersignatures: [Result<SignerInfo, Malformed>] {
    var found: [Result<SignerInfo, Malformed>] = []
    for value in unsignedValues(of: .countersignatureAttribute) {
      let element = element(value, ".unsignedAttrs.countersignature[\(found.count)]")
      do throws(Malformed) {
        found.append(.success(try SignerInfo(element, role: .countersigner)))
      } catch { found.append(.failure(error)) }
    }
    return found
  }

  /// Verifies this countersignature over the signature of `countersigned`.
  ///
  /// What that signature is worth is another question: ask it of `countersigned`.
  public func verify(
    countersigning countersigned: SignerInfo, certificate: Certificate, policy: AlgorithmPolicy = .standard
  ) -> SignerVerification {
    guard role == .countersigner else {
      return .malformed(failure("is a signature over content, not over a signature", .signedAttrs))
    }
    let digests = (try? DigestAlgorithm(digestAlgorithm)).map { [$0] } ?? []
    let observer = ContentObserver(digests, passingTo: NullSink(), keeping: countersigned.signature.count)
    // A NullSink takes everything.
    try? observer.write(countersigned.signature)
    let content = SignedContent(
      type: nil, place: .attached, digests: observer.digests(), whole: Array(countersigned.signature),
      looksLikeAttributes: observer.looksLikeAttributes)
    return verify(over: content, certificate: certificate, policy: policy)
  }

  /// This SignerInfo with countersignatures by `signers` beside whatever it holds.
  ///
  /// Everything else stays byte for byte, so that this signature and earlier countersignatures go on holding.
  public func countersigned(by signers: [SignedDataWriter.Signer]) async throws -> SignerInfo {
    var values: [[UInt8]] = []
    for signer in signers { values.append(try await signer.countersignature(over: signature)) }
    return try adding([Attribute(.countersignatureAttribute, values: values.map { $0[...] })])
  }

  /// The values of every unsigned attribute of `type`.
  func unsignedValues(of type: ASN1ObjectIdentifier) -> [ArraySlice<UInt8>] {
    unsignedAttributes?.all(type).flatMap(\.values) ?? []
  }

  /// This SignerInfo with more unsigned attributes. All other fields are the bytes that came.
  func adding(_ attributes: [Attribute]) throws -> SignerInfo {
    var set = OrderedSet()
    if let unsignedAttributes {
      var top = try ASN1Cursor(unsignedAttributes.encoded, as: "unsignedAttrs", rules: .ber)
      var members = try top.enter(.context(1))
      var elements: [[UInt8]] = []
      while !members.isAtEnd { elements.append(Array(try members.raw())) }
      set = OrderedSet(asRead: elements)
    }
    for attribute in attributes { set.insert(attribute.encoded) }
    let fields = try fieldEncodings()
    let kept = unsignedAttributes == nil ? fields[...] : fields.dropLast()
    let bytes = DERWriter.encode { der in
      der.sequence { der in
        for field in kept { der.raw(field) }
        set.write(to: &der, tag: .context(1))
      }
    }
    return try SignerInfo(TLVReader.Element(bytes: bytes[...], offset: offset, place: place), role: role)
  }
}
