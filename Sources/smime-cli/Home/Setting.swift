import ArgumentParser
import Fetching

/// A setting of the store: what stands for an option that is left out.
enum Setting: String, CaseIterable, ExpressibleByArgument {
  case online
  case allowPrivate = "allow-private"
  case noOCSP = "no-ocsp"
  case ocspURL = "ocsp-url"
  case ldap, certstore, smimea
  case crlStore = "crl-store"
  case hostAnchor = "host-anchor"
  case nameServer = "name-server"
  case nameAnchor = "name-anchor"

  private enum Kind { case yesOrNo, webAddresses, directories, file, word }

  private var kind: Kind {
    switch self {
    case .online, .allowPrivate, .noOCSP, .smimea: .yesOrNo
    case .ocspURL, .certstore, .crlStore: .webAddresses
    case .ldap: .directories
    case .hostAnchor, .nameAnchor: .file
    case .nameServer: .word
    }
  }

  /// What it does, for the list of settings.
  var meaning: String {
    switch self {
    case .online: "ask the network without --online (yes or no)"
    case .allowPrivate: "ask hosts on this machine and on private networks too (yes or no)"
    case .noOCSP: "do not ask OCSP, only for revocation lists (yes or no)"
    case .ocspURL: "the OCSP responders to ask instead of those that certificates name"
    case .ldap: "the directories to search for certificates"
    case .certstore: "the HTTP certificate stores to ask for certificates, issuers' too"
    case .crlStore: "the HTTP certificate stores to ask for revocation lists"
    case .smimea: "ask DNS for SMIMEA records (yes or no)"
    case .hostAnchor: "the file that the certificates of ldaps and https hosts are held against"
    case .nameServer: "the name server to ask"
    case .nameAnchor: "the file with the DNSSEC trust anchors"
    }
  }

  /// The values as they are kept.
  ///
  /// - Throws: what the user is told of a value that it cannot have.
  func checked(_ values: [String]) throws -> [String] {
    switch kind {
    case .yesOrNo:
      guard values == ["yes"] || values == ["no"] else { throw ValidationError("\(rawValue) is yes or no") }
    case .webAddresses:
      for url in values where !WebAddressText.isURL(url) {
        throw ValidationError("'\(url)' is no URL of http or https")
      }
    case .directories:
      for url in values where !FindingPlace.isDirectoryURL(url) {
        throw ValidationError("'\(url)' is no URL of ldap or ldaps")
      }
    case .file:
      guard values.count == 1 else { throw ValidationError("\(rawValue) is one file") }
      guard Files.exists(values[0]) else { throw CommandFailure(.noInput, "\(values[0]): there is no such file") }
      return [try KeyFile.absolute(values[0])]
    case .word:
      guard values.count == 1, !values[0].isEmpty else { throw ValidationError("\(rawValue) has one value") }
    }
    return values
  }
}

/// The settings of the store.
struct Settings: Sendable {
  /// By name; names that this version does not know are a later one's, and are left alone.
  private let values: [String: [String]]

  /// Of a command that is given all its files, and does not ask the store.
  static let none = Settings([:])

  init(_ values: [String: [String]]) { self.values = values }

  subscript(setting: Setting) -> [String] { values[setting.rawValue] ?? [] }

  func isOn(_ setting: Setting) -> Bool { self[setting] == ["yes"] }
}
