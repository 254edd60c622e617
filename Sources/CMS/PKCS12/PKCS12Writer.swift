public import PKIX
public import SMIMECrypto
import SwiftASN1

extension PKCS12 {
  /// Writes `identity`, its key and chain, under `password`. Throws `Unsupported` for a key that is not in memory.
  public static func write(
    _ identity: Identity, friendlyName: String? = nil, password: Password, profile: Profile = .modern
  ) throws -> [UInt8] {
    guard let key = identity.signingKey as? PrivateKey else { throw Unsupported("PKCS#12 of a key on a token") }
    return try write(
      pkcs8: key.pkcs8, [identity.certificate] + identity.chain, friendlyName, password: password, profile)
  }

  /// Writes a key that is not offered, as it came, with its certificate and chain.
  public static func write(
    _ key: OpaquePrivateKey, certificate: Certificate, chain: [Certificate] = [], friendlyName: String? = nil,
    password: Password, profile: Profile = .modern
  ) throws -> [UInt8] {
    try write(pkcs8: key.pkcs8, [certificate] + chain, friendlyName, password: password, profile)
  }

  /// - Parameter path: the key's own certificate first.
  private static func write(
    pkcs8: [UInt8], _ path: [Certificate], _ friendlyName: String?, password: Password, _ profile: Profile
  ) throws -> [UInt8] {
    let keyID = Array(try MessageDigest.hash(path.first?.derBytes ?? [], .sha1))
    let certificates = path.enumerated().map { index, certificate in
      let value = DERWriter.encode { der in
        der.sequence { der in
          der.oid(.x509Certificate)
          der.context(0) { $0.octets(certificate.derBytes) }
        }
      }
      return bag(.certificateBag, value, index == 0 ? attributes(friendlyName, keyID) : [])
    }
    let shrouding = try profile.encryption()
    let shrouded = try shrouding.encrypt(pkcs8, password: password)
    let keyValue = DERWriter.encode { der in
      der.sequence { der in
        shrouding.identifier.write(to: &der)
        der.octets(shrouded)
      }
    }
    let keyBag = bag(.shroudedKeyBag, keyValue, attributes(friendlyName, keyID))

    let sealing = try profile.encryption()
    let sealed = try sealing.encrypt(sequence(certificates), password: password)
    let safe = sequence([
      encryptedData(sealing.identifier, sealed), data(sequence([keyBag])),
    ])
    let mac = try profile.macData(over: safe, password: password)
    return DERWriter.encode { der in
      der.sequence { der in
        der.int(3)
        der.raw(data(safe))
        der.raw(mac)
      }
    }
  }

  private static func sequence(_ elements: [[UInt8]]) -> [UInt8] {
    DERWriter.encode { der in
      der.sequence { der in
        for element in elements { der.raw(element) }
      }
    }
  }

  private static func bag(_ kind: ASN1ObjectIdentifier, _ value: [UInt8], _ attributes: [[UInt8]]) -> [UInt8] {
    DERWriter.encode { der in
      der.sequence { der in
        der.oid(kind)
        der.context(0) { $0.raw(value) }
        if !attributes.isEmpty { der.setOf(attributes) }
      }
    }
  }

  private static func attributes(_ name: String?, _ keyID: [UInt8]) -> [[UInt8]] {
    var attributes = [Attribute(.localKeyID, DERWriter.encode { $0.octets(keyID) }).encoded]
    if let name {
      let units = name.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
      attributes.append(Attribute(.friendlyName, DERWriter.encode { $0.octets(units, tag: .bmpString) }).encoded)
    }
    return attributes
  }

  private static func data(_ content: [UInt8]) -> [UInt8] {
    DERWriter.encode { der in
      der.sequence { der in
        der.oid(ContentType.data.oid)
        der.context(0) { $0.octets(content) }
      }
    }
  }

  private static func encryptedData(_ algorithm: AlgorithmIdentifier, _ encrypted: [UInt8]) -> [UInt8] {
    DERWriter.encode { der in
      der.sequence { der in
        der.oid(ContentType.encryptedData.oid)
        der.context(0) { der in
          der.sequence { der in
            der.int(0)
            der.sequence { der in
              der.oid(ContentType.data.oid)
              algorithm.write(to: &der)
              der.octets(encrypted, tag: .context(0))
            }
          }
        }
      }
    }
  }
}

extension PKCS12.Profile {
  /// Of each derivation. .NET and Windows refuse more than 300 000 rounds of one and 1 000 000 of all three.
  private var rounds: Int { self == .modern ? 250_000 : 10_000 }

  fileprivate func encryption() throws -> PasswordEncryption {
    switch self {
    case .modern: try .pbes2(rounds: rounds)
    case .compat: .tripleDES(rounds: rounds)
    }
  }

  fileprivate func macData(over safe: [UInt8], password: Password) throws -> [UInt8] {
    let digest: DigestAlgorithm = self == .modern ? .sha256 : .sha1
    let salt = SecureRandom.bytes(16)
    let key = try PKCS12KDF.derive(
      .mac, password: password.bmp, salt: salt[...], rounds: rounds, byteCount: digest.byteCount, digest)
    let code = try HMACode.code(of: safe[...], key: key, digest)
    return DERWriter.encode { der in
      der.sequence { der in
        der.sequence { der in
          AlgorithmIdentifier(digest.oid, parameters: AlgorithmIdentifier.null).write(to: &der)
          der.octets(code)
        }
        der.octets(salt)
        der.int(rounds)
      }
    }
  }
}
