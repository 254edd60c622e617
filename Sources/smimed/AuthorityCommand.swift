import ArgumentParser
import AuthorityService
import ByteIO
import CertificateAuthority
import Configuration
import Glibc
import Logging
import PKIX
import SMIMECrypto
import ServiceLifecycle
import UnixSignals

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

struct AuthorityCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ca",
    abstract: "Publish an authority: OCSP, revocation lists, certificates, and a queue of requests.",
    discussion: """
      The authority's folder is made by 'smime ca init', and 'smime ca' may work on it meanwhile: what it does counts \
      with the next request. Of the keys only the issuing one is opened.

      Every option can be set by a variable as well, such as SMIMED_ADMIN_LISTEN, or by a key of the configuration \
      file, such as "admin-listen". Flags come first, then variables, then the file. The passphrase may also be the \
      systemd credential 'passphrase'.

      EXAMPLES:
        smimed ca --dir /var/lib/smimed/ca --password-file /run/secrets/ca
        smimed ca --config /etc/smimed.json --check
      """)

  @Option(help: ArgumentHelp("A JSON file with settings.", valueName: "file"))
  var config: String?

  @Flag(help: "Check the configuration, the folder and the key, and end.")
  var check = false

  @Option(help: ArgumentHelp("The authority's folder.", valueName: "folder"))
  var dir: String?

  @OptionGroup(title: "Network") var network: NetworkOptions
  @OptionGroup(title: "Key") var key: IssuingKeyOptions
  @OptionGroup(title: "Publication") var publication: PublicationOptions
  @OptionGroup(title: "Limits") var limits: LimitOptions

  func run() async throws {
    let environment = ProcessInfo.processInfo.environment
    var flags: [Setting: ConfigContent] = [:]
    flags.set(.dir, dir)
    network.collect(into: &flags)
    key.collect(into: &flags)
    publication.collect(into: &flags)
    limits.collect(into: &flags)
    let sources = try await Sources(
      flags: flags, environment: environment, file: config ?? environment["SMIMED_CONFIG"])
    let configuration = try AuthorityConfiguration(sources, environment: environment)
    let logger = Self.logger(configuration.logLevel)
    let authority = try Authority(folder: configuration.folder)
    if let words = authority.healed { logger.warning("the journal was healed", metadata: ["what": "\(words)"]) }
    let issuer: Identity
    do {
      issuer = try authority.identity(.issuing, password: try configuration.passphrase.read())
    } catch is WrongPassword {
      throw Stop(
        .noKey, "the passphrase does not open the issuing key in \(configuration.folder)",
        hint: "give it with --password-file FILE")
    }
    let server = try Self.server(authority, issuer, configuration, logger)
    if check {
      Self.say("the configuration is good: \(authority.name) on \(configuration.settings.listen)")
      return
    }
    defer { if let path = configuration.portFile { unsafe unlink(path) } }
    var group = ServiceGroupConfiguration(
      services: [server], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    // The server keeps its own time; this is for what even that does not end.
    group.maximumGracefulShutdownDuration = .seconds(configuration.settings.limits.shutdownTime + 5)
    try await ServiceGroup(configuration: group).run()
    logger.info("stopped")
  }

  private static func server(
    _ authority: Authority, _ issuer: Identity, _ configuration: AuthorityConfiguration, _ logger: Logger
  ) throws -> AuthorityServer {
    do {
      return try AuthorityServer(
        authority: authority, issuer: issuer, settings: configuration.settings, logger: logger
      ) { listening in
        guard let path = configuration.portFile else { return }
        let file = try AtomicFile(path: path, overwrite: .replace)
        try file.write(Array("\(listening.address)\n".utf8).span)
        try file.commit()
      }
    } catch { throw Stop(.noInput, "tls-certificate and tls-key: \(error)") }
  }

  private static func logger(_ level: Logger.Level) -> Logger {
    LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
    var logger = Logger(label: "smimed")
    logger.logLevel = level
    return logger
  }

  private static func say(_ text: String) {
    try? DescriptorSink(STDOUT_FILENO, named: "standard output").write(Array((text + "\n").utf8).span)
  }
}
