/// What may be asked, and how much of it. Counts and sizes are values, so that a test sets small ones.
public struct FetchRules: Hashable, Sendable, Codable {
  /// Which hosts may be asked.
  public enum Addresses: String, Hashable, Sendable, Codable {
    /// Those of the public Internet.
    case `public`
    /// Those of one's own network too: loopback, private and shared addresses. Never link-local ones, where clouds keep
    /// their machines' secrets.
    case own
  }

  public var addresses: Addresses
  /// Where answers are kept; nil keeps none.
  public var cacheFolder: String?
  /// The most bytes of one answer, by what it is.
  public var responseBytes = 1 << 20
  public var certificateBytes = 1 << 20
  public var listBytes = 64 << 20
  /// How long one fetch may take, redirects and all.
  public var milliseconds = 15_000
  public var redirects = 5
  /// Fetches by one process that go to the network.
  public var fetches = 64
  /// How long all fetches of one process may take together.
  public var allMilliseconds = 60_000
  /// How many entries a directory may answer with.
  public var directoryEntries = 32
  /// A file with the certificates (PEM) that hosts' certificates are held against; nil is the system's.
  public var hostAnchors: String?
  /// The name server that is asked for SMIMEA records, such as `192.0.2.53` or `127.0.0.1@5353`; nil is the system's. What
  /// it says of DNSSEC is not believed.
  public var nameServer: String?
  /// A file with the DNSSEC trust anchors: DS or DNSKEY records as in zone files; nil is the system's of the root.
  public var nameAnchors: String?
  /// What the cache holds at most.
  public var cacheEntries = 1_024
  public var cacheBytes = 256 << 20

  public init(_ addresses: Addresses = .public, cacheFolder: String? = nil) {
    self.addresses = addresses
    self.cacheFolder = cacheFolder
  }

  /// The most bytes of an answer to a request of that kind.
  public func byteLimit(_ kind: FetchRequest.Kind) -> Int {
    switch kind {
    case .issuers, .certificates, .associations: certificateBytes
    case .revocationList: listBytes
    case .ocsp, .timestamp: responseBytes
    }
  }
}
