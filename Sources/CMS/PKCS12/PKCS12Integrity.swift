import ByteIO
import SMIMECrypto
import SwiftASN1

/// RFC 7292 §4, RFC 9879
///
///     MacData ::= SEQUENCE { mac DigestInfo, macSalt OCTET STRING, iterations INTEGER DEFAULT 1 }
///     DigestInfo ::= SEQUENCE { digestAlgorithm AlgorithmIdentifier, digest OCTET STRING }
struct PKCS12Integrity {
  private enum Method {
    case pkcs12(DigestAlgorithm, salt: ArraySlice<UInt8>, iterations: Int)
    case pbmac1(PBMAC1)
  }

  private let method: Method
  private let expected: ArraySlice<UInt8>

  init(_ fields: inout ASN1Cursor) throws {
    var info = try fields.sequence("mac")
    let algorithm = try AlgorithmIdentifier(from: &info, "digestAlgorithm")
    expected = try info.octets("digest")
    try info.finish()
    let salt = try fields.octets("macSalt")
    let beforeIterations = fields
    let iterations = fields.isAtEnd ? 1 : try fields.int("iterations")
    try fields.finish()
    let isPBMAC1 = algorithm.algorithm == PBMAC1.oid
    guard isPBMAC1 || iterations > 0 else { throw beforeIterations.failure("is not positive", "iterations") }
    method = try algorithm.reading(as: "PFX.macData.mac.digestAlgorithm") { algorithm in
      isPBMAC1
        ? .pbmac1(try PBMAC1(algorithm))
        : .pkcs12(try DigestAlgorithm(algorithm), salt: salt, iterations: iterations)
    }
  }

  /// Those spellings of `password` under which the code is right.
  func passwords(
    of password: Password, for safe: ArraySlice<UInt8>, spending rounds: inout WorkBudget
  ) throws -> [Password] {
    try password.spellings.filter { candidate in
      let code: [UInt8]
      switch method {
      case .pkcs12(let digest, let salt, let iterations):
        try rounds.spend(iterations)
        let key = try PKCS12KDF.derive(
          .mac, password: candidate.bmp, salt: salt, rounds: iterations, byteCount: digest.byteCount, digest)
        code = try HMACode.code(of: safe, key: key, digest)
      case .pbmac1(let mac):
        try rounds.spend(mac.rounds)
        code = try mac.code(of: safe, password: candidate)
      }
      return equalInConstantTime(code, expected)
    }
  }
}

/// Work that is counted down.
struct WorkBudget {
  private let resource: LimitExceeded.Resource
  private let limit: Int
  private var left: Int

  init(_ resource: LimitExceeded.Resource, _ limit: Int) {
    self.resource = resource
    self.limit = limit
    left = limit
  }

  mutating func spend(_ amount: Int) throws(LimitExceeded) {
    guard amount <= left else { throw LimitExceeded(resource, limit: limit) }
    left -= amount
  }
}
