public import SMIMECrypto

/// What an authority is to be.
public struct AuthorityPlan: Sendable {
  /// The organisation's name, from which the two authorities are named.
  public var name: String
  /// The kind of both keys.
  public var key: PrivateKey.Kind
  public var settings: Settings

  public init(name: String, key: PrivateKey.Kind = .ec(.p384), settings: Settings = Settings()) {
    self.name = name
    self.key = key
    self.settings = settings
  }

  /// Where relying parties will look, as it is written into certificates.
  public struct Settings: Hashable, Sendable {
    /// Where `smimed` or a web server publishes, such as `http://pki.example.org`; nil when nobody does.
    public var baseURL: String?
    /// Where the list of the issuing authority is found, if not below the base URL.
    public var revocationListURL: String?
    /// Over how many lists the issued certificates are spread. It never changes.
    public let shardCount: Int

    /// How many lists there may be.
    public static let shardCounts = 1...1_024

    public init(baseURL: String? = nil, revocationListURL: String? = nil, shardCount: Int = 1) {
      var base = baseURL
      while base?.last == "/" { base?.removeLast() }
      self.baseURL = base
      self.revocationListURL = revocationListURL
      self.shardCount = shardCount
    }

    /// Where the list `kind` is found.
    public func url(of kind: ListKind) -> String? {
      if let revocationListURL, kind == .issuing { return revocationListURL }
      return baseURL.map { "\($0)/\(kind.path)" }
    }

    /// Where the certificate of an authority is found.
    public func certificateURL(of level: Authority.Level) -> String? {
      baseURL.map { "\($0)/ca/\(level.rawValue).cer" }
    }

    public var ocspURL: String? { baseURL.map { "\($0)/ocsp" } }
  }
}
