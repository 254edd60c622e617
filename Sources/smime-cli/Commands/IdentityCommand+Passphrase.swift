import ArgumentParser
import SMIMECrypto

struct IdentityPassphrase: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "passphrase",
    abstract: "Change what protects keys in the store: another passphrase, a key file, or nothing.",
    discussion: """
      Changes all keys that the old passphrase opens, or those of the identities that are named: an address means every key \
      for it, also one that waits for its certificate. All are changed at once or none is. The agent forgets what it kept \
      of them.

      The old passphrase is asked for, or given with --password-file; the new one with --new-password-file. Keys under a \
      key file, or under nothing, are changed when they are named, and need no old passphrase. A copy of the store from \
      before is still opened by the old passphrase.

      EXAMPLES:
        smime id passphrase
        smime id passphrase gateway@example.org --key-file /etc/smime/key
        smime id passphrase --password-file old.txt --new-password-file new.txt
      """)

  @Argument(
    help: ArgumentHelp("An address of the identity, or the beginning of its SHA-256.", valueName: "address|sha256"))
  var identities: [String] = []

  @OptionGroup var passwords: PasswordOptions
  @OptionGroup var protection: ProtectionOptions

  func run() async throws {
    let change = KeyChange(identities, in: try Home.store())
    var given = try passwords.given()
    if try given.isEmpty && change.needsPassphrase() {
      given = [try PasswordPrompt.ask("passphrase until now").orMissing(option: "--password-file")]
    }
    let opened = try change.open(with: Unlock(given: given))
    // Nobody types a new passphrase in vain: the old one is known to be right.
    let changed = try opened.seal(under: try protection.protection(asking: "new passphrase"))
    for (name, key) in changed { Terminal.note("\(name): what protects the key now: \(key.protection)") }
    let former = "\(Home.folder)/imported/identities"
    if Files.exists(former) {
      Terminal.hint("\(former) has keys as they were before there was a store: the old passphrase still opens those")
    }
  }
}
