import SMIMECrypto
public import SwiftASN1

/// One line of RFC 5280 §4.2.1.5   PolicyMappings ::= SEQUENCE SIZE (1..MAX) OF SEQUENCE { issuerDomainPolicy, subjectDomainPolicy }
public struct PolicyMapping: Hashable, Sendable {
  /// The policy of the authority that issued the certificate.
  public let issuerDomainPolicy: ASN1ObjectIdentifier
  /// The policy of the certificate's own authority that counts as the same.
  public let subjectDomainPolicy: ASN1ObjectIdentifier

  public init(_ issuerDomainPolicy: ASN1ObjectIdentifier, to subjectDomainPolicy: ASN1ObjectIdentifier) {
    self.issuerDomainPolicy = issuerDomainPolicy
    self.subjectDomainPolicy = subjectDomainPolicy
  }
}

/// RFC 5280 §4.2.1.11   PolicyConstraints ::= SEQUENCE { requireExplicitPolicy [0] SkipCerts OPTIONAL,
///                        inhibitPolicyMapping [1] SkipCerts OPTIONAL }
public struct PolicyConstraints: Hashable, Sendable {
  /// After how many more certificates a policy must be valid; nil when it need not be.
  public let requireExplicitPolicy: Int?
  /// After how many more certificates no policy is mapped any more; nil when it always may be.
  public let inhibitPolicyMapping: Int?

  public init(requireExplicitPolicy: Int? = nil, inhibitPolicyMapping: Int? = nil) {
    self.requireExplicitPolicy = requireExplicitPolicy
    self.inhibitPolicyMapping = inhibitPolicyMapping
  }
}

// MARK: - Reading

extension Extensions {
  /// The policies; empty when absent.
  public var certificatePolicies: [ASN1ObjectIdentifier] {
    get throws(Malformed) { try policies ?? [] }
  }

  /// The policies; nil when the extension is absent, which is not the same as none (RFC 5280 §6.1.3 e).
  var policies: [ASN1ObjectIdentifier]? {
    get throws(Malformed) {
      guard let one = self[OID.certificatePolicies] else { return nil }
      return try Certificate.Extension.policies(one)
    }
  }

  /// Which policies count as which below this certificate; empty when absent.
  public var policyMappings: [PolicyMapping] {
    get throws(Malformed) {
      guard let one = self[OID.policyMappings] else { return [] }
      return try Certificate.Extension.policyMappings(one)
    }
  }

  /// nil when absent.
  public var policyConstraints: PolicyConstraints? {
    get throws(Malformed) {
      guard let one = self[OID.policyConstraints] else { return nil }
      return try Certificate.Extension.policyConstraints(one)
    }
  }

  /// After how many more certificates anyPolicy stands for nothing (RFC 5280 §4.2.1.14); nil when absent.
  public var inhibitAnyPolicy: Int? {
    get throws(Malformed) {
      guard let one = self[OID.inhibitAnyPolicy] else { return nil }
      var top = try Certificate.Extension.cursor(one, "inhibitAnyPolicy")
      return try Certificate.Extension.skipCerts(&top, "skipCerts")
    }
  }
}

extension Certificate.Extension {
  /// RFC 5280 §4.2.1.4   certificatePolicies ::= SEQUENCE SIZE (1..MAX) OF PolicyInformation
  ///                     PolicyInformation ::= SEQUENCE { policyIdentifier, policyQualifiers SEQUENCE SIZE (1..MAX) OF
  ///                       SEQUENCE { policyQualifierId, qualifier ANY } OPTIONAL }
  ///
  /// Qualifiers are for people to read and decide nothing; that they can be read is checked.
  static func policies(_ one: Self) throws(Malformed) -> [ASN1ObjectIdentifier] {
    var fields = try fields(one, "certificatePolicies")
    guard !fields.isAtEnd else { throw fields.failure("is empty") }
    var policies: [ASN1ObjectIdentifier] = []
    while !fields.isAtEnd {
      let policy = try fields.beginElement()
      policies.append(try fields.oid("policyIdentifier"))
      if !fields.isAtEnd {
        let qualifiers = try fields.begin(.sequence, "policyQualifiers")
        guard !fields.isAtEnd else { throw fields.failure("is empty") }
        while !fields.isAtEnd {
          let qualifier = try fields.beginElement()
          _ = try fields.oid("policyQualifierId")
          _ = try fields.raw("qualifier")
          try fields.leave(qualifier)
        }
        try fields.leave(qualifiers)
      }
      try fields.leave(policy)
    }
    return policies
  }

  static func policyMappings(_ one: Self) throws(Malformed) -> [PolicyMapping] {
    var fields = try fields(one, "policyMappings")
    guard !fields.isAtEnd else { throw fields.failure("is empty") }
    var mappings: [PolicyMapping] = []
    while !fields.isAtEnd {
      let mapping = try fields.beginElement()
      mappings.append(PolicyMapping(try fields.oid("issuerDomainPolicy"), to: try fields.oid("subjectDomainPolicy")))
      try fields.leave(mapping)
    }
    return mappings
  }

  static func policyConstraints(_ one: Self) throws(Malformed) -> PolicyConstraints {
    var fields = try fields(one, "policyConstraints")
    guard !fields.isAtEnd else { throw fields.failure("is empty") }
    let explicit =
      fields.tag == .context(0) ? try skipCerts(&fields, "requireExplicitPolicy", tag: .context(0)) : nil
    let mapping = fields.tag == .context(1) ? try skipCerts(&fields, "inhibitPolicyMapping", tag: .context(1)) : nil
    try fields.finish()
    return PolicyConstraints(requireExplicitPolicy: explicit, inhibitPolicyMapping: mapping)
  }

  /// SkipCerts ::= INTEGER (0..MAX). No path is so long that a larger number than an `Int` holds means more than that.
  fileprivate static func skipCerts(
    _ fields: inout ASN1Cursor, _ field: StaticString, tag: ASN1Identifier = .integer
  ) throws(Malformed) -> Int {
    let before = fields
    let bytes = try fields.integer(field, tag: tag)
    guard let first = bytes.first, first < 0x80 else { throw before.failure("is negative", field) }
    let digits = bytes.drop { $0 == 0 }
    guard digits.count < 8 else { return Int.max }
    return digits.reduce(0) { $0 << 8 | Int($1) }
  }
}

// MARK: - Writing

extension Certificate.Extension {
  public static func certificatePolicies(_ policies: [ASN1ObjectIdentifier]) -> Self {
    Self(OID.certificatePolicies) { der in
      der.sequence { der in for policy in policies { der.sequence { $0.oid(policy) } } }
    }
  }

  /// Critical, as RFC 5280 §4.2.1.5 advises.
  public static func policyMappings(_ mappings: [PolicyMapping]) -> Self {
    Self(OID.policyMappings, critical: true) { der in
      der.sequence { der in
        for mapping in mappings {
          der.sequence { der in
            der.oid(mapping.issuerDomainPolicy)
            der.oid(mapping.subjectDomainPolicy)
          }
        }
      }
    }
  }

  /// Always critical.
  public static func policyConstraints(_ constraints: PolicyConstraints) -> Self {
    Self(OID.policyConstraints, critical: true) { der in
      der.sequence { der in
        if let count = constraints.requireExplicitPolicy { der.int(count, tag: .context(0)) }
        if let count = constraints.inhibitPolicyMapping { der.int(count, tag: .context(1)) }
      }
    }
  }

  /// Always critical.
  public static func inhibitAnyPolicy(skipCerts count: Int) -> Self {
    Self(OID.inhibitAnyPolicy, critical: true) { $0.int(count) }
  }
}
