import ArgumentParser
import Configuration

struct NetworkOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Where to listen (127.0.0.1:8318); port 0 is a free one.", valueName: "address:port"))
  var listen: String?

  @Option(
    help: ArgumentHelp("Where /metrics, /health and /ready are, if not with the rest.", valueName: "address:port"))
  var adminListen: String?

  @Option(help: ArgumentHelp("A file for the address and port that it listens on.", valueName: "file"))
  var portFile: String?

  @Option(help: ArgumentHelp("Serve by TLS, with this certificate and its chain, PEM.", valueName: "file"))
  var tlsCertificate: String?

  @Option(help: ArgumentHelp("The key of that certificate, PEM.", valueName: "file"))
  var tlsKey: String?

  @Option(help: ArgumentHelp("What is logged: from 'trace' to 'critical' (info).", valueName: "level"))
  var logLevel: String?

  func collect(into flags: inout [Setting: ConfigContent]) {
    flags.set(.listen, listen)
    flags.set(.adminListen, adminListen)
    flags.set(.portFile, portFile)
    flags.set(.tlsCertificate, tlsCertificate)
    flags.set(.tlsKey, tlsKey)
    flags.set(.logLevel, logLevel)
  }
}

struct IssuingKeyOptions: ParsableArguments {
  @Option(help: ArgumentHelp("A file whose first line is the issuing key's passphrase.", valueName: "file"))
  var passwordFile: String?

  @Option(help: ArgumentHelp("A variable of the environment that holds it.", valueName: "variable"))
  var passwordEnv: String?

  func collect(into flags: inout [Setting: ConfigContent]) {
    flags.set(.passwordFile, passwordFile)
    flags.set(.passwordEnv, passwordEnv)
  }
}

struct PublicationOptions: ParsableArguments {
  @Option(help: ArgumentHelp("For how many days a revocation list holds (7).", valueName: "days"))
  var crlDays: Int?

  @Option(help: ArgumentHelp("How long caches may keep a list without asking (0).", valueName: "seconds"))
  var crlMaxAge: Int?

  @Option(help: ArgumentHelp("How long caches may keep an OCSP answer without asking (0).", valueName: "seconds"))
  var ocspMaxAge: Int?

  func collect(into flags: inout [Setting: ConfigContent]) {
    flags.set(.listDays, crlDays)
    flags.set(.listMaxAge, crlMaxAge)
    flags.set(.ocspMaxAge, ocspMaxAge)
  }
}

struct LimitOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The largest OCSP request (8192).", valueName: "bytes"))
  var maxOcspBytes: Int?

  @Option(help: ArgumentHelp("The largest certificate request (65536).", valueName: "bytes"))
  var maxRequestBytes: Int?

  @Option(help: ArgumentHelp("The most that all header fields may take (16384).", valueName: "bytes"))
  var maxHeaderBytes: Int?

  @Option(help: ArgumentHelp("Within which the next request's head must be there (30).", valueName: "seconds"))
  var idleTimeout: Int?

  @Option(help: ArgumentHelp("Within which its body must follow (10).", valueName: "seconds"))
  var bodyTimeout: Int?

  @Option(help: ArgumentHelp("Within which the answer must be taken (60).", valueName: "seconds"))
  var answerTimeout: Int?

  @Option(help: ArgumentHelp("Within which requests under way end at a stop (10).", valueName: "seconds"))
  var shutdownTimeout: Int?

  @Option(help: ArgumentHelp("The most connections at a time (800).", valueName: "count"))
  var maxConnections: Int?

  @Option(help: ArgumentHelp("The most from one address (200); 0 is any number.", valueName: "count"))
  var maxConnectionsPerAddress: Int?

  @Option(help: ArgumentHelp("Requests a second from one address (500); 0 is any number.", valueName: "count"))
  var rate: Int?

  @Option(
    help: ArgumentHelp("Requests to /requests a minute from one address (30); 0 is any number.", valueName: "count"))
  var requestRate: Int?

  func collect(into flags: inout [Setting: ConfigContent]) {
    flags.set(.ocspBytes, maxOcspBytes)
    flags.set(.requestBytes, maxRequestBytes)
    flags.set(.headerBytes, maxHeaderBytes)
    flags.set(.idleTime, idleTimeout)
    flags.set(.bodyTime, bodyTimeout)
    flags.set(.answerTime, answerTimeout)
    flags.set(.shutdownTime, shutdownTimeout)
    flags.set(.connections, maxConnections)
    flags.set(.connectionsPerAddress, maxConnectionsPerAddress)
    flags.set(.rate, rate)
    flags.set(.requestRate, requestRate)
  }
}

extension [Setting: ConfigContent] {
  mutating func set(_ setting: Setting, _ text: String?) {
    if let text { self[setting] = .string(text) }
  }

  mutating func set(_ setting: Setting, _ number: Int?) {
    if let number { self[setting] = .int(number) }
  }
}
