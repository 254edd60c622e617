import ArgumentParser
import PKIX
import SMIMECrypto

/// Whose keys to use.
struct IdentityOptions: ParsableArguments {
  @Option(
    name: [.customLong("identity"), .customShort("i")],
    help: ArgumentHelp(
      "A key with its certificates: PKCS#12, or PEM with key and chain. May be repeated; the store's if left out.",
      valueName: "file"))
  var files: [String] = []

  @OptionGroup var passwords: PasswordOptions

  /// The identities to sign with: all that were named, or the store's one for `addresses`. One that no password opens fails.
  func signers(for addresses: [String]) throws -> [Identity] {
    let unlock = Unlock(given: try passwords.given())
    if files.isEmpty { return [try Home.identity(for: addresses).opened(with: unlock)] }
    return try files.map { try IdentityFile($0).opened(with: unlock) }
  }

  /// The identities to read with. One that no password opens is left out, and noted.
  func readers() throws -> IdentityKeys {
    IdentityKeys(
      files: files.isEmpty ? Home.identityFiles() : try files.map { try IdentityFile($0) },
      unlock: Unlock(given: try passwords.given()))
  }
}
