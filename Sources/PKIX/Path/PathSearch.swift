import SMIMECrypto

/// Gives the paths from a leaf to the anchors one after another, the likeliest first. A signature is verified once for each
/// pair of certificate and issuer's key; a wrong one ends the path there.
struct PathSearch {
  private let validator: PathValidator
  private let anchorsByName: [DistinguishedName: [Certificate]]
  private let poolByName: [DistinguishedName: [Certificate]]
  private let anchorSet: Set<Certificate>
  private var signaturesLeft: Int
  private var stepsLeft: Int
  private var verified: [SignaturePair: Verification] = [:]
  /// The search stands on these: a certificate, the issuers not tried yet, and whether one of the others signed it.
  private var stack: [(certificate: Certificate, issuers: [Certificate], isSigned: Bool)] = []
  private var hasStarted = false
  /// Why the path ended where an issuer's name fitted and its signature did not: the first few times.
  private(set) var rejected: [PathProblem] = []
  /// The longest chain seen, for when there is no path.
  private(set) var longest: [Certificate] = []
  private(set) var isExhausted = false
  /// Certificates on the way that nobody at hand signed, in the order in which the search gave them up.
  private(set) var orphans: [Certificate] = []
  /// Every certificate that a path was sought from, the leaf first.
  private(set) var visited: [Certificate] = []

  private struct SignaturePair: Hashable {
    let certificate: Certificate
    let issuerKey: PublicKey
  }

  private enum Verification {
    case valid
    case invalid
    case impossible(PathProblem.Check, String)
  }

  init(_ validator: PathValidator, pool: [Certificate]) {
    self.validator = validator
    var seen: Set<Certificate> = []
    anchorSet = Set(validator.anchors.certificates)
    anchorsByName = Dictionary(grouping: validator.anchors.certificates, by: \.subject)
    let others = (pool + validator.intermediates).filter { seen.insert($0).inserted }
    poolByName = Dictionary(grouping: others.filter { [anchorSet] in !anchorSet.contains($0) }, by: \.subject)
    signaturesLeft = validator.budget.signatures
    stepsLeft = validator.budget.steps
  }

  /// The next path that ends in an anchor; nil when there are no more, or the budget is used up.
  mutating func next(from leaf: Certificate) -> [Certificate]? {
    if !hasStarted {
      hasStarted = true
      stack = [(leaf, candidates(for: leaf), false)]
      longest = [leaf]
      visited = [leaf]
      if anchorSet.contains(leaf) { return [leaf] }
    }
    while var top = stack.popLast() {
      guard !top.issuers.isEmpty else {
        if !top.isSigned && !top.certificate.isSelfIssued { orphans.append(top.certificate) }
        continue
      }
      let issuer = top.issuers.removeFirst()
      let child = top.certificate
      stack.append(top)
      guard stepsLeft > 0 else {
        isExhausted = true
        return nil
      }
      stepsLeft -= 1
      // RFC 4158 §5.2: a name and key that are on the path already make a loop.
      let loops = stack.contains {
        $0.certificate.subject == issuer.subject && $0.certificate.publicKey == issuer.publicKey
      }
      if loops { continue }
      switch verification(of: child, by: issuer.publicKey) {
      case nil:
        isExhausted = true
        return nil
      case .valid: stack[stack.count - 1].isSigned = true
      case .invalid:
        reject(.signature, "the signature of \(child.subject) is not by \(issuer.subject)")
        continue
      case .impossible(let check, let detail):
        reject(check, detail)
        continue
      }
      if anchorSet.contains(issuer) { return stack.map(\.certificate) + [issuer] }
      guard stack.count < validator.budget.length else { continue }
      stack.append((issuer, candidates(for: issuer), false))
      if !issuer.isSelfIssued { visited.append(issuer) }
      if stack.count > longest.count { longest = stack.map(\.certificate) }
    }
    return nil
  }

  private mutating func reject(_ check: PathProblem.Check, _ detail: String) {
    guard rejected.count < 8 else { return }
    rejected.append(PathProblem(check, detail, depth: stack.count - 1))
  }

  /// The certificates whose subject is `certificate`'s issuer: anchors first, and those whose key identifier fits before others.
  private func candidates(for certificate: Certificate) -> [Certificate] {
    let found = (anchorsByName[certificate.issuer] ?? []) + (poolByName[certificate.issuer] ?? [])
    guard found.count > 1, let wanted = (try? certificate.extensions.authorityKeyIdentifier) ?? nil else {
      return found
    }
    func fits(_ issuer: Certificate) -> Bool {
      issuer.extensions.subjectKeyIdentifierBytes?.elementsEqual(wanted) ?? false
    }
    return found.filter { fits($0) } + found.filter { !fits($0) }
  }

  /// nil when the budget for signatures is used up.
  private mutating func verification(of certificate: Certificate, by key: PublicKey) -> Verification? {
    let pair = SignaturePair(certificate: certificate, issuerKey: key)
    if let known = verified[pair] { return known }
    guard signaturesLeft > 0 else { return nil }
    signaturesLeft -= 1
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
}
