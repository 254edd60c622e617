import ArgumentParser
import ByteIO
import Fetching
import PKIX
import SMIMECrypto
import SMIMEStore

struct RevocationListFetch: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fetch",
    abstract: "Fetch the revocation lists that a certificate names, or that lie at a URL.",
    discussion: """
      Asks the network, by the rules of --online: http, https, ldap and ldaps, public addresses only, nothing too large. Of \
      a directory's entry (RFC 4516) the attributes that the URL names are taken, or all that hold lists. The lists are \
      written as PEM, deltas behind the list that they add to, for --crl. Their signatures are not verified here: whoever \
      uses a list does that.

      With --keep each list goes into $SMIME_HOME/crls instead, where all commands find it that judge certificates: in the \
      place of the one before of its issuer and distribution point, but never in the place of a newer one. Only a list is \
      kept whose signature holds by the issuer's certificate: an anchor, or in the store, or behind the certificate in its \
      file. \
      One of a mebibyte or more gets an index beside it when it is first used.

      EXAMPLES:
        smime crl fetch alice.pem --out example.crl
        smime crl fetch alice.pem --keep
        smime crl fetch http://crl.example.org/ca.crl --der --out ca.crl
        smime crl fetch 'ldap://ldap.example.org/cn=CA,dc=example?certificateRevocationList;binary' --out ca.pem
      """)

  @Argument(help: ArgumentHelp("A certificate, or where a list lies.", valueName: "cert|url"))
  var target: String

  @Flag(help: "Write DER instead of PEM: for one list only.")
  var der = false

  @Flag(help: "Keep the lists with the store, where all commands find them; they are written out only with --out.")
  var keep = false

  @OptionGroup var addresses: AddressOptions
  @OptionGroup var output: OutputOptions

  private var isURL: Bool { WebAddressText.isURL(target) || DirectoryURL.isOne(target) }

  func validate() throws {
    guard !(keep && der && output.out == nil) else {
      throw ValidationError("--der says how lists are written: add --out")
    }
    guard DirectoryURL.isOne(target) else { return }
    do { _ = try DirectoryURL(target) } catch { throw ValidationError("'\(target)' cannot be asked: \(error.words)") }
  }

  func run() async throws {
    let output = keep && output.out == nil ? nil : try output.open(.open)
    let source = RevocationListSource(try addresses.process())
    let evidence =
      isURL
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
        throw CommandFailure(
          .noInput, "\(target): it names no place to fetch a list from over http, https, ldap or ldaps")
      }
      throw CommandFailure(.unavailable, "\(target): no list was to be had")
    }
    guard !der || lists.count == 1 else {
      throw CommandFailure(.notGood, "\(target): there are \(lists.count) lists", hint: "leave out --der")
    }
    if let output {
      for list in lists { try output.sink.write(der ? Array(list.derBytes) : Array(list.pem.utf8)) }
      try output.commit()
    }
    if keep { try putAway(lists) }
  }

  /// Keeps the lists with the store, and says of each what became of it.
  private func putAway(_ lists: [CertificateRevocationList]) throws {
    let known =
      try (isURL ? [] : CertificateFile.certificates(in: target)) + Home.anchorCertificates()
      + (Home.storeIfAny()?.authorities() ?? [])
    var isComplete = true
    for list in lists {
      let kept = KeptList(list)
      let issuer = Outline.printable("\(list.issuer)")
      let isSigned = kept.isSigned(byOneOf: known)
      // Whoever could put a forged list with a high number there would keep the true ones away.
      guard isSigned == true else {
        Terminal.warning(
          isSigned == nil
            ? "not kept: the certificate of \(issuer) is not at hand, so that nothing says whether its list is genuine"
            : "not kept: the list of \(issuer) does not verify by the certificate of its issuer",
          hint: isSigned == nil
            ? "bring it in with 'smime cert import FILE', or trust it with 'smime trust add FILE'" : nil)
        isComplete = false
        continue
      }
      switch try kept.keep() {
      case .kept: Terminal.note("kept as \(kept.path)")
      case .known: Terminal.note("\(kept.path) is that list already")
      case .outdated: Terminal.note("\(kept.path) stays: it is newer than the list that was fetched")
      }
    }
    guard isComplete else { throw ExitCode(.notGood) }
  }
}

/// Which hosts a command may ask whose work is to ask.
struct AddressOptions: ParsableArguments {
  @Flag(help: "Ask hosts on this machine and on private networks too.")
  var allowPrivate = false

  @Option(
    help: ArgumentHelp(
      "Hold the certificates of ldaps and https hosts against those in this file, instead of the system's.",
      valueName: "file"))
  var hostAnchor: String?

  /// True when nothing is said.
  var isSilent: Bool { !allowPrivate && hostAnchor == nil }

  /// What asks the network; nothing is kept of what it says.
  func process() throws -> NetworkProcess {
    if let hostAnchor, !Files.exists(hostAnchor) {
      throw CommandFailure(.noInput, "\(hostAnchor): there is no such file")
    }
    var rules = FetchRules(allowPrivate ? .own : .public)
    rules.hostAnchors = hostAnchor
    return NetworkProcess(try NetworkProcess.program(), rules)
  }
}

/// Tells URLs from the names of files.
enum WebAddressText {
  static func isURL(_ text: String) -> Bool {
    ["http://", "https://"].contains { text.prefix($0.utf8.count).lowercased() == $0 }
  }
}
