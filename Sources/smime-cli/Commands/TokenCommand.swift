import ArgumentParser
import PKIX
import SMIMECrypto
import SMIMEPKCS11

struct TokenCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "token",
    abstract: "Keys on cards, sticks and hardware modules.",
    discussion: """
      Tokens are reached through the PKCS#11 modules that p11-kit knows, or one that module-path=FILE names, and named \
      by addresses that begin with pkcs11: (RFC 7512).

      EXAMPLES:
        smime token list
        smime sign --identity 'pkcs11:token=Work;object=alice' draft.eml --out signed.eml
        smime decrypt --identity 'pkcs11:token=Work?pin-source=file:/run/pin' sealed.eml
      """,
    subcommands: [TokenList.self])
}

struct TokenList: ReadingCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List the tokens that are there, and the certificates on them.",
    discussion: """
      Each certificate stands with the address to give to --identity. No PIN is asked for; what a token shows only \
      after one is not listed. What holds no keys, such as p11-kit's module with the certificates that the system trusts, \
      is listed only when its token is named.

      EXAMPLES:
        smime token list
        smime token list 'pkcs11:?module-path=/usr/lib/softhsm/libsofthsm2.so'
        smime token list 'pkcs11:token=Work' --json
      """)

  @Argument(help: ArgumentHelp("Only the tokens that this address names.", valueName: "address"))
  var address = TokenAddress.scheme

  @OptionGroup var format: FormatOptions

  func run() async throws {
    let named: TokenAddress
    do {
      named = try TokenAddress(address)
    } catch { throw CommandFailure(.usage, "\(error)", hint: "such as 'pkcs11:token=Work'") }
    let tokens: [Outline]
    do {
      tokens = try await Tokens.certificates(named).map { Self.outline($0.token, $0.certificates) }
    } catch { throw CommandFailure(error, in: "\(named)") }
    if format.json {
      Terminal.print(Outline(["version": .number(1), "tokens": .list(tokens.map(Outline.Node.outline))]).json)
    } else if tokens.isEmpty {
      Terminal.hint("no token with keys is there; 'p11-kit list-modules' shows the modules that are asked")
    } else {
      Terminal.print(tokens.map(\.text).joined(separator: "\n"))
    }
  }

  private static func outline(_ token: Token, _ certificates: [TokenCertificate]) -> Outline {
    var result: Outline = [
      "token": .text(token.label), "manufacturer": .text(token.manufacturer), "model": .text(token.model),
      "serial": .text(token.serial), "address": .text("\(token.address)"),
    ]
    result["pin"] = .text(
      token.isLocked
        ? "locked"
        : token.isLastTry ? "last try" : token.hasKeypad ? "on the token" : token.needsPIN ? "needed" : "not needed")
    result["certificates"] = .outlines(
      certificates.map { entry in
        var one: Outline = ["label": .text(entry.label)]
        do {
          let certificate = try Certificate(der: entry.derBytes[...])
          one["subject"] = .text(certificate.subject.description)
          one["addresses"] = .texts(certificate.emailAddresses)
          one["notAfter"] = .text(certificate.validity.notAfter.rfc3339)
          one["key"] = .text(certificate.publicKey.summary)
          one["sha256"] = .text(certificate.fingerprint.hexText)
        } catch { one["defect"] = .text("\(error)") }
        one["identity"] = .text("\(entry.address(on: token))")
        return one
      })
    return result
  }
}
