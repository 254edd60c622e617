import AuthorityService
import Logging

/// What `smimed ca` is told.
struct AuthorityConfiguration {
  let folder: String
  let settings: Settings
  let portFile: String?
  let passphrase: PassphraseSource
  let logLevel: Logger.Level

  private static let defaultEndpoint = Endpoint(host: "127.0.0.1", port: 8_318)

  init(_ sources: Sources, environment: [String: String]) throws {
    guard let folder = try sources.text(.dir), !folder.isEmpty else {
      throw Stop(.usage, "the authority's folder is not named", hint: "give it with --dir DIR")
    }
    self.folder = folder
    portFile = try sources.text(.portFile)
    logLevel = try sources.value(.logLevel) { Logger.Level(rawValue: $0) } ?? .info
    passphrase = PassphraseSource(
      file: try sources.text(.passwordFile), variable: try sources.text(.passwordEnv),
      credentialsFolder: environment["CREDENTIALS_DIRECTORY"])
    var settings = Settings(listen: try sources.value(.listen) { Endpoint($0) } ?? Self.defaultEndpoint)
    settings.adminListen = try sources.value(.adminListen) { Endpoint($0) }
    switch (try sources.text(.tlsCertificate), try sources.text(.tlsKey)) {
    case (let certificate?, let key?): settings.tls = Settings.TLSFiles(certificate: certificate, key: key)
    case (nil, nil): break
    default: throw Stop(.usage, "TLS needs both tls-certificate and tls-key")
    }
    try sources.number(.listDays, into: &settings.publication.listDays)
    try sources.number(.listMaxAge, into: &settings.publication.listMaxAge)
    try sources.number(.ocspMaxAge, into: &settings.publication.ocspMaxAge)
    try sources.number(.ocspBytes, into: &settings.limits.ocspBytes)
    try sources.number(.requestBytes, into: &settings.limits.requestBytes)
    try sources.number(.headerBytes, into: &settings.limits.headerBytes)
    try sources.number(.idleTime, into: &settings.limits.idleTime)
    try sources.number(.bodyTime, into: &settings.limits.bodyTime)
    try sources.number(.answerTime, into: &settings.limits.answerTime)
    try sources.number(.shutdownTime, into: &settings.limits.shutdownTime)
    try sources.number(.connections, into: &settings.limits.connections)
    try sources.number(.connectionsPerAddress, into: &settings.limits.connectionsPerAddress)
    try sources.number(.rate, into: &settings.limits.rate)
    try sources.number(.requestRate, into: &settings.limits.requestRate)
    self.settings = settings
  }
}
