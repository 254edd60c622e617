import PKIX
import SMIMEStore

/// A certificate that is encrypted with, and why it is taken for a recipient's.
struct NamedRecipient {
  enum Origin {
    /// A file that was named, and the other certificates in it.
    case file(others: [Certificate])
    /// The user's own identity.
    case own
    /// What the store knows of a correspondent.
    case correspondent(Correspondent.Trust)
  }

  /// As it was typed: an address or a file.
  let name: String
  let certificate: Certificate
  let origin: Origin

  init(_ name: String, _ certificate: Certificate, _ origin: Origin) {
    self.name = name
    self.certificate = certificate
    self.origin = origin
  }

  /// Who was typed as `name`: of a file the first certificate, of an address the one that the store encrypts with.
  init(typed name: String) throws {
    guard Self.isFile(name) else {
      let (certificate, origin) = try Home.certificate(for: name)
      self.init(name, certificate, origin)
      return
    }
    let all = try CertificateFile.certificates(in: name)
    guard let first = all.first else { throw CommandFailure(.unreadable, "\(name): there is no certificate in it") }
    self.init(name, first, .file(others: Array(all.dropFirst())))
  }

  /// True if `name` is that of a file, and no address.
  private static func isFile(_ name: String) -> Bool { !name.contains("@") || CertificateFile.exists(name) }

  var isFile: Bool { if case .file = origin { true } else { false } }

  /// True where the user said whose key it is, so that no authority needs to: of his own, and of those that he pinned.
  var isVouchedFor: Bool {
    switch origin {
    case .own, .correspondent(.pinned): true
    case .file, .correspondent: false
    }
  }

  /// The certificates that came with it.
  var others: [Certificate] { if case .file(let others) = origin { others } else { [] } }
}
