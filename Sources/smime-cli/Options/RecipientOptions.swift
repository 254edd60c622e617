import ArgumentParser
import PKIX

/// For whom to encrypt.
struct RecipientOptions: ParsableArguments {
  @Option(
    name: [.customLong("recipient"), .customShort("r")],
    help: ArgumentHelp(
      "A file with the recipient's certificate, or an address whose certificate is in the store. May be repeated.",
      valueName: "certificate|address"))
  var recipients: [String] = []

  func validate() throws {
    guard !recipients.isEmpty else {
      throw ValidationError("Missing expected argument '--recipient <certificate|address>'")
    }
  }

  /// The certificates to encrypt to: of a file its first one, of an address the store's newest.
  func certificates() throws -> [Certificate] {
    try recipients.map { recipient in
      if !recipient.contains("@") || CertificateFile.exists(recipient) {
        return try CertificateFile.first(in: recipient)
      }
      return try Home.certificate(for: recipient)
    }
  }
}
