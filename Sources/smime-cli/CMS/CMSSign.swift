import ArgumentParser
import ByteIO
import CMS
import PKIX
import SMIMECrypto

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

struct CMSSign: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sign",
    abstract: "Sign a file.",
    discussion: """
      Writes a SignedData object with the content in it or, with --detached, beside it. Each --identity signs, whatever \
      the kinds of their keys.

      EXAMPLES:
        smime cms sign --detached report.pdf --out report.pdf.p7s
        smime cms sign --identity alice.p12 --identity bob.pem contract.pdf --out contract.p7m
        smime cms sign --identity alice.p12 --digest sha3-384 --pem notes.txt
      """)

  @OptionGroup var input: InputOptions
  @OptionGroup var identities: IdentityOptions

  @Flag(help: "Leave the content out of the object.")
  var detached = false

  @OptionGroup var manner: SigningOptions
  @OptionGroup var output: ObjectOptions

  func run() async throws {
    let input = try input.content()
    let signers = try await identities.signers(for: []).map { try manner.signer($0) }
    try await output.write { sink in
      try await SignedDataWriter.sign(
        input.stream, signers: signers, form: detached ? .detached : .attached, to: sink)
    }
  }
}

/// How a signer signs, and how it is named.
struct SigningOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The digest: \(DigestChoice.list). What fits the key if left out.", valueName: "name"))
  var digest: DigestChoice?

  @Flag(help: "Sign with RSA-PSS where the key is RSA.")
  var pss = false

  @Flag(name: .customLong("key-id"), help: "Name the signer by the key identifier instead of issuer and serial number.")
  var keyIdentifier = false

  @Flag(name: .customLong("no-certificates"), help: "Enclose no certificates.")
  var noCertificates = false

  @Flag(name: .customLong("no-time"), help: "Do not say when it was signed.")
  var noTime = false

  func signer(_ identity: Identity) throws -> SignedDataWriter.Signer {
    SignedDataWriter.Signer(
      identity, algorithm: try algorithm(for: identity.certificate.publicKey), signingTime: noTime ? nil : Date(),
      certificates: noCertificates ? .none : .chain, naming: keyIdentifier ? .subjectKeyIdentifier : .issuerAndSerial)
  }

  /// nil where the key's own algorithm is meant.
  private func algorithm(for key: PublicKey) throws -> SignatureAlgorithm? {
    switch key.kind {
    case .rsa:
      let digest = digest?.algorithm ?? .sha256
      guard pss || (digest != .shake128 && digest != .shake256) else {
        throw CommandFailure(.usage, "RSA signs with \(digest.name) as RSA-PSS only", hint: "give --pss")
      }
      return pss ? .rsaPSS(PSSParameters(digest)) : .rsaPKCS1(digest)
    case .ec: return digest.map { .ecdsa($0.algorithm) }
    default:
      guard digest == nil else {
        throw CommandFailure(.usage, "a key of kind \(key.summary) signs with a digest of its own: leave --digest out")
      }
      return nil
    }
  }
}

/// The digests that are written.
struct DigestChoice: ExpressibleByArgument {
  let algorithm: DigestAlgorithm

  private static let all = DigestAlgorithm.allCases.filter { !$0.isWeak }

  static let sha256 = DigestChoice(.sha256)

  static let list = all.map(\.micalg).joined(separator: ", ")

  private init(_ algorithm: DigestAlgorithm) { self.algorithm = algorithm }

  var defaultValueDescription: String { algorithm.micalg }

  init?(argument: String) {
    let name = argument.lowercased().filter(\.isLetterOrDigit)
    guard let found = Self.all.first(where: { $0.micalg.filter(\.isLetterOrDigit) == name }) else { return nil }
    algorithm = found
  }
}

extension Character {
  fileprivate var isLetterOrDigit: Bool { isLetter || isNumber }
}
