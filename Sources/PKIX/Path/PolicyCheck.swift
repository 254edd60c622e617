import SMIMECrypto
import SwiftASN1

/// The policies of one path: RFC 5280 §6.1.2 to §6.1.5 as far as they speak of policies, with the graph of RFC 9618.
struct PolicyCheck {
  private let request: PolicyRequest
  private var graph = PolicyGraph()
  private var explicitPolicy: Int
  private var policyMapping: Int
  private var inhibitAnyPolicy: Int

  /// Why the policies of a path are no good, and at which certificate.
  struct Objection: Error {
    let check: PathProblem.Check
    let detail: String
    let depth: Int
  }

  /// - Parameter count: the certificates on the path, the anchor not counted: n.
  private init(_ request: PolicyRequest, count: Int) {
    self.request = request
    explicitPolicy = request.demands.contains(.explicitPolicy) ? 0 : count + 1
    policyMapping = request.demands.contains(.noMapping) ? 0 : count + 1
    inhibitAnyPolicy = request.demands.contains(.noAnyPolicy) ? 0 : count + 1
  }

  /// What `path` is valid for.
  ///
  /// - Parameter path: the leaf first, the anchor last.
  static func outcome(
    of path: [Certificate], _ request: PolicyRequest, _ work: inout PathWork
  ) throws(Objection) -> PolicyOutcome {
    var check = PolicyCheck(request, count: path.count - 1)
    for (depth, certificate) in path.enumerated().reversed() {
      do {
        let place: Place = depth == path.count - 1 ? .anchor : depth == 0 ? .leaf : .between
        try check.process(certificate, place, &work)
      } catch let error as PathFault {
        throw Objection(check: error.check, detail: error.detail, depth: depth)
      } catch { throw Objection(check: .certificate, detail: "\(error)", depth: depth) }
    }
    let outcome = PolicyOutcome(authority: check.graph.authorityPolicies, for: request)
    guard check.explicitPolicy > 0 || !outcome.user.isEmpty else {
      throw Objection(check: .policies, detail: "it is valid for none of the policies asked for", depth: 0)
    }
    return outcome
  }

  private enum Place {
    case anchor, between, leaf
  }

  private mutating func process(_ certificate: Certificate, _ place: Place, _ work: inout PathWork) throws {
    let extensions = certificate.extensions
    // The rules of an anchor are its own constraints: it need not have policies, and counts for nothing where
    // certificates are counted.
    if place != .anchor || extensions[OID.certificatePolicies] != nil {
      try descend(certificate, place, &work)
      guard explicitPolicy > 0 || !graph.isNull else { throw PathFault(.policies, "it is valid for no policy") }
    }
    let constraints = try extensions.policyConstraints
    guard place != .leaf else {
      // §6.1.5 a, b
      if explicitPolicy > 0 { explicitPolicy -= 1 }
      if constraints?.requireExplicitPolicy == 0 { explicitPolicy = 0 }
      return
    }
    try map(try extensions.policyMappings, &work)
    if place == .between, !certificate.isSelfIssued {
      explicitPolicy = max(0, explicitPolicy - 1)
      policyMapping = max(0, policyMapping - 1)
      inhibitAnyPolicy = max(0, inhibitAnyPolicy - 1)
    }
    if let count = constraints?.requireExplicitPolicy { explicitPolicy = min(explicitPolicy, count) }
    if let count = constraints?.inhibitPolicyMapping { policyMapping = min(policyMapping, count) }
    if let count = try extensions.inhibitAnyPolicy { inhibitAnyPolicy = min(inhibitAnyPolicy, count) }
  }

  /// §6.1.3 d to f
  private mutating func descend(_ certificate: Certificate, _ place: Place, _ work: inout PathWork) throws {
    guard let policies = try certificate.extensions.policies else {
      graph.clear()
      return
    }
    guard Set(policies).count == policies.count else { throw PathFault(.policies, "it names a policy twice") }
    let isExempt = place != .leaf && certificate.isSelfIssued
    try work.take(
      policyNodes: graph.descend(policies, anyPolicy: inhibitAnyPolicy > 0 || isExempt ? .everything : .nothing))
  }

  /// §6.1.4 a, b
  private mutating func map(_ mappings: [PolicyMapping], _ work: inout PathWork) throws {
    guard !mappings.isEmpty else { return }
    for mapping in mappings
    where mapping.issuerDomainPolicy == OID.anyPolicy || mapping.subjectDomainPolicy == OID.anyPolicy {
      throw PathFault(.policies, "it maps anyPolicy")
    }
    try work.take(policyNodes: graph.map(mappings, policyMapping > 0 ? .allowed : .inhibited))
  }
}
