import ByteIO
import CMS
import MIME
import PKIX
import SMIMECrypto

/// The decryption of a mail's encrypted part, of which nothing gets out before the end of it was reached.
struct Decryption {
  private let reader: EnvelopedDataReader
  private let mail: MailInput
  private let keys: IdentityKeys
  private let policy: AlgorithmPolicy
  private let count: Int

  init(of mail: MailInput, keys: IdentityKeys, policy: AlgorithmPolicy) throws {
    do {
      let part = try Self.encryptedPart(of: mail)
      reader = try EnvelopedDataReader(part.decodedBody)
      count = part.bodyRange.count
    } catch let failure as Malformed {
      throw mail.broken(failure)
    }
    self.mail = mail
    self.keys = keys
    self.policy = policy
  }

  private static func encryptedPart(of mail: MailInput) throws -> Entity {
    for part in try Entity(mail.source).all where part.mayHoldCMS {
      let type = try ContentInfo.contentType(of: part.decodedBody)
      if type == .envelopedData || type == .authEnvelopedData { return part }
    }
    throw CommandFailure(.unreadable, "\(mail.name): is not encrypted")
  }

  /// Writes the content, and returns whether it is known to be unchanged, or is signed so that it can be found out.
  func write(to output: Output) async throws -> Bool {
    let identities = try await keys.identities()
    do {
      return try await write(with: identities, to: output)
    } catch {
      try await keys.reportFailures()
      throw mail.broken(error)
    }
  }

  private func write(with identities: [Identity], to output: Output) async throws -> Bool {
    let (content, source) = try await Release.write(to: output, from: mail.input, atMost: count) { sink in
      try await reader.decrypt(with: identities, to: sink, policy: policy)
    }
    return content.isAuthenticated || isSigned(source)
  }

  /// True if the content begins as a signed message does.
  private func isSigned(_ content: any ByteSource) -> Bool {
    guard let entity = try? Entity(content.slice(0..<min(content.count, Release.headLimit))) else { return false }
    return entity.contentType.name == "multipart/signed" || entity.mayHoldCMS
  }
}
