/// How much one CMS object may ask for. Everything is counted, nothing is timed; what goes beyond is a `LimitExceeded`.
///
/// Content is never counted here: it streams, and its sink decides how much it takes.
public struct CMSLimits: Hashable, Sendable {
  /// SignerInfos of one SignedData, their countersignatures and time stamps included.
  public var signers = 64
  /// Members of digestAlgorithms.
  public var digestAlgorithms = 64
  /// Attributes of one set, be they signed, authenticated or neither.
  public var attributes = 1_000
  /// Values of all attributes of one set together.
  public var attributeValues = 1_000
  /// RecipientInfos of one object, and recipientEncryptedKeys of all of its key agreements together.
  public var recipients = 10_000
  /// Private-key operations that one decryption may do.
  public var keyOperations = 64
  /// Certificates, and as many CRLs, of one object.
  public var certificates = 1_000
  /// Bytes of everything that is held in memory: all of an object but its content.
  public var headerElementBytes = 16 << 20
  /// Values inside values, the content's segments included.
  public var nesting = 32
  /// Segments of one content.
  public var segments = 1 << 26
  /// Bytes of content that a one-shot primitive may be given (Ed25519 without signed attributes).
  public var oneShotBytes = 32 << 20
  /// Octets that the content of one CompressedData may have.
  public var inflatedBytes = 16 << 30
  /// How many octets one compressed octet may become, once the content has more than a mebibyte. Text seldom reaches 20;
  /// nothing that deflate makes reaches 1033.
  public var inflationRatio = 200
  /// Rounds of all key derivations of one PKCS#12 file together, or of one decryption: there each password is tried on
  /// each recipient that asks for one, so that it limits recipients times passwords too.
  public var keyDerivationRounds = 10_000_000

  public init() {}

  /// What mail needs, with room to spare.
  public static let standard = CMSLimits()

  /// The same for objects inside mail, where nobody expects a gibibyte to come out of a few letters.
  public static let mail: CMSLimits = {
    var limits = CMSLimits()
    limits.inflatedBytes = 1 << 30
    return limits
  }()
}
