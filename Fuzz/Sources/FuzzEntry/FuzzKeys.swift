public import CMS
import Foundation
import PKIX
public import SMIMECrypto

/// Who the seeds are for; make-seeds writes the identities.
public enum FuzzKeys {
  public static let password = Password("fuzz")
  /// A key-encryption key, and the content key of EncryptedData.
  public static let shared = DecryptionKeys.SharedKey(
    identifier: [1, 2, 3], key: SymmetricKey(octets: [UInt8](repeating: 7, count: 32)))

  /// More rounds find nothing but time.
  public static var limits: CMSLimits {
    var limits = CMSLimits.standard
    limits.keyDerivationRounds = 4_096
    return limits
  }

  /// All of it.
  public static var all: DecryptionKeys {
    guard let data = FileManager.default.contents(atPath: "Fuzz/Corpus/identities.pem"),
      let blocks = try? PEMBlock.all(in: [UInt8](data))
    else { fatalError("start me in the package's folder, where Fuzz/Corpus/identities.pem is") }
    let keys = blocks.filter { $0.label == "PRIVATE KEY" }.compactMap { try? PrivateKey(pem: $0) }
    let certificates = blocks.filter { $0.label == "CERTIFICATE" }.compactMap { try? Certificate(der: $0.bytes[...]) }
    let identities = keys.compactMap { key in
      certificates.first { $0.publicKey == key.publicKey }.flatMap { try? Identity(certificate: $0, privateKey: key) }
    }
    return DecryptionKeys(identities: identities, sharedKeys: [shared], passwords: [password])
  }
}
