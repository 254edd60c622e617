import ArgumentParser
import Fetching

/// Where certificates are looked for besides the store.
struct FindOptions: ParsableArguments {
  @Option(
    name: .customLong("ldap"),
    help: ArgumentHelp(
      "With --online: search this directory, such as ldaps://ldap.example.org/dc=example,dc=org. May be repeated.",
      valueName: "url"))
  var directories: [String] = []

  @Option(
    name: .customLong("certstore"),
    help: ArgumentHelp(
      "With --online: ask this HTTP certificate store (RFC 4387). May be repeated.", valueName: "url"))
  var stores: [String] = []

  @Flag(help: "With --online: ask DNS for SMIMEA records (RFC 8162), and use what DNSSEC vouches for.")
  var smimea = false

  @Option(
    help: ArgumentHelp(
      "Hold the certificates of ldaps and https hosts against those in this file, instead of the system's.",
      valueName: "file"))
  var hostAnchor: String?

  @Option(help: ArgumentHelp("Ask this name server, instead of the system's.", valueName: "address[@port]"))
  var nameServer: String?

  @Option(
    help: ArgumentHelp(
      "The DNSSEC trust anchors, as DS or DNSKEY records, instead of the root's.", valueName: "file"))
  var nameAnchor: String?

  /// True if no place is named.
  var isSilent: Bool { directories.isEmpty && stores.isEmpty && !smimea }

  /// Where is looked, and how those places are asked.
  struct Search {
    /// In the order in which they are asked.
    let all: [FindingPlace]
    let hostAnchor: String?
    let nameServer: String?
    let nameAnchor: String?
  }

  /// What these options say. Where they name no place, the places of `settings` are asked; how to ask is each option's own.
  func search(_ settings: Settings) throws -> Search {
    let ldap = isSilent ? settings[.ldap] : directories
    let certstores = isSilent ? settings[.certstore] : stores
    let asksNames = isSilent ? settings.isOn(.smimea) : smimea
    guard asksNames || nameServer == nil && nameAnchor == nil else {
      throw ValidationError("--name-server and --name-anchor say how to ask DNS: add --smimea")
    }
    return Search(
      all: ldap.map(FindingPlace.directory) + certstores.map(FindingPlace.certificateStore) + (asksNames ? [.dns] : []),
      hostAnchor: hostAnchor ?? settings[.hostAnchor].first, nameServer: nameServer ?? settings[.nameServer].first,
      nameAnchor: nameAnchor ?? settings[.nameAnchor].first)
  }

  func check() throws {
    for url in directories where !FindingPlace.isDirectoryURL(url) {
      throw ValidationError("'\(url)' is no URL of ldap or ldaps")
    }
    for url in stores where !WebAddressText.isURL(url) {
      throw ValidationError("'\(url)' is no URL of http or https")
    }
    for file in [hostAnchor, nameAnchor].compactMap({ $0 }) where !Files.exists(file) {
      throw CommandFailure(.noInput, "\(file): there is no such file")
    }
  }
}
