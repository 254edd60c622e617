import PKIX
import SMIMECrypto
import SMIMEPKCS11

/// Identities on tokens, by the addresses that `--identity pkcs11:…` gives.
struct TokenIdentities {
  private let name: String
  private let address: TokenAddress
  private let pin: Tokens.PIN

  /// - Parameter given: passwords that were given, where they can only be meant for this token.
  init(_ name: String, given: [Password]) throws {
    self.name = name
    let address: TokenAddress
    do {
      address = try TokenAddress(name)
    } catch { throw CommandFailure(.usage, "--identity \(TokenAddress.scheme)…: \(error)") }
    self.address = address
    pin = { try TokenPIN.pin(of: $0, address, given: given) }
  }

  /// All that the address names: to read with.
  func all() async throws -> [Identity] {
    do {
      return try await Tokens.identities(address, pin: pin)
    } catch { throw CommandFailure(error, in: "\(address)") }
  }

  /// The one that the address names: to sign with.
  func signer() async throws -> Identity {
    let found = try await all()
    let signers = found.filter { $0.certificate.allowsSigning }
    guard let signer = signers.first ?? found.first else {
      throw CommandFailure(.noInput, "\(address): \(TokenFailure.noToken)")
    }
    guard signers.count <= 1 else {
      let names = signers.map { "'\($0.certificate.subject)'" }.joined(separator: ", ")
      throw CommandFailure(
        .usage, "\(address): \(names) could sign",
        hint: "name one by object=LABEL or id=…; 'smime token list' shows them")
    }
    return signer
  }
}

extension Certificate {
  /// True when its key may sign mail, as far as the certificate says.
  var allowsSigning: Bool {
    guard PrivateKey.Kind(publicKey.kind)?.signs ?? false else { return false }
    guard let usage = try? extensions.keyUsage else { return true }
    return usage.contains(.digitalSignature) || usage.contains(.nonRepudiation)
  }
}

/// Where the PIN of a token comes from: its address, what was given, or the terminal. It is tried once.
enum TokenPIN {
  static func pin(of token: Token, _ address: TokenAddress, given: [Password]) throws -> Password? {
    switch address.pin {
    case .value(let pin): return pin
    case .file(let path): return try PasswordSource.passwords(texts: [], files: [path], variables: []).first
    case nil: break
    }
    if let first = given.first { return first }
    // The token names itself, and may say anything.
    let name = Outline.printable(token.label)
    if token.isLastTry { Terminal.warning("a wrong PIN locks the token '\(name)' now") }
    return try PasswordPrompt.ask("PIN of the token '\(name)'")
  }
}
