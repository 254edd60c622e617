import SwiftASN1

/// A DSA key's numbers as magnitudes, big-endian, without leading zeros.
///
/// RFC 3279 §2.3.2   Dss-Parms ::= SEQUENCE { p INTEGER, q INTEGER, g INTEGER }, and DSAPublicKey ::= INTEGER
struct DSAPublicNumbers {
  let p: ArraySlice<UInt8>
  let q: ArraySlice<UInt8>
  let g: ArraySlice<UInt8>
  let y: ArraySlice<UInt8>

  /// nil for parameters that are absent (inherited from the issuer's key) and for what cannot be read.
  init?(_ algorithm: AlgorithmIdentifier, _ key: ArraySlice<UInt8>) {
    guard let parameters = algorithm.parameters,
      var top = try? ASN1Cursor(parameters, as: "Dss-Parms", rules: .ber), var fields = try? top.enter(),
      let p = try? fields.magnitude("p"), let q = try? fields.magnitude("q"), let g = try? fields.magnitude("g"),
      fields.isAtEnd, var number = try? ASN1Cursor(key, as: "DSAPublicKey", rules: .ber),
      let y = try? number.magnitude("y"), number.isAtEnd
    else { return nil }
    (self.p, self.q, self.g, self.y) = (p, q, g, y)
  }

  /// The size of the prime.
  var bits: Int { p.first.map { p.count * 8 - $0.leadingZeroBitCount } ?? 0 }

  /// Why a crypto library is not asked to use this key; nil when it may be. FIPS 186-4 §4.2 has primes of 1024 to 3072
  /// bits with orders of 160, 224 and 256 bits; older keys began at 512.
  var objection: String? {
    guard (512...4096).contains(bits), let low = p.last, low & 1 == 1, [20, 28, 32].contains(q.count),
      let lowOrder = q.last, lowOrder & 1 == 1, Self.isBetween(g, p), Self.isBetween(y, p)
    else { return "a DSA key with numbers out of range" }
    return nil
  }

  /// Whether 1 < `number` < `limit`.
  private static func isBetween(_ number: ArraySlice<UInt8>, _ limit: ArraySlice<UInt8>) -> Bool {
    guard number.count > 1 || number.first.map({ $0 > 1 }) ?? false else { return false }
    return number.count < limit.count || number.count == limit.count && number.lexicographicallyPrecedes(limit)
  }

  /// The four numbers as libcrypto takes them: SEQUENCE { y, p, q, g }.
  var encoded: [UInt8] {
    DERWriter.encode { der in
      der.sequence { der in for number in [y, p, q, g] { der.unsigned(number) } }
    }
  }
}
