public import PKIX
public import SMIMECrypto
import SwiftASN1

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

extension SignedDataWriter {
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
    /// Who proves when the signature was there (RFC 3161); nil for nobody.
    public var timestampSource: (any TimestampSource)?

    public init(
      _ identity: Identity, algorithm: SignatureAlgorithm? = nil, signingTime: Date? = nil,
      capabilities: Capabilities? = .default, encryptionCertificate: Certificate? = nil,
      certificates: EnclosedCertificates = .chain, naming: Naming = .issuerAndSerial,
      extraAttributes: [Attribute] = [], timestampSource: (any TimestampSource)? = nil
    ) {
      self.identity = identity
      self.algorithm = algorithm
      self.signingTime = signingTime
      self.capabilities = capabilities
      self.encryptionCertificate = encryptionCertificate
      self.certificates = certificates
      self.naming = naming
      self.extraAttributes = extraAttributes
      self.timestampSource = timestampSource
    }

    /// The algorithm it will sign with.
    public var signatureAlgorithm: SignatureAlgorithm {
      algorithm ?? identity.certificate.publicKey.defaultSignatureAlgorithm
    }

    /// The digest of the content: the signature's own, or the one that goes with a signature that has none.
    public var digestAlgorithm: DigestAlgorithm { signatureAlgorithm.contentDigest }

    /// The digest as the object names it.
    var digestIdentifier: AlgorithmIdentifier { signatureAlgorithm.contentDigestIdentifier }

    /// The certificates that go into the object.
    var enclosed: [Certificate] {
      switch certificates {
      case .chain: [identity.certificate] + identity.chain
      case .leaf: [identity.certificate]
      case .none: []
      }
    }
  }
}

extension SignedDataWriter.Signer {
  /// The DER of a SignerInfo over content of `type` with that digest, and with a time stamp if one is asked for.
  func signerInfo(type: ContentType, digest: [UInt8]) async throws -> [UInt8] {
    let signed = try await signed(type: type, digest: digest)
    guard let timestampSource else { return signed }
    let element = TLVReader.Element(bytes: signed[...], offset: 0, place: .root("SignerInfo"))
    return Array(try await SignerInfo(element).timestamped(by: timestampSource).encoded)
  }

  /// The DER of a countersignature over `signature`.
  func countersignature(over signature: ArraySlice<UInt8>) async throws -> [UInt8] {
    let info = try await signed(type: nil, digest: try MessageDigest.hash(signature, digestAlgorithm))
    guard let timestampSource else { return info }
    let element = TLVReader.Element(bytes: info[...], offset: 0, place: .root("SignerInfo"))
    return Array(try await SignerInfo(element, role: .countersigner).timestamped(by: timestampSource).encoded)
  }

  /// Signs the attributes and gives the SignerInfo's DER; of no type for a countersignature.
  private func signed(type: ContentType?, digest: [UInt8]) async throws -> [UInt8] {
    let attributes = AttributeSet(attributes(type: type, digest: digest))
    let algorithm = signatureAlgorithm
    let signature = try await identity.signingKey.signature(.message(attributes.encoded()[...]), algorithm)
    return DERWriter.encode { der in
      der.sequence { der in
        der.int(naming == .issuerAndSerial ? 1 : 3)
        identifier.write(to: &der)
        digestIdentifier.write(to: &der)
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

  private func attributes(type: ContentType?, digest: [UInt8]) -> [Attribute] {
    let protection = AlgorithmProtection(
      digestAlgorithm: digestIdentifier, signatureAlgorithm: signatureIdentifier)
    var attributes = [
      Attribute(.messageDigestAttribute, DERWriter.encode { $0.octets(digest) }),
      Attribute(.algorithmProtectionAttribute, protection.encoded),
      // RFC 8551 §2.5: one in each SignerInfo.
      SigningCertificate.attribute(for: identity.certificate),
    ]
    if let type { attributes.append(Attribute(.contentTypeAttribute, DERWriter.encode { $0.oid(type.oid) })) }
    if let signingTime {
      attributes.append(Attribute(.signingTimeAttribute, DERWriter.encode { $0.time(signingTime) }))
    }
    guard type != nil else { return attributes + extraAttributes }
    if let capabilities { attributes.append(Attribute(.capabilitiesAttribute, Array(capabilities.encoded))) }
    if let encryptionCertificate {
      let preference = EncryptionKeyPreference.issuerAndSerial(IssuerAndSerialNumber(of: encryptionCertificate))
      attributes.append(Attribute(.encryptionKeyPreferenceAttribute, preference.encoded))
    }
    return attributes + extraAttributes
  }
}
