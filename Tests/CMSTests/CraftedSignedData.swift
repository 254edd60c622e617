import ByteIO
import PKIX
import SMIMECrypto
import SwiftASN1

@testable import CMS

/// A SignedData made by hand, correct until a test changes one thing about it.
struct CraftedSignedData {
  var identity: Identity
  var content: [UInt8]? = Array("Hello, Bob.\r\n".utf8)
  /// What is digested; nil for ``content``.
  var digested: [UInt8]?
  var contentType: ContentType = .data
  var version = 1
  var signerVersion = 1
  var usesKeyIdentifier = false
  var digest: DigestAlgorithm = .sha256
  /// What the SET digestAlgorithms says; nil for ``digest``.
  var announced: [DigestAlgorithm]?
  var algorithm: SignatureAlgorithm
  /// What signatureAlgorithm says; nil for ``algorithm``.
  var writtenAlgorithm: AlgorithmIdentifier?
  /// nil: no signed attributes at all.
  var attributes: [Attribute]?
  var unsignedAttributes: [Attribute] = []
  /// Signed attributes are written (and signed) in the order given instead of DER's.
  var keepsOrder = false
  /// Signed attributes are written in the order given and signed in DER's.
  var sendsOtherOrder = false
  var signers = 1
  var certificates: [Certificate]?
  var changeSignature: ([UInt8]) -> [UInt8] = { $0 }

  init(_ identity: Identity) {
    self.identity = identity
    algorithm = identity.certificate.publicKey.defaultSignatureAlgorithm
    digest = algorithm.digest ?? .sha512
    attributes = []
    attributes = standardAttributes
  }

  /// contentType and messageDigest.
  var standardAttributes: [Attribute] {
    get {
      let bytes = digested ?? content ?? []
      let value = (try? MessageDigest.hash(bytes[...], digest)) ?? []
      return [
        Attribute(.contentTypeAttribute, DERWriter.encode { $0.oid(contentType.oid) }),
        Attribute(.messageDigestAttribute, DERWriter.encode { $0.octets(value) }),
      ]
    }
  }

  func encoded() async throws -> [UInt8] {
    var infos: [[UInt8]] = []
    for _ in 0..<signers { infos.append(try await signerInfo()) }
    return DERWriter.encode { der in
      der.sequence { der in
        der.oid(ContentType.signedData.oid)
        der.context(0) { der in
          der.sequence { der in
            der.int(version)
            der.setOf((announced ?? [digest]).map(\.identifier.encoded))
            der.sequence { der in
              der.oid(contentType.oid)
              if let content { der.context(0) { $0.octets(content) } }
            }
            der.setOf((certificates ?? [identity.certificate]).map { Array($0.derBytes) }, tag: .context(0))
            der.setOf(infos)
          }
        }
      }
    }
  }

  private func attributeSet(inOrder: Bool, tag: ASN1Identifier) -> [UInt8]? {
    guard let attributes else { return nil }
    let elements = attributes.map(\.encoded)
    return DERWriter.encode { der in
      guard inOrder else { return der.setOf(elements, tag: tag) }
      der.constructed(tag) { set in
        for element in elements { set.raw(element) }
      }
    }
  }

  private func signerInfo() async throws -> [UInt8] {
    let message = attributeSet(inOrder: keepsOrder, tag: .set) ?? digested ?? content ?? []
    let signature = changeSignature(try await identity.signingKey.signature(.message(message[...]), algorithm))
    let sent = attributeSet(inOrder: keepsOrder || sendsOtherOrder, tag: .context(0))
    return DERWriter.encode { der in
      der.sequence { der in
        der.int(signerVersion)
        if usesKeyIdentifier {
          der.octets(identity.certificate.publicKey.subjectKeyIdentifier, tag: .context(0))
        } else {
          IssuerAndSerialNumber(of: identity.certificate).write(to: &der)
        }
        digest.identifier.write(to: &der)
        if let sent { der.raw(sent) }
        (writtenAlgorithm ?? algorithm.identifier).write(to: &der)
        der.octets(signature)
        if !unsignedAttributes.isEmpty { der.setOf(unsignedAttributes.map(\.encoded), tag: .context(1)) }
      }
    }
  }

  /// What its first signer is worth.
  func verdict(
    detached: [UInt8]? = nil, policy: AlgorithmPolicy = .standard
  ) async throws -> SignerVerification {
    let data = try SignedDataReader(BufferSource(try await encoded())).read(detached: detached.map { BufferSource($0) })
    guard case .success(let signer)? = data.signerInfos.first else { return .malformed(Malformed("unreadable")) }
    return signer.verify(in: data, certificate: identity.certificate, policy: policy)
  }
}
