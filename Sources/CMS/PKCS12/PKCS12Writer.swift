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

  /// All of it under `password`: each key, offered or kept, each certificate and list, with the names and key identifiers
  /// that they came with.
  public func written(password: Password, profile: Profile = .modern) throws -> [UInt8] {
    let keys =
      self.keys.map { Bag($0.privateKey.pkcs8, $0.friendlyName, $0.localKeyID) }
      + keptKeys.map { Bag($0.privateKey.pkcs8, $0.friendlyName, $0.localKeyID) }
    let certificates = self.certificates.map { Bag($0.certificate.derBytes, $0.friendlyName, $0.localKeyID) }
    return try Self.write(
      keys: keys, certificates, lists: crls.map { Bag($0.derBytes, nil, nil) }, password: password, profile)
  }

  /// - Parameter path: the key's own certificate first.
  private static func write(
    pkcs8: [UInt8], _ path: [Certificate], _ friendlyName: String?, password: Password, _ profile: Profile
  ) throws -> [UInt8] {
    let keyID = Array(try MessageDigest.hash(path.first?.derBytes ?? [], .sha1))
    let certificates = path.enumerated().map { index, certificate in
      index == 0 ? Bag(certificate.derBytes, friendlyName, keyID) : Bag(certificate.derBytes, nil, nil)
    }
    return try write(
      keys: [Bag(pkcs8, friendlyName, keyID)], certificates, lists: [], password: password, profile)
  }

  /// What goes into a bag, and the attributes beside it.
  private struct Bag {
    let content: ArraySlice<UInt8>
    let friendlyName: String?
    let localKeyID: [UInt8]?

    init(_ content: some Sequence<UInt8>, _ friendlyName: String?, _ localKeyID: [UInt8]?) {
      self.content = (content as? ArraySlice<UInt8>) ?? ArraySlice(content)
      self.friendlyName = friendlyName
      self.localKeyID = localKeyID
    }
  }

  /// Each key is shrouded by itself; the certificates and lists lie in one part that is encrypted as a whole.
  private static func write(
    keys: [Bag], _ certificates: [Bag], lists: [Bag], password: Password, _ profile: Profile
  ) throws -> [UInt8] {
    let keyBags = try keys.map { bag in
      let shrouding = try profile.encryption()
      let shrouded = try shrouding.encrypt(Array(bag.content), password: password)
      let value = DERWriter.encode { der in
        der.sequence { der in
          shrouding.identifier.write(to: &der)
          der.octets(shrouded)
        }
      }
      return encode(.shroudedKeyBag, value, bag)
    }
    let publicBags =
      certificates.map { encode(.certificateBag, typed(.x509Certificate, $0.content), $0) }
      + lists.map { encode(.crlBag, typed(.x509CRL, $0.content), $0) }
    var parts: [[UInt8]] = []
    if !publicBags.isEmpty {
      let sealing = try profile.encryption()
      parts.append(encryptedData(sealing.identifier, try sealing.encrypt(sequence(publicBags), password: password)))
    }
    if !keyBags.isEmpty { parts.append(data(sequence(keyBags))) }
    let safe = sequence(parts)
    let mac = try profile.macData(over: safe, password: password)
    return DERWriter.encode { der in
      der.sequence { der in
        der.int(3)
        der.raw(data(safe))
        der.raw(mac)
      }
    }
  }

  /// CertBag and CRLBag ::= SEQUENCE { id OBJECT IDENTIFIER, value [0] EXPLICIT OCTET STRING }
  private static func typed(_ type: ASN1ObjectIdentifier, _ content: ArraySlice<UInt8>) -> [UInt8] {
    DERWriter.encode { der in
      der.sequence { der in
        der.oid(type)
        der.context(0) { $0.octets(content) }
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

  private static func encode(_ kind: ASN1ObjectIdentifier, _ value: [UInt8], _ bag: Bag) -> [UInt8] {
    DERWriter.encode { der in
      der.sequence { der in
        der.oid(kind)
        der.context(0) { $0.raw(value) }
        let attributes = attributes(bag)
        if !attributes.isEmpty { der.setOf(attributes) }
      }
    }
  }

  private static func attributes(_ bag: Bag) -> [[UInt8]] {
    var attributes: [[UInt8]] = []
    if let keyID = bag.localKeyID {
      attributes.append(Attribute(.localKeyID, DERWriter.encode { $0.octets(keyID) }).encoded)
    }
    if let name = bag.friendlyName {
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
