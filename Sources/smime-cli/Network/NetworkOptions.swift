import ArgumentParser
import Fetching
import PKIX

/// Whether the network is asked. Without `--online`, or the store's setting, nothing is started and nothing is sent.
struct NetworkOptions: ParsableArguments {
  @Flag(help: "Ask the network: for issuers, for OCSP and for revocation lists. Whoever runs those learns of it.")
  var online = false

  @Flag(help: "Ask nobody, whatever 'smime config' has set.")
  var offline = false

  @Flag(help: "With --online: ask hosts on this machine and on private networks too.")
  var allowPrivate = false

  @Flag(help: "With --online: ask OCSP with a nonce, so that no answer comes from a cache.")
  var ocspNonce = false

  @Flag(help: "With --online: do not ask OCSP, only for revocation lists.")
  var noOcsp = false

  @Option(
    help: ArgumentHelp(
      "With --online: ask this OCSP responder instead of those that certificates name. May be repeated.",
      valueName: "url"))
  var ocspUrl: [String] = []

  func validate() throws {
    guard !(online && offline) else { throw ValidationError("--online and --offline exclude each other") }
    guard !(ocspNonce && noOcsp) else { throw ValidationError("--ocsp-nonce and --no-ocsp exclude each other") }
    guard !noOcsp || ocspUrl.isEmpty else { throw ValidationError("--ocsp-url and --no-ocsp exclude each other") }
    for url in ocspUrl where !WebAddressText.isURL(url) {
      throw ValidationError("'\(url)' is no URL of http or https")
    }
  }

  /// True when an option says how to ask.
  var saysHow: Bool { allowPrivate || ocspNonce || noOcsp || !ocspUrl.isEmpty }

  /// How the network is asked: by these options, and by `settings` where they say nothing; nil when it is not to be asked.
  func asked(_ settings: Settings) throws -> NetworkUse? {
    guard online || !offline && settings.isOn(.online) else {
      guard !saysHow else {
        throw ValidationError(
          "--allow-private, --ocsp-nonce, --ocsp-url and --no-ocsp say how to ask the network: add --online")
      }
      return nil
    }
    // A responder or a nonce that is typed asks OCSP; who typed that none is asked means no other responder either.
    let asksOCSP = !noOcsp && (ocspNonce || !ocspUrl.isEmpty || !settings.isOn(.noOCSP))
    let responders = ocspUrl.isEmpty ? settings[.ocspURL] : ocspUrl
    let addresses: FetchRules.Addresses = allowPrivate || settings.isOn(.allowPrivate) ? .own : .public
    var rules = FetchRules(addresses, cacheFolder: Home.cache)
    rules.hostAnchors = settings[.hostAnchor].first
    return NetworkUse(
      rules: rules,
      ocsp: asksOCSP
        ? .init(nonce: ocspNonce ? .fresh : .none, responders: responders.isEmpty ? nil : responders) : nil,
      stores: (issuers: settings[.certstore], lists: settings[.crlStore]))
  }
}

extension NetworkOptions {
  /// What was answered earlier, where the network is not asked: by whom `settings` would have it asked.
  func revocations(in answers: KeptAnswers, _ settings: Settings) -> KeptRevocation {
    let responders = settings[.ocspURL]
    return KeptRevocation(
      answers, ocsp: !settings.isOn(.noOCSP), responders: responders.isEmpty ? nil : responders)
  }
}

/// How the network is asked.
struct NetworkUse {
  /// What may be asked.
  var rules: FetchRules
  /// nil when OCSP is not asked.
  let ocsp: Responders?
  /// Certificate stores (RFC 4387) for issuers, and for revocation lists.
  let stores: (issuers: [String], lists: [String])

  struct Responders {
    let nonce: OCSPSource.Nonce
    /// nil for those that certificates name.
    let responders: [String]?
  }

  func process() throws -> NetworkAsked { NetworkAsked(NetworkProcess(try NetworkProcess.program(), rules), self) }
}

/// The network as a command asks it.
struct NetworkAsked {
  let process: NetworkProcess
  private let use: NetworkUse

  fileprivate init(_ process: NetworkProcess, _ use: NetworkUse) {
    self.process = process
    self.use = use
  }

  /// Where revocation is asked about, in this order: a list is fetched only if OCSP gave no answer, and one of a store only
  /// if those that certificates name say nothing.
  var revocationSources: [any RevocationSource] {
    var sources: [any RevocationSource] = []
    if let ocsp = use.ocsp { sources.append(OCSPSource(process, nonce: ocsp.nonce, responders: ocsp.responders)) }
    sources.append(RevocationListSource(process))
    if !use.stores.lists.isEmpty { sources.append(RevocationStoreSource(process, stores: use.stores.lists)) }
    return sources
  }

  /// What was answered earlier, as far as it would be asked for now: only what revokes, since all else is asked anew.
  func revocations(in answers: KeptAnswers) -> KeptRevocation {
    KeptRevocation(
      answers, ocsp: use.ocsp != nil, responders: use.ocsp?.responders, onlyRevocations: true)
  }

  var issuers: any CertificateSource { IssuerSource(process, stores: use.stores.issuers) }
}
