import ByteIO

/// How an ``AuthorityServer`` is reached, what it publishes for how long, and how much it takes from anybody.
public struct Settings: Sendable {
  /// Where requests are taken.
  public var listen: Endpoint
  /// Where `/metrics`, `/health` and `/ready` are asked for; nil when that is where everything is.
  public var adminListen: Endpoint?
  /// TLS for ``listen``; nil for plain HTTP, which is what OCSP and lists are served by.
  public var tls: TLSFiles?
  public var publication = Publication()
  public var limits = Limits()

  public init(listen: Endpoint) { self.listen = listen }

  /// The PEM files of a certificate with its chain, and of its key.
  public struct TLSFiles: Hashable, Sendable {
    public let certificate: String
    public let key: String

    public init(certificate: String, key: String) {
      self.certificate = certificate
      self.key = key
    }
  }

  /// What is told to caches. A revocation is seen at once where no age is given.
  public struct Publication: Hashable, Sendable {
    /// For how many days a revocation list holds.
    public var listDays = 7
    /// For how many seconds a cache may give away an OCSP answer without asking.
    public var ocspMaxAge = 0
    /// For how many seconds a cache may give away a list without asking.
    public var listMaxAge = 0

    public init() {}
  }

  /// Times are in seconds; a rate of 0 is no limit.
  public struct Limits: Hashable, Sendable {
    public var ocspBytes = 8_192
    public var requestBytes = 65_536
    public var headerBytes = 16_384
    /// Within which the head of the next request must be complete.
    public var idleTime = 30
    /// Within which the body must follow its head.
    public var bodyTime = 10
    /// Within which an answer must have been taken.
    public var answerTime = 60
    /// Within which requests under way end when the service stops.
    public var shutdownTime = 10
    public var connections = 800
    public var connectionsPerAddress = 200
    /// Requests in a second from one address, on average.
    public var rate = 500
    /// Requests about certificates to be issued in a minute from one address, on average.
    public var requestRate = 30

    public init() {}
  }
}

/// An address and a port to listen on.
public struct Endpoint: Hashable, Sendable, CustomStringConvertible {
  public let host: String
  /// 0 for any that is free.
  public let port: Int

  public init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  /// `HOST:PORT`, with an IPv6 address in brackets; nil for anything else.
  public init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
      (0...65_535).contains(port)
    else { return nil }
    var host = text[..<colon]
    if host.first == "[", host.last == "]" {
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      return nil
    }
    guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") }) else { return nil }
    self.init(host: String(host), port: port)
  }

  public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
