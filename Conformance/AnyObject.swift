import ByteIO
import CMS
import PKIX
import SMIMECrypto
import SwiftASN1

/// A CMS object of whatever type it says it is.
enum CMSObject {
  /// Reads all of it that is public, and gives what was odd; nil when nothing was.
  ///
  /// - Throws: `Unsupported` for a type that is not offered, and what the readers throw.
  static func difference(_ bytes: [UInt8]) throws -> String? {
    let source = BufferSource(bytes)
    switch try ContentInfo.contentType(of: source) {
    case .signedData:
      let data = try SignedDataReader(source).read()
      for signer in data.signerInfos {
        let signer = try signer.get()
        guard try SampleSuite.encoded(DER.parse(signer.encoded)) == Array(signer.encoded) else {
          return "a signer is written otherwise"
        }
      }
      return data.defects.first.map { "\($0)" }
    case .envelopedData, .authEnvelopedData: return difference(try EnvelopedDataReader(source).recipients)
    case .authenticatedData: return difference(try AuthenticatedDataReader(source).recipients)
    case .encryptedData:
      _ = try EncryptedDataReader(source).contentEncryptionAlgorithm
      return nil
    case .digestedData:
      let data = try DigestedDataReader(source).read(policy: .legacy)
      return data.hasContent && data.state != .intact ? "\(data.state)" : data.defects.first.map { "\($0)" }
    case .compressedData:
      return try CompressedDataReader(source).read(content: NullSink()).defects.first.map { "\($0)" }
    case .data: return nil
    case let type: throw Unsupported("content of type \(type)")
    }
  }

  private static func difference(_ recipients: [RecipientInfo]) -> String? {
    recipients.flatMap(\.descriptions).first { $0.hasPrefix("malformed") }
  }

  /// Whether the object is good in all its parts, old algorithms allowed.
  static func isGood(_ bytes: [UInt8], _ keys: DecryptionKeys) async -> Bool {
    let object = BufferSource(bytes)
    switch try? ContentInfo.contentType(of: object) {
    case .signedData:
      guard let data = try? SignedDataReader(object).read() else { return false }
      return !data.signerInfos.isEmpty
        && data.signerInfos.allSatisfy { result in
          guard case .success(let signer) = result else { return false }
          return signer.certificates(in: data.certificates).contains {
            signer.verify(in: data, certificate: $0, policy: .legacy) == .valid
          }
        }
    case .authenticatedData:
      guard let reader = try? AuthenticatedDataReader(object) else { return false }
      return (try? await reader.authenticate(with: keys, policy: .legacy)) != nil
    case .digestedData: return (try? DigestedDataReader(object).read(policy: .legacy))?.state == .intact
    case .compressedData: return (try? CompressedDataReader(object).read(content: NullSink())) != nil
    case .encryptedData:
      guard let reader = try? EncryptedDataReader(object), let key = keys.sharedKeys.first?.key else { return false }
      return (try? reader.decrypt(with: key, to: NullSink(), policy: .legacy)) != nil
    default:
      guard let reader = try? EnvelopedDataReader(object) else { return false }
      return (try? await reader.authenticate(with: keys, policy: .legacy)) != nil
    }
  }
}
