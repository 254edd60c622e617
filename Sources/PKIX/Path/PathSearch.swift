import SMIMECrypto

/// Gives the paths from a leaf to the anchors one after another, short ones first, and the likeliest of those. Only
/// certificates are looked at whose names lead to an anchor; a signature is verified once for each pair of certificate and
/// issuer's key, and a wrong one ends the path there.
struct PathSearch {
  private let pool: CertificatePool
  private let leaf: Certificate
  private let lengthLimit: Int
  /// Paths of this length are sought; shorter ones were given already.
  private var length = 1
  /// True when something was left out for being too long.
  private var wasCut = true
  /// The search stands on these: a certificate, and the issuers not tried yet, the next one last.
  private var stack: [(certificate: Certificate, issuers: [Certificate])] = []
  private var ordered: [Certificate: [Certificate]] = [:]
  /// True when the search was given up because of its budget.
  private(set) var isExhausted = false

  init(from leaf: Certificate, in pool: CertificatePool, lengthLimit: Int) {
    self.leaf = leaf
    self.pool = pool
    self.lengthLimit = lengthLimit
  }

  /// The next path that ends in an anchor; nil when there are no more, or the budget is used up.
  mutating func next(_ work: inout PathWork) -> [Certificate]? {
    while !isExhausted {
      guard let child = stack.last?.certificate else {
        if length == 1, wasCut, pool.isAnchor(leaf) {
          lengthen()
          return [leaf]
        }
        guard wasCut, length < lengthLimit else { return nil }
        lengthen()
        continue
      }
      guard let issuer = stack[stack.count - 1].issuers.popLast() else {
        stack.removeLast()
        continue
      }
      guard work.takeStep() else { return giveUp() }
      if let path = path(of: child, by: issuer, &work) { return path }
    }
    return nil
  }

  private mutating func lengthen() {
    length += 1
    wasCut = false
    push(leaf)
  }

  private mutating func push(_ certificate: Certificate) {
    let issuers: [Certificate]
    if let known = ordered[certificate] {
      issuers = known
    } else {
      issuers = pool.issuers(of: certificate, .toAnchors).reversed()
      ordered[certificate] = issuers
    }
    stack.append((certificate, issuers))
  }

  /// The path that `issuer` completes. Else the search goes on from it, if that can lead to one.
  private mutating func path(
    of child: Certificate, by issuer: Certificate, _ work: inout PathWork
  ) -> [Certificate]? {
    let isAnchor = pool.isAnchor(issuer)
    if isAnchor {
      // On its way to longer paths the search passes those that it has given.
      guard stack.count + 1 == length else { return nil }
    } else {
      guard let distance = pool.distance(of: issuer), stack.count + 2 + distance <= length else {
        wasCut = true
        return nil
      }
    }
    // RFC 4158 §5.2: a name and key that are on the path already make a loop.
    let loops = stack.contains {
      $0.certificate.publicKey == issuer.publicKey && $0.certificate.subject == issuer.subject
    }
    if loops { return nil }
    switch work.verification(of: child, by: issuer.publicKey) {
    case nil: return giveUp()
    case .invalid, .impossible: return nil
    case .valid, .inherits: break
    }
    if isAnchor { return complete(stack.map(\.certificate) + [issuer], &work) }
    push(issuer)
    return nil
  }

  private mutating func giveUp() -> [Certificate]? {
    isExhausted = true
    return nil
  }

  /// The path with every key's parameters, and the signatures verified that wanted for them; nil when one is wrong.
  private mutating func complete(_ path: [Certificate], _ work: inout PathWork) -> [Certificate]? {
    guard path.contains(where: \.publicKey.inheritsParameters) else { return path }
    var path = path
    for depth in path.indices.dropLast().reversed() {
      path[depth] = path[depth].inheriting(from: path[depth + 1])
      switch work.verification(of: path[depth], by: path[depth + 1].publicKey) {
      case .valid: continue
      case nil: return giveUp()
      case .invalid, .impossible, .inherits: return nil
      }
    }
    return path
  }
}

/// What can be said of the certificates at hand when no path leads to an anchor: each is looked at once.
struct PathSurvey {
  /// The longest chain of signatures that hold, the leaf first.
  private(set) var longest: [Certificate]
  /// Why a chain ended where an issuer's name fitted and its signature did not: the first few times.
  private(set) var rejected: [PathProblem] = []
  /// Certificates on the way that nobody at hand signed, the leaf's end first.
  private(set) var orphans: [Certificate] = []
  /// Every certificate that was reached and is not its own issuer.
  private(set) var visited: [Certificate]

  init(from leaf: Certificate, in pool: CertificatePool, _ work: inout PathWork) {
    longest = [leaf]
    visited = [leaf]
    var seen: Set<Certificate> = [leaf]
    /// What was reached, from which of those before it, and after how many steps.
    var reached: [(certificate: Certificate, from: Int, depth: Int)] = [(leaf, 0, 0)]
    var deepest = 0
    var at = 0
    defer { longest = Self.chain(to: deepest, reached) }
    while at < reached.count {
      let (child, _, depth) = reached[at]
      var isSigned = false
      for issuer in pool.issuers(of: child, .everything) where issuer != child {
        guard work.takeStep(), let result = work.verification(of: child, by: issuer.publicKey) else { return }
        switch result {
        case .valid, .inherits:
          isSigned = true
          guard seen.insert(issuer).inserted else { continue }
          if !issuer.isSelfIssued { visited.append(issuer) }
          reached.append((issuer, at, depth + 1))
          if depth + 1 > reached[deepest].depth { deepest = reached.count - 1 }
        case .invalid: reject(.signature, "the signature of \(child.subject) is not by \(issuer.subject)", depth)
        case .impossible(let check, let detail): reject(check, detail, depth)
        }
      }
      if !isSigned && !child.isSelfIssued { orphans.append(child) }
      at += 1
    }
  }

  private static func chain(to end: Int, _ reached: [(certificate: Certificate, from: Int, depth: Int)])
    -> [Certificate]
  {
    var chain: [Certificate] = []
    var at = end
    for _ in 0...reached[end].depth {
      chain.append(reached[at].certificate)
      at = reached[at].from
    }
    return chain.reversed()
  }

  private mutating func reject(_ check: PathProblem.Check, _ detail: String, _ depth: Int) {
    guard rejected.count < 8 else { return }
    rejected.append(PathProblem(check, detail, depth: depth))
  }
}
