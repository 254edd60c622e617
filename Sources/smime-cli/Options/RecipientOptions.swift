import ArgumentParser
import PKIX
import SMIMECrypto

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

  /// Whom to encrypt for, and the store's own identity of the sender, who can always read what was sent.
  func readers(andSenders senders: [String]) async throws -> [KnownReader] {
    var check = RecipientCheck()
    var result: [KnownReader] = []
    for recipient in try recipients.map(NamedRecipient.init(typed:)) {
      result.append(try KnownReader(recipient, warnings: try await check.admit(recipient)))
    }
    let own = try Home.identities().filter { one in
      one.certificate.isForEncryption && senders.contains { one.certificate.names($0) }
    }
    if own.contains(where: { one in result.contains { $0.certificate == one.certificate } }) { return result }
    if let newest = own.filter({ !$0.certificate.publicKey.isWeak }).newest {
      let sender = NamedRecipient(newest.name, newest.certificate, .own)
      // Whoever took the key would read along.
      if let revocation = try await check.finding(on: sender).revocation {
        Terminal.warning(
          "\(sender.name): \(revocation.revocationWords), so there is no copy for you",
          hint: "to be able to read it, name another certificate of yours with --recipient FILE")
      } else {
        result.append(try KnownReader(sender, warnings: []))
      }
    } else if let newest = own.newest {
      Terminal.warning(
        "\(newest.name): \(newest.certificate.publicKey.summary) is too short a key to encrypt to: you will not be able "
          + "to read your own copy")
    }
    return result
  }
}
