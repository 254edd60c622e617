import ArgumentParser
import ByteIO
import CMS
import PKIX
import SMIMECrypto

struct CMSEncrypt: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "encrypt",
    abstract: "Encrypt a file for certificates, passwords or shared keys.",
    discussion: """
      Whoever holds the key of one of the certificates, or knows one of the passwords or shared keys, can open it. \
      AES-256-GCM and, for RSA keys, OAEP are written; --compatible writes AES-256-CBC and PKCS#1 v1.5, which old \
      software reads, and which does not show changes. RSA keys below 2048 bits are refused, and so is a recipient's \
      certificate that a list in the store's folder crls/ revokes; what else is known against one is warned of.

      EXAMPLES:
        smime cms encrypt --recipient bob.pem backup.tar --out backup.tar.p7m
        smime cms encrypt --password-file passphrase.txt notes.txt --pem --out notes.pem
        smime cms encrypt --recipient bob.pem --cipher chacha20-poly1305 backup.tar --out backup.tar.p7m
      """)

  @OptionGroup var input: InputOptions
  @OptionGroup var recipients: ObjectRecipientOptions

  @Option(help: ArgumentHelp("The cipher: \(CipherChoice.list).", valueName: "name"))
  var cipher: CipherChoice?

  @Flag(help: "Write AES-256-CBC, and PKCS#1 v1.5 for RSA keys.")
  var compatible = false

  @Option(
    name: .customLong("content-key"),
    help: ArgumentHelp(
      "Encrypt for nobody in particular, under the key in this file: its bytes, or their digits.", valueName: "file"))
  var contentKey: String?

  @OptionGroup var output: ObjectOptions

  func validate() throws {
    guard contentKey == nil || recipients.isNobody else {
      throw ValidationError("--content-key is for an object without recipients")
    }
  }

  func run() async throws {
    let input = try input.content()
    if let contentKey { return try await encrypt(input, under: try SecretKeyFile.key(in: contentKey)) }
    let everybody = try await recipients.recipients(compatible ? .rsaPKCS1 : .rsaOAEP(OAEPParameters(.sha256)))
    let cipher = cipher?.encryption ?? (compatible ? .aesCBC(keyBits: 256) : .aesGCM(keyBits: 256))
    do {
      try await output.write { sink in
        try await EnvelopedDataWriter.encrypt(input.stream, for: everybody, cipher: cipher, to: sink)
      }
    } catch let refusal as Unsupported {
      throw CommandFailure(.unreadable, "\(input.name): \(refusal)")
    }
  }

  /// EncryptedData, which has no place for a tag: AES-CBC by the key's size.
  private func encrypt(_ input: ContentInput, under key: SymmetricKey) async throws {
    let cipher = cipher?.encryption ?? .aesCBC(keyBits: key.byteCount * 8)
    do {
      try await output.write { try EncryptedDataWriter.encrypt(input.stream, key: key, cipher: cipher, to: $0) }
    } catch let refusal as Unsupported {
      throw CommandFailure(.usage, "\(refusal)")
    }
    Terminal.warning("nothing will show whether the content was changed", hint: "sign it, or encrypt it for recipients")
  }
}

/// Who can open an object.
struct ObjectRecipientOptions: ParsableArguments {
  @Option(
    name: [.customLong("recipient"), .customShort("r")],
    help: ArgumentHelp(
      "A file with the recipient's certificate, or an address whose certificate is in the store. May be repeated.",
      valueName: "certificate|address"))
  var certificates: [String] = []

  @Flag(name: .customLong("key-id"), help: "Name recipients by key identifiers instead of issuers and serial numbers.")
  var keyIdentifiers = false

  @OptionGroup var passwords: PasswordOptions
  @OptionGroup var shared: SharedKeyOptions

  var isNobody: Bool {
    certificates.isEmpty && shared.keys.isEmpty && passwords.texts.isEmpty && passwords.files.isEmpty
      && passwords.variables.isEmpty
  }

  /// - Parameter transport: how RSA keys get the content's key.
  func recipients(_ transport: KeyTransport) async throws -> [Recipient] {
    guard !isNobody else {
      throw CommandFailure(
        .usage, "nobody could open it", hint: "name a --recipient, a --password-file or a --shared-key")
    }
    var check = RecipientCheck()
    var result: [Recipient] = []
    for recipient in try certificates.map(NamedRecipient.init(typed:)) {
      try await check.admit(recipient)
      let certificate = recipient.certificate
      let naming: RecipientNaming = keyIdentifiers ? .subjectKeyIdentifier : .issuerAndSerial
      let isRSA = if case .rsa = certificate.publicKey.kind { true } else { false }
      result.append(.certificate(certificate, method: isRSA ? .transport(transport) : .automatic, naming: naming))
    }
    for key in try shared.read() { result.append(.keyEncryptionKey(identifier: key.identifier, key: key.key)) }
    for password in try passwords.given() { result.append(.password(password)) }
    return result
  }
}

/// Keys that sender and recipients share.
struct SharedKeyOptions: ParsableArguments {
  @Option(
    name: .customLong("shared-key"),
    help: ArgumentHelp(
      "A shared key by its identifier in hexadecimal, and the file with its 16, 24 or 32 bytes, or their digits. May be repeated.",
      valueName: "identifier:file"))
  var keys: [String] = []

  func read() throws -> [DecryptionKeys.SharedKey] {
    try keys.map { text in
      guard let colon = text.firstIndex(of: ":"), let identifier = HexText.bytes(text[..<colon]), !identifier.isEmpty
      else {
        throw CommandFailure(
          .usage, "--shared-key \(text): no identifier", hint: "write it as hexadecimal digits, a colon and a file")
      }
      return .init(identifier: identifier, key: try SecretKeyFile.key(in: String(text[text.index(after: colon)...])))
    }
  }
}

/// A file with a symmetric key: its bytes, or their hexadecimal digits.
enum SecretKeyFile {
  static func key(in path: String) throws -> SymmetricKey {
    let bytes = try Input.bytes(of: path)
    // Digits first: 32 of them are a key of 16 bytes, whether or not a line end follows.
    let text = String(decoding: bytes.prefix(256), as: UTF8.self).filter { !$0.isWhitespace }
    if bytes.count < 256, let digits = HexText.bytes(text[...]), Self.isKey(digits) {
      return SymmetricKey(octets: digits)
    }
    guard Self.isKey(bytes) else {
      throw CommandFailure(.unreadable, "\(path): holds no key of 16, 24 or 32 bytes")
    }
    return SymmetricKey(octets: bytes)
  }

  private static func isKey(_ bytes: [UInt8]) -> Bool { [16, 24, 32].contains(bytes.count) }
}

/// Hexadecimal digits, in pairs, perhaps with colons between them.
enum HexText {
  static func bytes(_ text: Substring) -> [UInt8]? {
    let digits = text.filter { $0 != ":" }
    guard digits.count.isMultiple(of: 2), digits.allSatisfy(\.isHexDigit) else { return nil }
    var bytes: [UInt8] = []
    var rest = digits[...]
    while !rest.isEmpty {
      guard let byte = UInt8(rest.prefix(2), radix: 16) else { return nil }
      bytes.append(byte)
      rest = rest.dropFirst(2)
    }
    return bytes
  }
}

/// The ciphers that are written.
struct CipherChoice: ExpressibleByArgument {
  let encryption: ContentEncryption

  private static let all: [ContentEncryption] = [
    .aesGCM(keyBits: 256), .aesGCM(keyBits: 192), .aesGCM(keyBits: 128), .chaCha20Poly1305, .aesCBC(keyBits: 256),
    .aesCBC(keyBits: 192), .aesCBC(keyBits: 128),
  ]

  static let list = all.map { $0.name.lowercased() }.joined(separator: ", ")

  init?(argument: String) {
    guard let found = Self.all.first(where: { $0.name.lowercased() == argument.lowercased() }) else { return nil }
    encryption = found
  }
}
