import ArgumentParser
import Fetching
import PKIX

/// Whether the network is asked. Without `--online` nothing is started and nothing is sent.
struct NetworkOptions: ParsableArguments {
  @Flag(help: "Ask the network: for issuers, for OCSP and for revocation lists. Whoever runs those learns of it.")
  var online = false

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
    guard online || !(allowPrivate || ocspNonce || noOcsp) && ocspUrl.isEmpty else {
      throw ValidationError(
        "--allow-private, --ocsp-nonce, --ocsp-url and --no-ocsp say how to ask the network: add --online")
    }
    guard !(ocspNonce && noOcsp) else { throw ValidationError("--ocsp-nonce and --no-ocsp exclude each other") }
    guard !noOcsp || ocspUrl.isEmpty else { throw ValidationError("--ocsp-url and --no-ocsp exclude each other") }
    for url in ocspUrl where !WebAddressText.isURL(url) {
      throw ValidationError("'\(url)' is no URL of http or https")
    }
  }

  /// What asks the network; nil when it is not to be asked.
  func process() throws -> NetworkProcess? {
    guard online else { return nil }
    return NetworkProcess(try NetworkProcess.program(), rules)
  }

  /// What may be asked.
  var rules: FetchRules { FetchRules(allowPrivate ? .own : .public, cacheFolder: "\(Home.folder)/cache") }

  /// Where revocation is asked about, in this order: a list is fetched only if OCSP gave no answer.
  func revocationSources(_ network: NetworkProcess) -> [any RevocationSource] {
    let lists: [any RevocationSource] = [RevocationListSource(network)]
    let responders = ocspUrl.isEmpty ? nil : ocspUrl
    return noOcsp ? lists : [OCSPSource(network, nonce: ocspNonce ? .fresh : .none, responders: responders)] + lists
  }
}
