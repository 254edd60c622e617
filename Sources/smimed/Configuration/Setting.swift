/// What can be set: as a flag of that name, as a variable (`SMIMED_ADMIN_LISTEN`), or as a key of the configuration file.
enum Setting: String, CaseIterable {
  case dir
  case listen
  case adminListen = "admin-listen"
  case portFile = "port-file"
  case passwordFile = "password-file"
  case passwordEnv = "password-env"
  case tlsCertificate = "tls-certificate"
  case tlsKey = "tls-key"
  case logLevel = "log-level"
  case listDays = "crl-days"
  case listMaxAge = "crl-max-age"
  case ocspMaxAge = "ocsp-max-age"
  case ocspBytes = "max-ocsp-bytes"
  case requestBytes = "max-request-bytes"
  case headerBytes = "max-header-bytes"
  case idleTime = "idle-timeout"
  case bodyTime = "body-timeout"
  case answerTime = "answer-timeout"
  case shutdownTime = "shutdown-timeout"
  case connections = "max-connections"
  case connectionsPerAddress = "max-connections-per-address"
  case rate
  case requestRate = "request-rate"

  static let variablePrefix = "SMIMED_"

  /// The name of its variable.
  var variable: String {
    Self.variablePrefix + rawValue.uppercased().split(separator: "-").joined(separator: "_")
  }

  /// The numbers that it may be; nil for a text.
  var range: ClosedRange<Int>? {
    switch self {
    case .dir, .listen, .adminListen, .portFile, .passwordFile, .passwordEnv, .tlsCertificate, .tlsKey, .logLevel: nil
    case .listDays: 1...365
    case .listMaxAge, .ocspMaxAge: 0...864_000
    case .ocspBytes: 256...1_048_576
    case .requestBytes: 1_024...1_048_576
    case .headerBytes: 1_024...1_048_576
    case .idleTime, .bodyTime, .answerTime: 1...3_600
    case .shutdownTime: 1...300
    case .connections: 1...1_000_000
    case .connectionsPerAddress: 0...1_000_000
    case .rate, .requestRate: 0...1_000_000
    }
  }

  /// What a text must be, in words.
  var expectation: String {
    if let range { return "a whole number from \(range.lowerBound) to \(range.upperBound)" }
    return switch self {
    case .listen, .adminListen: "ADDRESS:PORT, with an IPv6 address in brackets"
    case .logLevel: "one of trace, debug, info, notice, warning, error, critical"
    default: "a text"
    }
  }
}
