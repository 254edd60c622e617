import PKIX
import SMIMECrypto
import SwiftASN1

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Reads the attributes that are known, and notes the first rule that they break (RFC 5652 §11, RFC 8551 §2.5): each
/// at most once, with one value, and none of them unsigned.
struct AttributeReading {
  private let signed: Attributes?
  private let role: SignerInfo.Role
  private(set) var fault: Malformed?

  init(signed: Attributes?, unsigned: Attributes?, role: SignerInfo.Role) {
    self.signed = signed
    self.role = role
    for type: (ASN1ObjectIdentifier, String) in [
      (.contentTypeAttribute, "contentType"), (.messageDigestAttribute, "messageDigest"),
      (.signingTimeAttribute, "signingTime"), (.capabilitiesAttribute, "sMIMECapabilities"),
      (.algorithmProtectionAttribute, "CMSAlgorithmProtection"),
      (.signingCertificateAttribute, "signingCertificate"), (.signingCertificateV2Attribute, "signingCertificateV2"),
    ] {
      guard let unsigned, !unsigned.all(type.0).isEmpty else { continue }
      note(Malformed("\(type.1) must not be unsigned", path: ".unsignedAttrs", offset: unsigned.encoded.startIndex))
    }
    guard let signed else { return }
    if signed.all.isEmpty { note(Malformed("is empty", path: ".signedAttrs", offset: signed.encoded.startIndex)) }
    // RFC 5652 §11.4
    if !signed.all(.countersignatureAttribute).isEmpty {
      note(Malformed("countersignature must not be signed", path: ".signedAttrs", offset: signed.encoded.startIndex))
    }
  }

  private mutating func note(_ new: Malformed) { fault = fault ?? new }

  private mutating func single(
    _ type: ASN1ObjectIdentifier, _ name: String, isRequired: Bool = false
  ) -> ArraySlice<UInt8>? {
    guard let signed else { return nil }
    let found = signed.all(type)
    guard let first = found.first else {
      if isRequired { note(Malformed("\(name) is missing", path: ".signedAttrs", offset: signed.encoded.startIndex)) }
      return nil
    }
    guard found.count == 1 else {
      let offset = found[1].values.first?.startIndex ?? signed.encoded.startIndex
      note(Malformed("\(name) is there \(found.count) times", path: ".signedAttrs", offset: offset))
      return nil
    }
    guard let value = first.values.first, first.values.count == 1 else {
      let offset = first.values.first?.startIndex ?? signed.encoded.startIndex
      note(Malformed("\(name) has \(first.values.count) values", path: ".signedAttrs", offset: offset))
      return nil
    }
    return value
  }

  mutating func contentType() -> ContentType? {
    guard let value = single(.contentTypeAttribute, "contentType", isRequired: role == .signer) else { return nil }
    if role == .countersigner {
      // RFC 5652 §11.4: there is no content type for countersignatures.
      note(Malformed("a countersignature has a contentType", path: ".signedAttrs", offset: value.startIndex))
    }
    do throws(Malformed) {
      var top = try ASN1Cursor(value, as: ".signedAttrs.contentType", rules: .ber)
      return ContentType(try top.oid("value"))
    } catch {
      note(error)
      return nil
    }
  }

  mutating func messageDigest() -> ArraySlice<UInt8>? {
    guard let value = single(.messageDigestAttribute, "messageDigest", isRequired: true) else { return nil }
    do throws(Malformed) {
      var top = try ASN1Cursor(value, as: ".signedAttrs.messageDigest", rules: .ber)
      return try top.octets("value")
    } catch {
      note(error)
      return nil
    }
  }

  mutating func signingTime() -> Date? {
    guard let value = single(.signingTimeAttribute, "signingTime") else { return nil }
    do throws(Malformed) {
      var top = try ASN1Cursor(value, as: ".signedAttrs.signingTime", rules: .ber)
      return try top.time("value")
    } catch {
      note(error)
      return nil
    }
  }

  /// Capabilities and preferences that cannot be read are none: they are hints, and decide nothing about the signature.
  mutating func capabilities() -> Capabilities? {
    single(.capabilitiesAttribute, "sMIMECapabilities").flatMap { try? Capabilities($0) }
  }

  mutating func encryptionKeyPreference() -> EncryptionKeyPreference? {
    single(.encryptionKeyPreferenceAttribute, "encrypKeyPref").flatMap { try? EncryptionKeyPreference($0) }
  }

  mutating func algorithmProtection() -> AlgorithmProtection? {
    guard let value = single(.algorithmProtectionAttribute, "CMSAlgorithmProtection") else { return nil }
    do throws(Malformed) {
      return try AlgorithmProtection(value)
    } catch {
      note(Malformed(error.reason, path: ".signedAttrs." + error.path, offset: error.offset))
      return nil
    }
  }

  /// RFC 5035 §3, §4: both generations may stand side by side, and both bind.
  mutating func signingCertificates() -> [SigningCertificate] {
    let kinds: [(SigningCertificate.Generation, ASN1ObjectIdentifier, String)] = [
      (.v1, .signingCertificateAttribute, "signingCertificate"),
      (.v2, .signingCertificateV2Attribute, "signingCertificateV2"),
    ]
    var found: [SigningCertificate] = []
    for (generation, type, name) in kinds {
      guard let value = single(type, name) else { continue }
      do throws(Malformed) {
        found.append(try SigningCertificate(value, generation))
      } catch { note(Malformed(error.reason, path: ".signedAttrs." + error.path, offset: error.offset)) }
    }
    return found
  }
}
