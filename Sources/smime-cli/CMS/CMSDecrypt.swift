import ArgumentParser
import ByteIO
import CMS
import SMIMECrypto

struct CMSDecrypt: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decrypt",
    abstract: "Open an encrypted file.",
    discussion: """
      Opens it with what it asks for: the key of a certificate, a password (the options for passwords are tried for both), \
      or a shared key. Nothing is written before all of it was decrypted and, where the encryption can tell, found \
      unchanged.

      EXAMPLES:
        smime cms decrypt --identity bob.p12 backup.tar.p7m --out backup.tar
        smime cms decrypt --password-file passphrase.txt notes.pem
        smime cms decrypt --shared-key 0a0b:key.hex backup.tar.p7m --out backup.tar
      """)

  @OptionGroup var input: InputOptions
  @OptionGroup var identities: IdentityOptions
  @OptionGroup var shared: SharedKeyOptions
  @OptionGroup var algorithms: PolicyOptions
  @OptionGroup var output: OutputOptions

  @Option(
    name: .customLong("content-key"),
    help: ArgumentHelp(
      "The key of an object that names no recipients (EncryptedData): a file with its bytes, or their digits.",
      valueName: "file"))
  var contentKey: String?

  func run() async throws {
    let output = try output.open(.secret)
    let input = try CMSInput(input.open())
    let type = try input.type(.envelopedData, .authEnvelopedData, .encryptedData, .authenticatedData)
    let identities = try identities.readers()
    let content: OpenedContent
    do {
      let keys = DecryptionKeys(
        identities: type == .encryptedData ? [] : try await identities.identities(), sharedKeys: try shared.read(),
        passwords: try self.identities.passwords.given())
      (content, _) = try await Release.write(
        to: output, from: input.input, atMost: input.object.countLimit
      ) { sink in
        try await open(input.object, type, named: input.name, with: keys, to: sink)
      }
    } catch {
      try await identities.reportFailures()
      throw CommandFailure(error, in: input.name)
    }
    try output.commit()
    content.tell(input.name)
  }

  private func open(
    _ object: any ByteStream, _ type: CMS.ContentType, named name: String, with keys: DecryptionKeys,
    to sink: any ByteSink
  ) async throws -> OpenedContent {
    switch type {
    case .encryptedData:
      guard let contentKey else {
        throw CommandFailure(.noKey, "\(name): names no recipients", hint: "give its key with --content-key FILE")
      }
      let content = try EncryptedDataReader(object).decrypt(
        with: try SecretKeyFile.key(in: contentKey), to: sink, policy: algorithms.policy)
      return OpenedContent(type: content.contentType, isAuthenticated: false, defects: content.defects)
    case .authenticatedData:
      let content = try await AuthenticatedDataReader(object).authenticate(
        with: keys, to: sink, policy: algorithms.policy)
      return OpenedContent(type: content.contentType, isAuthenticated: true, defects: content.defects)
    default:
      let reader = try EnvelopedDataReader(object)
      let content: DecryptedContent
      do {
        content = try await reader.decrypt(with: keys, to: sink, policy: algorithms.policy)
      } catch let failure as DecryptionFailed {
        // Passwords have no names: one that was tried and did not fit is most likely a wrong one.
        guard reader.asksForPassword, !keys.passwords.isEmpty, reader.matching(keys.identities).isEmpty else {
          throw failure
        }
        throw CommandFailure(
          .noKey, "\(name): no password given opens it", hint: "or it was changed after it was encrypted")
      }
      return OpenedContent(
        type: content.contentType, isAuthenticated: content.isAuthenticated, defects: content.defects)
    }
  }
}

/// What is to be said of content that was opened.
private struct OpenedContent {
  let type: CMS.ContentType
  let isAuthenticated: Bool
  let defects: [Malformed]

  func tell(_ name: String) {
    if type != .data { Terminal.note("\(name): holds \(type)") }
    for defect in defects { Terminal.warning("\(name): \(defect)") }
    if !isAuthenticated {
      Terminal.warning(
        "\(name): nothing proves that the content is whole",
        hint: "it was encrypted in an old way (CBC): it may have been altered")
    }
  }
}
