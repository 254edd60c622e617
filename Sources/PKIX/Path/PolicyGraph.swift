import SMIMECrypto
import SwiftASN1

/// RFC 9618 §5.1: the valid_policy_graph. Each depth has at most one node for a policy, so that the graph grows with the
/// extensions that it is made of, and not by multiplication as the tree of RFC 5280 did.
///
/// Nodes without children are not deleted on the way: whether the graph is NULL, and what comes next, is seen in the
/// deepest level alone. What leads nowhere is left out at the end.
struct PolicyGraph {
  private struct Node {
    /// expected_policy_set
    var expected: [ASN1ObjectIdentifier]
    /// The policies of the nodes above that expect this one.
    let parents: [ASN1ObjectIdentifier]
  }

  /// By depth, the anchor's end first.
  private var levels: [[ASN1ObjectIdentifier: Node]] = [
    [OID.anyPolicy: Node(expected: [OID.anyPolicy], parents: [])]
  ]

  /// True when no policy is valid any more, and none can become so.
  var isNull: Bool { levels.last?.isEmpty ?? true }

  /// What anyPolicy in a certificate stands for (RFC 5280 §6.1.3 d 2).
  enum AnyPolicy {
    case everything, nothing
  }

  /// §5.2, step d: goes one certificate down.
  ///
  /// - Returns: how many nodes and edges that took.
  mutating func descend(_ policies: [ASN1ObjectIdentifier], anyPolicy: AnyPolicy) -> Int {
    guard let above = levels.last, !above.isEmpty else { return 0 }
    var cost = policies.count
    var expecting: [ASN1ObjectIdentifier: [ASN1ObjectIdentifier]] = [:]
    for (policy, node) in above {
      cost += node.expected.count
      for expected in node.expected { expecting[expected, default: []].append(policy) }
    }
    var level: [ASN1ObjectIdentifier: Node] = [:]
    for policy in policies where policy != OID.anyPolicy {
      if let parents = expecting[policy] {
        level[policy] = Node(expected: [policy], parents: parents)
      } else if above[OID.anyPolicy] != nil {
        level[policy] = Node(expected: [policy], parents: [OID.anyPolicy])
      }
    }
    if anyPolicy == .everything, policies.contains(OID.anyPolicy) {
      for (policy, parents) in expecting where level[policy] == nil {
        level[policy] = Node(expected: [policy], parents: parents)
      }
    }
    levels.append(level)
    return cost
  }

  /// §5.2, step e: a certificate without the extension.
  mutating func clear() { levels.append([:]) }

  /// Whether policies may count as others (RFC 5280 §6.1.4 b).
  enum Mapping {
    case allowed, inhibited
  }

  /// §5.3, step b: what is expected of the next certificate in place of the policies that are mapped.
  ///
  /// - Returns: how many nodes and edges that took.
  mutating func map(_ mappings: [PolicyMapping], _ rule: Mapping) -> Int {
    guard var level = levels.popLast() else { return 0 }
    var targets: [ASN1ObjectIdentifier: Set<ASN1ObjectIdentifier>] = [:]
    for mapping in mappings { targets[mapping.issuerDomainPolicy, default: []].insert(mapping.subjectDomainPolicy) }
    for (policy, expected) in targets {
      switch rule {
      case .inhibited: level[policy] = nil
      case .allowed:
        if level[policy] != nil {
          level[policy]?.expected = Array(expected)
        } else if level[OID.anyPolicy] != nil {
          level[policy] = Node(expected: Array(expected), parents: [OID.anyPolicy])
        }
      }
    }
    levels.append(level)
    return mappings.count
  }

  /// §5.4, steps 1 to 4: the authority_constrained_policy_set, in the policies of the anchor's own domain.
  var authorityPolicies: Set<ASN1ObjectIdentifier> {
    guard let last = levels.last else { return [] }
    var result: Set<ASN1ObjectIdentifier> = last[OID.anyPolicy] == nil ? [] : [OID.anyPolicy]
    var alive = Set(last.keys)
    for level in levels.dropFirst().reversed() {
      var above: Set<ASN1ObjectIdentifier> = []
      for policy in alive {
        guard let node = level[policy] else { continue }
        above.formUnion(node.parents)
        if policy != OID.anyPolicy, node.parents == [OID.anyPolicy] { result.insert(policy) }
      }
      alive = above
    }
    return result
  }
}
