import SMIMECrypto
public import SwiftASN1

/// What a path must be good for in terms of certificate policies: the inputs of RFC 5280 §6.1.1 c and e to g.
public struct PolicyRequest: Hashable, Sendable {
  /// What is demanded of every path, whatever its certificates say.
  public struct Demands: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// initial-explicit-policy: the path must be valid for at least one of the policies.
    public static let explicitPolicy = Demands(rawValue: 1 << 0)
    /// initial-policy-mapping-inhibit: no policy counts as another.
    public static let noMapping = Demands(rawValue: 1 << 1)
    /// initial-any-policy-inhibit: anyPolicy in a certificate stands for nothing.
    public static let noAnyPolicy = Demands(rawValue: 1 << 2)
  }

  /// user-initial-policy-set; nil for any-policy.
  public let accepted: Set<ASN1ObjectIdentifier>?
  public let demands: Demands

  /// Asks for nothing.
  public static let any = PolicyRequest()

  /// - Parameter policies: the policies of which one would do; empty, or with anyPolicy among them, for any.
  public init(accepting policies: some Sequence<ASN1ObjectIdentifier> = [], demanding demands: Demands = []) {
    let policies = Set(policies)
    accepted = policies.isEmpty || policies.contains(OID.anyPolicy) ? nil : policies
    self.demands = demands
  }
}

/// The policies that a path is valid for (RFC 5280 §6.1.6, RFC 9618 §5.4).
public struct PolicyOutcome: Hashable, Sendable {
  /// authority-constrained-policy-set: what the authorities on the path allow. anyPolicy is one of them.
  public let authority: Set<ASN1ObjectIdentifier>
  /// user-constrained-policy-set: those of them that were asked for.
  public let user: Set<ASN1ObjectIdentifier>

  /// Of a path that is not valid.
  public static let none = PolicyOutcome(authority: [], user: [])

  init(authority: Set<ASN1ObjectIdentifier>, user: Set<ASN1ObjectIdentifier>) {
    self.authority = authority
    self.user = user
  }

  /// RFC 9618 §5.4, steps 5 and 6: what `authority` comes to for someone who accepts `request`.
  init(authority: Set<ASN1ObjectIdentifier>, for request: PolicyRequest) {
    self.authority = authority
    guard let accepted = request.accepted else {
      user = authority
      return
    }
    user = authority.contains(OID.anyPolicy) ? accepted : authority.intersection(accepted)
  }
}
