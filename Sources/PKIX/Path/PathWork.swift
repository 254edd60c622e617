import SMIMECrypto

/// How much work one validation may cost. Counts, never times.
public struct PathBudget: Hashable, Sendable {
  /// Signatures that are verified.
  public var signatures = 1_000
  /// Issuers that are considered.
  public var steps = 20_000
  /// Paths to anchors that are checked.
  public var paths = 250
  /// Certificates on a path.
  public var length = 20
  /// Authorities between the leaf and the anchor, those not counted that are self-issued (max_path_length of RFC 5280
  /// §6.1.2 k); nil for as many as ``length`` allows.
  public var authorities: Int?
  /// Names that are compared with name constraints.
  public var nameComparisons = 250_000
  /// Nodes and edges of policy graphs.
  public var policyNodes = 100_000
  /// Certificates whose issuers are looked for elsewhere.
  public var fetches = 4

  public init() {}
}

/// How much work one validation was, in the counts that ``PathBudget`` bounds.
public struct PathEffort: Hashable, Sendable {
  public fileprivate(set) var signatures = 0
  public fileprivate(set) var steps = 0
  public fileprivate(set) var paths = 0
  public fileprivate(set) var nameComparisons = 0
  public fileprivate(set) var policyNodes = 0
  public fileprivate(set) var fetches = 0
}

/// Something about a path that does not hold, before it is known at which certificate.
struct PathFault: Error {
  let check: PathProblem.Check
  let detail: String

  init(_ check: PathProblem.Check, _ detail: String) {
    self.check = check
    self.detail = detail
  }
}

/// What one validation has done so far: counted, and each signature verified once.
struct PathWork {
  private let budget: PathBudget
  private(set) var effort = PathEffort()
  private var verified: [SignaturePair: Verification] = [:]

  init(_ budget: PathBudget) { self.budget = budget }

  private struct SignaturePair: Hashable {
    let certificate: Certificate
    let issuerKey: PublicKey
  }

  enum Verification {
    case valid
    case invalid
    /// The issuer's key takes its parameters from the key above it, which is not known yet.
    case inherits
    case impossible(PathProblem.Check, String)
  }

  /// Whether `key` signed `certificate`; nil when the budget for signatures is used up.
  mutating func verification(of certificate: Certificate, by key: PublicKey) -> Verification? {
    if key.inheritsParameters { return .inherits }
    let pair = SignaturePair(certificate: certificate, issuerKey: key)
    if let known = verified[pair] { return known }
    guard effort.signatures < budget.signatures else { return nil }
    effort.signatures += 1
    let result: Verification
    do {
      result = try certificate.isSigned(by: key) ? .valid : .invalid
    } catch let error as Unsupported {
      result = .impossible(.unsupportedAlgorithm, "\(certificate.subject): \(error)")
    } catch {
      result = .impossible(.certificate, "\(certificate.subject): \(error)")
    }
    verified[pair] = result
    return result
  }

  /// False when there are no more.
  mutating func takeStep() -> Bool {
    guard effort.steps < budget.steps else { return false }
    effort.steps += 1
    return true
  }

  /// False when there are no more.
  mutating func takePath() -> Bool {
    guard effort.paths < budget.paths else { return false }
    effort.paths += 1
    return true
  }

  /// False when there are no more.
  mutating func takeFetch() -> Bool {
    guard effort.fetches < budget.fetches else { return false }
    effort.fetches += 1
    return true
  }

  mutating func take(nameComparisons count: Int) throws(PathFault) {
    guard count <= budget.nameComparisons - effort.nameComparisons else {
      throw PathFault(.budget, "there are more names than can be compared with the name constraints")
    }
    effort.nameComparisons += count
  }

  mutating func take(policyNodes count: Int) throws(PathFault) {
    guard count <= budget.policyNodes - effort.policyNodes else {
      throw PathFault(.budget, "there are more policies than can be followed")
    }
    effort.policyNodes += count
  }
}
