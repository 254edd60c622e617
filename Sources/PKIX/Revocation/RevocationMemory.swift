import SMIMECrypto

/// What was found out in one validation, so that a second path asks nobody twice and forgets nothing.
struct RevocationMemory {
  private struct Question: Hashable {
    let certificate: Certificate
    let issuerKey: PublicKey
    /// Signers of lists count by their way to it.
    let anchor: Certificate?
  }

  private struct Signer: Hashable {
    let certificate: Certificate
    let anchor: Certificate
  }

  /// The certificates at hand, among which are those that sign lists and nothing else.
  var pool: [Certificate] { didSet { strangers = Set(pool) } }
  /// The same: what anybody may have sent.
  private var strangers: Set<Certificate>
  /// Those whose own revocation is being asked about, because they signed what is said of others.
  var pending: Set<Certificate> = []
  /// How many signers of lists and answers may still be sought a path for: of those that are at hand, and of those that came
  /// with a message. Whoever sends many uses up his own alone.
  private var signersLeft = 64
  private var strangersLeft = 64
  /// Certificates that were fetched for what was fetched.
  private(set) var fetched: [Certificate] = []
  /// How many signatures of lists, and of certificates of their signers, may still be verified; and those of what came with
  /// a message, whose sender must not be able to use up what the network's answers need.
  private var signatures = (own: 700, message: 300)
  /// Whether what came with a message is being looked at.
  var isHearingMessage = false
  private var signaturesLeft: Int {
    get { isHearingMessage ? signatures.message : signatures.own }
    set { if isHearingMessage { signatures.message = newValue } else { signatures.own = newValue } }
  }
  private var answers: [Question: (report: RevocationReport, issuer: Certificate)] = [:]
  private var signers: [Signer: SignerTrust] = [:]

  init(_ pool: [Certificate] = []) {
    self.pool = pool
    strangers = Set(pool)
  }

  /// Certificates that came with evidence count as what anybody may have sent.
  mutating func add(_ certificates: [Certificate]) {
    let new = certificates.filter { !strangers.contains($0) }
    if !new.isEmpty {
      pool += new
      fetched += new
    }
  }

  /// What is known. Another certificate of the same issuer may make lists count that did not before; what it revoked stays so.
  func report(on certificate: Certificate, issuedBy issuer: Certificate, under anchor: Certificate?)
    -> RevocationReport?
  {
    guard let known = answers[Question(certificate: certificate, issuerKey: issuer.publicKey, anchor: anchor)] else {
      return nil
    }
    if case .revoked = known.report.status { return known.report }
    return known.issuer == issuer ? known.report : nil
  }

  /// What stands on an assumption about a signer is not kept.
  mutating func keep(_ report: RevocationReport, issuedBy issuer: Certificate, under anchor: Certificate?) {
    guard pending.isEmpty else { return }
    answers[Question(certificate: report.certificate, issuerKey: issuer.publicKey, anchor: anchor)] = (report, issuer)
  }

  func trust(in signer: Certificate, under anchor: Certificate) -> SignerTrust? {
    signers[Signer(certificate: signer, anchor: anchor)]
  }

  mutating func keep(_ trust: SignerTrust, in signer: Certificate, under anchor: Certificate) {
    guard pending.isEmpty else { return }
    signers[Signer(certificate: signer, anchor: anchor)] = trust
  }

  // MARK: Work

  /// False when as many signers were looked at as one validation may cost.
  mutating func mayCheck(_ signer: Certificate) -> Bool {
    if strangers.contains(signer) {
      guard strangersLeft > 0 else { return false }
      strangersLeft -= 1
    } else {
      guard signersLeft > 0 else { return false }
      signersLeft -= 1
    }
    return true
  }

  /// False when as many signatures were verified as one validation may cost.
  mutating func mayVerify() -> Bool {
    guard signaturesLeft > 0 else { return false }
    signaturesLeft -= 1
    return true
  }

  /// What is left of `budget` for a signer's path.
  func budget(of budget: PathBudget) -> PathBudget {
    var rest = budget
    rest.signatures = min(budget.signatures, signaturesLeft)
    return rest
  }

  mutating func spend(_ effort: PathEffort) { signaturesLeft = max(0, signaturesLeft - effort.signatures) }
}

/// How far the signer of a list is to be believed.
enum SignerTrust {
  case trusted
  /// It has a path, and nobody says whether it was revoked: it may warn, and not reassure.
  case unsure(String)
  case refused(String)
}
