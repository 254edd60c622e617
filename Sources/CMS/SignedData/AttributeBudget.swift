import ByteIO
import SMIMECrypto
import SwiftASN1

/// Counts what would be made of attributes, and of the signatures among their values, by headers alone and before any of it
/// is made: a few mebibytes can ask for millions of values.
///
/// Every signature costs work, countersignatures and time stamps as well: all of one object are counted together. What cannot
/// be read ends the count of the value that it is in; the reader ends there too, and tells why.
struct AttributeBudget {
  private let limits: CMSLimits
  private var signatures = 0

  init(_ limits: CMSLimits) { self.limits = limits }

  /// Counts a SignerInfo, its attributes, and the signatures that hang on it.
  mutating func count(signerInfo bytes: ArraySlice<UInt8>) throws(LimitExceeded) {
    try countSignature()
    guard var top = try? ASN1Cursor(bytes, as: "SignerInfo", rules: .ber), var fields = try? top.enter() else { return }
    while let tag = fields.tag {
      if tag == .context(0) || tag == .context(1), var set = try? fields.constructed(tag, "attributes") {
        try count(&set)
      } else if (try? fields.raw()) == nil {
        return
      }
    }
  }

  /// Counts a set of attributes under any tag.
  mutating func count(attributes bytes: ArraySlice<UInt8>) throws(LimitExceeded) {
    guard var top = try? ASN1Cursor(bytes, as: "attributes", rules: .ber), let tag = top.tag,
      var set = try? top.enter(tag)
    else { return }
    try count(&set)
  }

  private mutating func count(_ set: inout ASN1Cursor) throws(LimitExceeded) {
    var attributes = 0
    var values = 0
    while !set.isAtEnd {
      attributes += 1
      guard attributes <= limits.attributes else { throw LimitExceeded(.attributes, limit: limits.attributes) }
      guard let attribute = try? set.beginElement(), let type = try? set.oid("attrType"),
        let elements = try? set.begin(.set, "attrValues")
      else { return }
      while !set.isAtEnd {
        values += 1
        guard values <= limits.attributeValues else {
          throw LimitExceeded(.attributeValues, limit: limits.attributeValues)
        }
        guard let value = try? set.raw() else { return }
        if type == .countersignatureAttribute { try count(signerInfo: value) }
        if type == .timestampTokenAttribute { try countSignature() }
      }
      guard (try? set.leave(elements)) != nil, (try? set.leave(attribute)) != nil else { return }
    }
  }

  private mutating func countSignature() throws(LimitExceeded) {
    signatures += 1
    guard signatures <= limits.signers else { throw LimitExceeded(.signers, limit: limits.signers) }
  }
}
