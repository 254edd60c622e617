import PKIX
import SMIME
import SMIMECrypto

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Whom a message is encrypted for, what that one's software reads, and who says so.
struct KnownReader {
  enum Source {
    /// A verified message, or the claim of its time.
    case message(Date)
    /// The certificate's extension (RFC 4262).
    case certificate
    /// It is the user's own identity: this program opens it.
    case own
    case nothing
  }

  /// As it was typed: an address or a file.
  let name: String
  let certificate: Certificate
  let capabilities: Capabilities?
  let source: Source
  /// What to know of the certificate, which is used all the same.
  let warnings: [String]

  /// What is known of `recipient`: of an address by the store, which a file does not ask; of either by its certificate.
  /// A message's word goes before the certificate's, which is older and somebody else's (RFC 4262 §3).
  init(_ recipient: NamedRecipient, warnings: [String]) throws {
    name = recipient.name
    certificate = recipient.certificate
    self.warnings = warnings
    if !recipient.isFile, let (said, seen) = try Home.capabilities(of: name) {
      (capabilities, source) = (said, .message(seen))
    } else if let stated = try? certificate.extensions.capabilities {
      (capabilities, source) = (stated, .certificate)
    } else if case .own = recipient.origin {
      (capabilities, source) = (.default, .own)
    } else {
      (capabilities, source) = (nil, .nothing)
    }
  }
}

/// The choice of an algorithm, for people and for programs.
struct ChoiceReport {
  let choice: EncryptionChoice
  let readers: [KnownReader]

  var lines: [String] {
    ["encrypted by \(choice.cipher.name): \(choice.reason.words)"]
      + readers.map { reader in "\(reader.name): \(reader.words)" }
  }

  /// The object that `docs/schema/encryption.json` describes.
  var outline: Outline {
    [
      "version": .number(1), "cipher": .text(choice.cipher.name), "reason": .text(choice.reason.name),
      "recipients": .list(readers.map { .outline($0.outline) }),
    ]
  }
}

extension EncryptionChoice.Reason {
  fileprivate var name: String {
    switch self {
    case .asked: "asked"
    case .known: "known"
    case .presumed: "presumed"
    case .nothingInCommon: "nothing in common"
    }
  }

  fileprivate var words: String {
    switch self {
    case .asked: "an option says so"
    case .known: "the strongest that all recipients are known to read"
    case .presumed: "the strongest that can be expected of all recipients, of some of whom nothing is known"
    case .nothingInCommon: "there is none that all recipients are known to read"
    }
  }
}

extension KnownReader {
  private var ciphers: [String] { capabilities?.contentCiphers.map(\.name) ?? [] }

  fileprivate var words: String {
    let reads = ciphers.isEmpty ? "no cipher is named" : ciphers.joined(separator: ", ")
    return switch source {
    case .message(let seen): "\(reads) (a message of \(seen.rfc3339))"
    case .certificate: "\(reads) (the certificate)"
    case .own: "\(reads) (your own identity)"
    case .nothing: "nothing is known"
    }
  }

  fileprivate var outline: Outline {
    var result: Outline = [
      "name": .text(name), "subject": .text("\(certificate.subject)"), "sha256": .text(certificate.fingerprint.hexText),
    ]
    switch source {
    case .message(let seen):
      result["source"] = "message"
      result["seen"] = .text(seen.rfc3339)
    case .certificate: result["source"] = "certificate"
    case .own: result["source"] = "own"
    case .nothing: result["source"] = "nothing"
    }
    result["reads"] = .list(ciphers.map(Outline.Node.text))
    result["warnings"] = .texts(warnings)
    return result
  }
}
