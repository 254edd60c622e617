import ArgumentParser
import ByteIO
import Fetching
import PKIX
import SMIMECrypto

struct RevocationListFetch: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fetch",
    abstract: "Fetch the revocation lists that a certificate names, or that lie at a URL.",
    discussion: """
      Asks the network, by the rules of --online: http and https, public addresses only, nothing too large. The lists are \
      written as PEM, deltas behind the list that they add to, for --crl. Their signatures are not verified here: whoever \
      uses a list does that.

      EXAMPLES:
        smime crl fetch alice.pem --out example.crl
        smime crl fetch http://crl.example.org/ca.crl --der --out ca.crl
      """)

  @Argument(help: ArgumentHelp("A certificate, or where a list lies.", valueName: "cert|url"))
  var target: String

  @Flag(help: "Write DER instead of PEM: for one list only.")
  var der = false

  @OptionGroup var addresses: AddressOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let output = try output.open(.open)
    let source = RevocationListSource(try addresses.process())
    let evidence =
      WebAddressText.isURL(target)
      ? await source.lists(at: target)
      : await source.evidence(namedBy: try CertificateFile.first(in: target))
    var lists: [CertificateRevocationList] = []
    for one in evidence {
      let place = Outline.printable(one.provenance.url ?? target)
      switch one.content {
      case .list(let list):
        lists.append(list)
        let until = list.nextUpdate.map { ", until \($0.rfc3339)" } ?? ""
        Terminal.note(
          "\(place): \(Outline.printable("\(list.issuer)")), of \(list.thisUpdate.rfc3339)\(until), "
            + "\(try list.entryCount) entries")
      case .failure(_, let why): Terminal.note("\(place): \(Outline.printable(why))")
      case .response, .indexedList: break
      }
    }
    guard !lists.isEmpty else {
      guard !evidence.isEmpty else {
        throw CommandFailure(.noInput, "\(target): it names no place to fetch a list from over http or https")
      }
      throw CommandFailure(.unavailable, "\(target): no list was to be had")
    }
    guard !der || lists.count == 1 else {
      throw CommandFailure(.notGood, "\(target): there are \(lists.count) lists", hint: "leave out --der")
    }
    for list in lists { try output.sink.write(der ? Array(list.derBytes) : Array(list.pem.utf8)) }
    try output.commit()
  }
}

/// Which hosts a command may ask whose work is to ask.
struct AddressOptions: ParsableArguments {
  @Flag(help: "Ask hosts on this machine and on private networks too.")
  var allowPrivate = false

  /// What asks the network; nothing is kept of what it says.
  func process() throws -> NetworkProcess {
    NetworkProcess(try NetworkProcess.program(), FetchRules(allowPrivate ? .own : .public))
  }
}

/// Tells URLs from the names of files.
enum WebAddressText {
  static func isURL(_ text: String) -> Bool {
    ["http://", "https://"].contains { text.prefix($0.utf8.count).lowercased() == $0 }
  }
}
