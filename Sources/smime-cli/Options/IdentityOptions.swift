import ArgumentParser
import PKIX
import SMIMECrypto
import SMIMEPKCS11

/// Whose keys to use.
struct IdentityOptions: ParsableArguments {
  @Option(
    name: [.customLong("identity"), .customShort("i")],
    help: ArgumentHelp(
      """
      A key with its certificates: PKCS#12, PEM with key and chain, or pkcs11:… on a token. May be repeated; the \
      store's if left out.
      """, valueName: "file"))
  var files: [String] = []

  @OptionGroup var passwords: PasswordOptions

  /// The identities to sign with: all that were named, or the store's one for `addresses`. One that no password opens fails.
  func signers(for addresses: [String]) async throws -> [Identity] {
    let given = try passwords.given()
    let unlock = Unlock(given: given)
    if files.isEmpty { return [try Home.identity(for: addresses).opened(with: unlock)] }
    var signers: [Identity] = []
    for name in files {
      if TokenAddress.isAddress(name) {
        signers.append(try await TokenIdentities(name, given: pins(given)).signer())
      } else {
        signers.append(try IdentityFile(name).opened(with: unlock))
      }
    }
    return signers
  }

  /// The identities to read with. One that no password opens is left out, and noted.
  func readers() throws -> IdentityKeys {
    let given = try passwords.given()
    return IdentityKeys(
      try files.isEmpty
        ? Home.identities() : files.filter { !TokenAddress.isAddress($0) }.map { try IdentityFile($0) },
      tokens: try files.filter(TokenAddress.isAddress).map { try TokenIdentities($0, given: pins(given)) },
      unlock: Unlock(given: given))
  }

  /// A password that is given beside a file may be the file's: it is no PIN, of which there are few tries.
  private func pins(_ given: [Password]) -> [Password] { files.count == 1 ? given : [] }
}
