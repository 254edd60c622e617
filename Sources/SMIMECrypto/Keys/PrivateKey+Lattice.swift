import SwiftASN1

extension PrivateKey {
  /// RFC 9881 §6, RFC 9935 §6   ML-…-PrivateKey ::= CHOICE { seed [0] OCTET STRING, expandedKey OCTET STRING,
  ///                              both SEQUENCE { seed OCTET STRING, expandedKey OCTET STRING } }
  ///
  /// A key is made of its seed. One that has the expanded form alone is ``Unsupported``; what it says beside a seed must be
  /// of the same key, and is then left.
  init(latticeKey info: PrivateKeyInfo) throws {
    guard let form = LatticeForm(info.algorithm.algorithm) else { throw Unsupported("this private key") }
    guard info.algorithm.parameters == nil else { throw Malformed("the \(form.kind.name) key has parameters") }
    var top = try ASN1Cursor(info.key, as: "PrivateKey", rules: .ber)
    switch top.tag {
    case .primitive(0):
      let seed = try top.octets("seed", tag: .primitive(0))
      try top.finish()
      try self.init(form, seed: seed)
    case .octetString:
      let expanded = try top.octets("expandedKey")
      guard expanded.count == form.expandedByteCount else { throw form.sizeFailure("expanded key", expanded.count) }
      throw Unsupported("the expanded form of a \(form.kind.name) key without its seed")
    default:
      var fields = try top.sequence("both")
      let seed = try fields.octets("seed")
      let expanded = try fields.octets("expandedKey")
      try fields.finish()
      try top.finish()
      guard expanded.count == form.expandedByteCount else { throw form.sizeFailure("expanded key", expanded.count) }
      try self.init(form, seed: seed)
      guard try form.isExpansion(expanded, publicKey: publicKey.keyBytes, seed: seed) else {
        throw Malformed("the \(form.kind.name) key's seed and its expanded form are not of one key")
      }
    }
  }

  private init(_ form: LatticeForm, seed: ArraySlice<UInt8>) throws {
    guard seed.count == form.seedByteCount else { throw form.sizeFailure("seed", seed.count) }
    try self.init(KeyMaterial(form.kind, secret: Array(seed)))
  }
}

/// How a lattice key looks in a file.
private enum LatticeForm {
  case mlDSA65, mlDSA87, mlKEM768, mlKEM1024

  init?(_ oid: ASN1ObjectIdentifier) {
    switch oid {
    case OID.mlDSA65: self = .mlDSA65
    case OID.mlDSA87: self = .mlDSA87
    case OID.mlKEM768: self = .mlKEM768
    case OID.mlKEM1024: self = .mlKEM1024
    default: return nil
    }
  }

  var kind: PrivateKey.Kind {
    switch self {
    case .mlDSA65: .mlDSA65
    case .mlDSA87: .mlDSA87
    case .mlKEM768: .mlKEM768
    case .mlKEM1024: .mlKEM1024
    }
  }

  var seedByteCount: Int {
    switch self {
    case .mlDSA65, .mlDSA87: 32
    case .mlKEM768, .mlKEM1024: 64
    }
  }

  var expandedByteCount: Int {
    switch self {
    case .mlDSA65: 4032
    case .mlDSA87: 4896
    case .mlKEM768: 2400
    case .mlKEM1024: 3168
    }
  }

  func sizeFailure(_ part: String, _ count: Int) -> Malformed {
    Malformed("the \(kind.name) key's \(part) has \(count) octets")
  }

  /// Whether `expanded` belongs to the key with `publicKey` and `seed`, as far as it can be held against them.
  ///
  /// FIPS 204 §7.2: an ML-DSA key begins with ρ, which the public key begins with as well, and has tr, its hash, from
  /// octet 64 on. FIPS 203 §7.1: an ML-KEM key ends with the public key, its hash, and z, the seed's second half.
  func isExpansion(
    _ expanded: ArraySlice<UInt8>, publicKey: ArraySlice<UInt8>, seed: ArraySlice<UInt8>
  ) throws -> Bool {
    switch self {
    case .mlDSA65, .mlDSA87:
      guard expanded.prefix(32).elementsEqual(publicKey.prefix(32)) else { return false }
      #if OpenSSL
        let hash = try MessageDigest.hash(publicKey, .shake256)
        return expanded.dropFirst(64).prefix(64).elementsEqual(hash)
      #else
        return true
      #endif
    case .mlKEM768, .mlKEM1024:
      let hash = try MessageDigest.hash(publicKey, .sha3_256)
      return equalInConstantTime(expanded.suffix(publicKey.count + 64), publicKey + hash + seed.suffix(32))
    }
  }
}

/// The expanded form of an ML-DSA or ML-KEM key in a PKCS#8, whether keys of its size are offered or not.
struct LatticeExpansion {
  private let isSigning: Bool
  private let octets: ArraySlice<UInt8>

  private static let signing: [ASN1ObjectIdentifier] = [[2, 16, 840, 1, 101, 3, 4, 3, 17], OID.mlDSA65, OID.mlDSA87]
  private static let encapsulating: [ASN1ObjectIdentifier] = [
    [2, 16, 840, 1, 101, 3, 4, 4, 1], OID.mlKEM768, OID.mlKEM1024,
  ]

  /// nil for another key, and for one that has no expanded form.
  init?(_ pkcs8: ArraySlice<UInt8>) {
    guard let info = try? PrivateKeyInfo(pkcs8), let octets = try? Self.octets(info.key) else { return nil }
    isSigning = Self.signing.contains(info.algorithm.algorithm)
    guard isSigning || Self.encapsulating.contains(info.algorithm.algorithm) else { return nil }
    self.octets = octets
  }

  private static func octets(_ key: ArraySlice<UInt8>) throws -> ArraySlice<UInt8> {
    var top = try ASN1Cursor(key, as: "PrivateKey", rules: .ber)
    if top.tag == .octetString { return try top.octets("expandedKey") }
    var fields = try top.sequence("both")
    _ = try fields.octets("seed")
    return try fields.octets("expandedKey")
  }

  /// FIPS 204 §7.2: an ML-DSA key begins with ρ, as its public key does. FIPS 203 §7.1: an ML-KEM key has its whole public
  /// key before its last 64 octets.
  func mayBelong(to publicKey: ArraySlice<UInt8>) -> Bool {
    isSigning
      ? octets.prefix(32).elementsEqual(publicKey.prefix(32))
      : octets.dropLast(64).suffix(publicKey.count).elementsEqual(publicKey)
  }
}
