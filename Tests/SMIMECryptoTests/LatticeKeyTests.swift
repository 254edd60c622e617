import SMIMECrypto
import SwiftASN1
import Testing

@Suite struct `Lattice keys` {
  static func pkcs8(_ oid: ASN1ObjectIdentifier, _ key: [UInt8], parameters: ArraySlice<UInt8>? = nil) -> [UInt8] {
    DERWriter.encode { der in
      der.sequence { der in
        der.int(0)
        AlgorithmIdentifier(oid, parameters: parameters).write(to: &der)
        der.octets(key)
      }
    }
  }

  static func seed(_ octets: some Sequence<UInt8>) -> [UInt8] {
    DERWriter.encode { $0.octets(Array(octets), tag: .primitive(0)) }
  }

  static func both(_ seed: [UInt8], _ expanded: [UInt8]) -> [UInt8] {
    DERWriter.encode { der in
      der.sequence { der in
        der.octets(seed)
        der.octets(expanded)
      }
    }
  }

  static let kinds: [(ASN1ObjectIdentifier, PrivateKey.Kind, Int, Int, String)] = [
    (OID.mlDSA65, .mlDSA65, 32, 4032, "d666806e11cee19a7c989f7445f90dd419cf4d2d51db8c0fdb4c0f0a542238c9"),
    (OID.mlDSA87, .mlDSA87, 32, 4896, "91dc389cfaa01470b7f66eee45a4ae9026d154817c754dfe22298b3fa241ffcd"),
    (OID.mlKEM768, .mlKEM768, 64, 2400, "0b7934c83125c788995e2ba6bd761e33046b3e40571be53e023309a29f398cc9"),
    (OID.mlKEM1024, .mlKEM1024, 64, 3168, "c7b8fa0aa471d5ae18922d6ccad5b31e1d84f92ae723abfd13747018740a8530"),
  ]

  /// RFC 9881 C.1 and RFC 9935 C.1: the seed 00 01 02 …; the public key by its SHA-256.
  @Test(arguments: kinds) func `of the RFCs' seeds`(
    _ oid: ASN1ObjectIdentifier, _ kind: PrivateKey.Kind, _ count: Int, _ expandedCount: Int, _ hash: String
  ) throws {
    let file = Self.pkcs8(oid, Self.seed((0..<count).map { UInt8($0) }))
    let key = try PrivateKey(pkcs8: file[...])
    #expect(key.kind == kind)
    #expect(key.pkcs8 == file)
    #expect(try MessageDigest.hash(key.publicKey.keyBytes, .sha256) == hex(hash))
    #expect(key.publicKey.summary == kind.name)
    #expect(PrivateKey.Kind(key.publicKey.kind) == kind)
  }

  @Test(arguments: kinds) func `in expanded form only are kept as they are`(
    _ oid: ASN1ObjectIdentifier, _ kind: PrivateKey.Kind, _ count: Int, _ expandedCount: Int, _ hash: String
  ) throws {
    let file = Self.pkcs8(oid, DERWriter.encode { $0.octets([UInt8](repeating: 7, count: expandedCount)) })
    let refusal = Unsupported("the expanded form of a \(kind.name) key without its seed")
    #expect(throws: refusal) { try PrivateKey(pkcs8: file[...]) }
    let kept = try OpaquePrivateKey(pkcs8: file[...])
    #expect(kept.name == kind.name)
    #expect(kept.reason == refusal.description)
    #expect(kept.pkcs8 == file)
    #expect("\(kept)" == "private key, \(kind.name)")
  }

  @Test(arguments: kinds) func `in expanded form are told from those of others`(
    _ oid: ASN1ObjectIdentifier, _ kind: PrivateKey.Kind, _ count: Int, _ expandedCount: Int, _ hash: String
  ) throws {
    let (own, other) = (try PrivateKey(generate: kind).publicKey, try PrivateKey(generate: kind).publicKey)
    let point = Array(own.keyBytes)
    var expanded = [UInt8](repeating: 7, count: expandedCount)
    if kind == .mlDSA65 || kind == .mlDSA87 {
      expanded.replaceSubrange(..<32, with: point[..<32])
    } else {
      expanded.replaceSubrange((expandedCount - 64 - point.count)..<(expandedCount - 64), with: point)
    }
    let kept = try OpaquePrivateKey(pkcs8: Self.pkcs8(oid, DERWriter.encode { $0.octets(expanded) })[...])
    #expect(kept.mayBelong(to: own) && !kept.mayBelong(to: other))
    #expect(try !kept.mayBelong(to: PrivateKey(generate: .ec(.p256)).publicKey))
  }

  /// The seed is what counts; the expanded form beside it must be of the same key as far as that can be seen.
  @Test(arguments: kinds) func `with both forms`(
    _ oid: ASN1ObjectIdentifier, _ kind: PrivateKey.Kind, _ count: Int, _ expandedCount: Int, _ hash: String
  ) throws {
    let seed = (0..<count).map { UInt8($0) }
    let seedOnly = Self.pkcs8(oid, Self.seed(seed))
    let key = try PrivateKey(pkcs8: seedOnly[...])
    let point = Array(key.publicKey.keyBytes)
    var expanded = [UInt8](repeating: 0, count: expandedCount)
    switch kind {
    case .mlDSA65, .mlDSA87:
      // ρ, K, tr, and the rest.
      expanded.replaceSubrange(0..<32, with: point[..<32])
      guard isOffered(.shake256) else { return }
      expanded.replaceSubrange(64..<128, with: try MessageDigest.hash(point[...], .shake256))
    default:
      let tail = point + (try MessageDigest.hash(point[...], .sha3_256)) + seed[32...]
      expanded.replaceSubrange((expandedCount - tail.count)..., with: tail)
    }
    let file = Self.pkcs8(oid, Self.both(seed, expanded))
    #expect(try PrivateKey(pkcs8: file[...]).pkcs8 == seedOnly)
    let places =
      kind == .mlDSA65 || kind == .mlDSA87
      ? [0, 31, 64, 127] : [expandedCount - 1, expandedCount - 40, expandedCount - 70]
    for place in places {
      var wrong = expanded
      wrong[place] ^= 1
      #expect(throws: Malformed.self) { try PrivateKey(pkcs8: Self.pkcs8(oid, Self.both(seed, wrong))[...]) }
    }
    #expect(throws: Malformed.self) {
      try PrivateKey(pkcs8: Self.pkcs8(oid, Self.both(seed, Array(expanded.dropLast())))[...])
    }
    #expect(throws: Malformed.self) {
      try PrivateKey(pkcs8: Self.pkcs8(oid, Self.both(Array(seed.dropLast()), expanded))[...])
    }
  }

  @Test(arguments: kinds) func `that are broken`(
    _ oid: ASN1ObjectIdentifier, _ kind: PrivateKey.Kind, _ count: Int, _ expandedCount: Int, _ hash: String
  ) {
    let seed = (0..<count).map { UInt8($0) }
    for inner in [
      [], [5, 0], Self.seed([]), Self.seed(seed.dropLast()), Self.seed(seed + [0]), Self.seed(seed) + [5, 0],
      DERWriter.encode { $0.octets(seed) },
      DERWriter.encode { $0.octets([UInt8](repeating: 7, count: expandedCount + 1)) },
      Self.both(seed, []), [0x30, 0],
    ] {
      let file = Self.pkcs8(oid, inner)
      #expect(throws: Malformed.self) { try PrivateKey(pkcs8: file[...]) }
      #expect(throws: Malformed.self) { try OpaquePrivateKey(pkcs8: file[...]) }
    }
    #expect(throws: Malformed.self) {
      try PrivateKey(pkcs8: Self.pkcs8(oid, Self.seed(seed), parameters: [5, 0])[...])
    }
  }

  /// RFC 9909, RFC 9881 and others: what no library here offers has a name, and its bytes are kept.
  static let notOffered: [(ASN1ObjectIdentifier, String)] = [
    ([2, 16, 840, 1, 101, 3, 4, 3, 17], "ML-DSA-44"),
    ([2, 16, 840, 1, 101, 3, 4, 4, 1], "ML-KEM-512"), ([2, 16, 840, 1, 101, 3, 4, 3, 20], "SLH-DSA-SHA2-128s"),
    ([2, 16, 840, 1, 101, 3, 4, 3, 31], "SLH-DSA-SHAKE-256f"),
    ([2, 16, 840, 1, 101, 3, 4, 3, 33], "ML-DSA-65 with SHA-512"),
    ([2, 16, 840, 1, 101, 3, 4, 3, 46], "SLH-DSA-SHAKE-256f, pre-hashed"),
    ([1, 3, 6, 1, 5, 5, 7, 6, 37], "the composite ML-DSA-44 with RSA-2048-PSS"),
    ([1, 3, 6, 1, 5, 5, 7, 6, 51], "the composite ML-DSA-87 with Ed448"),
    ([1, 3, 6, 1, 5, 5, 7, 6, 59], "the composite ML-KEM-768 with P-256"),
    ([1, 3, 6, 1, 5, 5, 7, 6, 66], "the composite ML-KEM-1024 with P-521"),
    ([1, 2, 840, 113549, 1, 9, 16, 3, 17], "HSS/LMS"), (OID.dsa, "DSA"),
  ]

  @Test(arguments: notOffered)
  func `that are not offered are named and kept`(_ oid: ASN1ObjectIdentifier, _ name: String) throws {
    let file = Self.pkcs8(oid, [1, 2, 3])
    #expect(throws: Unsupported("a private key for \(name)")) { try PrivateKey(pkcs8: file[...]) }
    let kept = try OpaquePrivateKey(pkcs8: file[...])
    #expect(kept.name == name)
    #expect(kept.pkcs8 == file)
    let block = try #require(try PEMBlock.all(in: Array(kept.pem(password: Password("")).utf8)).first)
    #expect(block.bytes == file)
    guard oid != OID.dsa else { return }
    let spki = DERWriter.encode { der in
      der.sequence { der in
        AlgorithmIdentifier(oid).write(to: &der)
        der.bits([1, 2, 3])
      }
    }
    #expect(try PublicKey(spki: spki[...]).kind == .other(name))
    #expect(throws: Unsupported("the signature algorithm \(name)")) { try SignatureAlgorithm(AlgorithmIdentifier(oid)) }
  }

  /// A kept key goes out under a password as any other does.
  @Test func `that are kept go round under a password`() throws {
    let file = Self.pkcs8([2, 16, 840, 1, 101, 3, 4, 3, 17], [1, 2, 3])
    let kept = try OpaquePrivateKey(pkcs8: file[...])
    let block = try #require(try PEMBlock.all(in: Array(kept.pem(password: Password("sesame")).utf8)).first)
    #expect(try OpaquePrivateKey(pem: block, password: Password("sesame")).pkcs8 == file)
    #expect(throws: WrongPassword.self) { try OpaquePrivateKey(pem: block, password: Password("Sesame")) }
    #expect(throws: WrongPassword.self) { try OpaquePrivateKey(pem: block) }
  }

  /// A key that is offered is read or refused, and never kept unread.
  @Test func `that are offered are not kept`() {
    #expect(throws: Malformed.self) { try OpaquePrivateKey(pkcs8: Fixture.p256PKCS8[...]) }
    #expect(throws: (any Error).self) { try OpaquePrivateKey(pkcs8: [0x30, 0]) }
  }

  /// ML-DSA is signed with fresh randomness (FIPS 204 §3.4), over the message alone (RFC 9882 §3).
  @Test(arguments: [(PrivateKey.Kind.mlDSA65, SignatureAlgorithm.mlDSA65, 3309), (.mlDSA87, .mlDSA87, 4627)])
  func `sign`(_ kind: PrivateKey.Kind, _ algorithm: SignatureAlgorithm, _ count: Int) throws {
    let key = try PrivateKey(generate: kind)
    let one = try key.sign(.message([1, 2, 3]), algorithm)
    #expect(one.count == count)
    #expect(try key.sign(.message([1, 2, 3]), algorithm) != one)
    #expect(throws: Unsupported.self) { try key.sign(.digest([UInt8](repeating: 0, count: 64)), algorithm) }
    #expect(throws: Unsupported.self) { try key.publicKey.isValid(one[...], ofDigest: [1], algorithm) }
    for wrong in [[], one.dropLast(), (one + [0])[...]] as [ArraySlice<UInt8>] {
      #expect(try !key.publicKey.isValid(wrong, of: [1, 2, 3], algorithm))
    }
    let other: SignatureAlgorithm = algorithm == .mlDSA65 ? .mlDSA87 : .mlDSA65
    #expect(throws: Unsupported.self) { try key.publicKey.isValid(one[...], of: [1, 2, 3], other) }
  }
}
