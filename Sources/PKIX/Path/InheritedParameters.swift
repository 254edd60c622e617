import SMIMECrypto
import SwiftASN1

extension PublicKey {
  /// True for a DSA key that says nothing of its domain: it is that of the key above it (RFC 3279 §2.3.2).
  var inheritsParameters: Bool { algorithm.algorithm == OID.dsa && algorithm.hasNoParameters }

  /// This key as it is used below `issuerKey`: with its parameters, where it has none and is of the same kind
  /// (RFC 5280 §6.1.4 e).
  func inheriting(from issuerKey: PublicKey) -> PublicKey {
    guard inheritsParameters, issuerKey.algorithm.algorithm == OID.dsa, !issuerKey.inheritsParameters else {
      return self
    }
    let spki = DERWriter.encode { der in
      der.sequence { der in
        issuerKey.algorithm.write(to: &der)
        der.bits(keyBytes)
      }
    }
    return (try? PublicKey(spki: ArraySlice(spki))) ?? self
  }
}

extension Certificate {
  /// The certificate as it stands below `issuer` on a path.
  func inheriting(from issuer: Certificate) -> Certificate {
    guard publicKey.inheritsParameters else { return self }
    return Certificate(self, publicKey: publicKey.inheriting(from: issuer.publicKey))
  }
}
