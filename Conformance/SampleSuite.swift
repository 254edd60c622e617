import ByteIO
import CMS
import Foundation
import PKIX
import SMIMECrypto
import SwiftASN1

/// Structures of many RFCs that others wrote in DER: each is decoded and encoded again to the same octets, by the
/// product's type where it has one, by its ASN.1 reader and writer in any case.
enum SampleSuite {
  static let all = [Suite(name: "rfc-samples", run: run)]

  private struct Manifest: Decodable {
    struct Case: Decodable {
      let file: String
      /// The outer content type where it is a ContentInfo.
      let guess: String?
    }
    let cases: [Case]
  }

  private static func run(_ corpus: Corpus) async throws -> [CaseResult] {
    let manifest: Manifest = try corpus.manifest("pyasn1-rfc-samples/manifest.json")
    return try manifest.cases.map { item in
      let bytes = try corpus.bytes("pyasn1-rfc-samples/" + item.file)
      do {
        guard try encoded(DER.parse(bytes)) == bytes else { return CaseResult(item.file, "is other DER when written") }
        return CaseResult(
          item.file, try difference(bytes, isContentInfo: item.guess?.hasPrefix("ContentInfo") ?? false))
      } catch let refusal as Unsupported {
        return CaseResult(item.file, notOffered: refusal.what)
      } catch { return CaseResult(item.file, "\(error)") }
    }
  }

  /// The value and all that it holds, written anew.
  static func encoded(_ node: ASN1Node) -> [UInt8] {
    func write(_ node: ASN1Node, to der: inout DERWriter) {
      switch node.content {
      case .constructed(let children):
        der.constructed(node.identifier) { der in for child in children { write(child, to: &der) }
        }
      case .primitive(let octets):
        der.primitive(node.identifier) { $0 += octets }
      }
    }
    return DERWriter.encode { write(node, to: &$0) }
  }

  // MARK: By the product's types

  private static func difference(_ bytes: [UInt8], isContentInfo: Bool) throws -> String? {
    if isContentInfo { return try CMSObject.difference(bytes) }
    switch Shape(bytes) {
    case .certificate: return try certificate(bytes)
    case .certificates(let parts): return try parts.compactMap(certificate).first
    case .request:
      let request = try CertificateSigningRequest(der: bytes[...])
      return Array(request.derBytes) == bytes ? nil : "is another request when written"
    case .revocationList:
      let list = try CertificateRevocationList(der: bytes[...])
      return Array(list.derBytes) == bytes ? nil : "is another list when written"
    case .privateKey:
      let key = try PrivateKey(pkcs8: bytes[...])
      return try PrivateKey(pkcs8: key.pkcs8[...]).publicKey == key.publicKey ? nil : "is another key when written"
    case .publicKey:
      let key = try PublicKey(spki: bytes[...])
      return Array(key.spki) == bytes ? nil : "is another key when written"
    case .capabilities:
      return try Capabilities(bytes[...]).encoded == bytes ? nil : "are other capabilities when written"
    case .other: return nil
    }
  }

  private static func certificate(_ bytes: [UInt8]) throws -> String? {
    let certificate = try Certificate(der: bytes[...])
    guard Array(certificate.derBytes) == bytes else { return "is another certificate when written" }
    for name in [certificate.subject, certificate.issuer] {
      guard try DistinguishedName(der: name.encoded).encoded == name.encoded else {
        return "\(name) is written otherwise"
      }
    }
    guard try PublicKey(spki: certificate.publicKey.spki) == certificate.publicKey else { return "has another key" }
    return nil
  }

  /// What a structure is, told by its outline.
  private enum Shape {
    case certificates([[UInt8]])
    case certificate, request, revocationList, privateKey, publicKey, capabilities, other

    init(_ bytes: [UInt8]) {
      self = .other
      guard let node = try? DER.parse(bytes) else { return }
      let fields = Self.children(node)
      if Self.isCertificate(node) {
        self = .certificate
      } else if !fields.isEmpty, fields.allSatisfy(Self.isCertificate) {
        self = .certificates(fields.map { Array($0.encodedBytes) })
      } else if fields.count == 3, fields[2].identifier == .bitString {
        let inner = Self.children(fields[0])
        if inner.count == 4, inner[0].identifier == .integer, Self.tag(inner[3], 0) {
          self = .request
        } else if inner.contains(where: { $0.identifier == .utcTime || $0.identifier == .generalizedTime }) {
          self = .revocationList
        }
      } else if fields.count == 2, fields[1].identifier == .bitString, Self.isAlgorithm(fields[0]) {
        self = .publicKey
      } else if fields.count >= 3, fields[0].identifier == .integer, Self.isAlgorithm(fields[1]),
        fields[2].identifier == .octetString
      {
        self = .privateKey
      } else if node.identifier == .sequence, !fields.isEmpty, fields.allSatisfy(Self.isAlgorithm) {
        self = .capabilities
      }
    }

    private static func children(_ node: ASN1Node) -> [ASN1Node] {
      if case .constructed(let children) = node.content { Array(children) } else { [] }
    }

    private static func tag(_ node: ASN1Node, _ number: UInt) -> Bool {
      node.identifier == ASN1Identifier(tagWithNumber: number, tagClass: .contextSpecific)
    }

    private static func isAlgorithm(_ node: ASN1Node) -> Bool {
      let fields = children(node)
      return node.identifier == .sequence && (1...2).contains(fields.count) && fields[0].identifier == .objectIdentifier
    }

    private static func isCertificate(_ node: ASN1Node) -> Bool {
      let fields = children(node)
      guard fields.count == 3, fields[2].identifier == .bitString, isAlgorithm(fields[1]) else { return false }
      let inner = children(fields[0])
      return inner.count >= 7 && tag(inner[0], 0) && inner[1].identifier == .integer && isAlgorithm(inner[2])
    }
  }
}
