import SwiftASN1

/// RFC 8017 A.1.1   RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }
struct RSAPublicNumbers {
  /// Magnitudes, big-endian, without leading zeros.
  let modulus: ArraySlice<UInt8>
  let exponent: ArraySlice<UInt8>

  init?(_ bytes: ArraySlice<UInt8>) {
    guard var top = try? ASN1Cursor(bytes, as: "RSAPublicKey", rules: .ber), var fields = try? top.enter(),
      let modulus = try? fields.magnitude("modulus"), let exponent = try? fields.magnitude("publicExponent"),
      fields.isAtEnd
    else { return nil }
    self.init(modulus: modulus, exponent: exponent)
  }

  init(modulus: ArraySlice<UInt8>, exponent: ArraySlice<UInt8>) {
    self.modulus = modulus
    self.exponent = exponent
  }

  /// The key as DER.
  var encoded: [UInt8] {
    DERWriter.encode { der in
      der.sequence { der in
        der.unsigned(modulus)
        der.unsigned(exponent)
      }
    }
  }

  /// The modulus' size.
  var bits: Int { modulus.first.map { modulus.count * 8 - $0.leadingZeroBitCount } ?? 0 }

  /// Why a crypto library is not asked to use this key; nil when it may be.
  ///
  /// A modulus beyond 8192 bits costs too much, one below 512 was never in use; an even modulus or exponent, or an
  /// exponent of 1, is no RSA key, and swift-crypto takes no exponent beyond 33 bits.
  var objection: String? {
    if bits < 512 || bits > 8192 { return "RSA with \(bits) bits" }
    guard let low = exponent.last, let lowModulus = modulus.last, low & 1 == 1, lowModulus & 1 == 1 else {
      return "an RSA key with an even number"
    }
    let exponentBits = exponent.first.map { exponent.count * 8 - $0.leadingZeroBitCount } ?? 0
    return exponentBits < 2 || exponentBits > 33 ? "an RSA exponent of \(exponentBits) bits" : nil
  }
}
