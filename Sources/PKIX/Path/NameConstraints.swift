import SMIMECrypto
import SwiftASN1

/// RFC 5280 §4.2.1.10   NameConstraints ::= SEQUENCE { permittedSubtrees [0] OPTIONAL, excludedSubtrees [1] OPTIONAL }
///                      GeneralSubtree ::= SEQUENCE { base GeneralName, minimum [0] DEFAULT 0, maximum [1] OPTIONAL }
struct NameConstraints {
  private var permitted: [NameForm: [NameSubtree]] = [:]
  private var excluded: [NameForm: [NameSubtree]] = [:]
  /// Forms of which a constraint cannot be processed: no name of such a form passes.
  private var unprocessed: Set<NameForm> = []
  /// Bases that the RFC does not allow.
  private(set) var faults: [String] = []
  private var count = 0

  /// - Throws: ``Malformed``, or a fault when there are more than the budget has room for.
  init(_ one: Certificate.Extension, _ work: inout PathWork) throws {
    var top = try ASN1Cursor(one.value, as: "nameConstraints", rules: .ber)
    var fields = try top.enter()
    let permittedBases = try subtrees(&fields, 0, "permittedSubtrees", &work)
    let excludedBases = try subtrees(&fields, 1, "excludedSubtrees", &work)
    try fields.finish()
    guard !permittedBases.isEmpty || !excludedBases.isEmpty else {
      throw Malformed("it constrains nothing", path: "nameConstraints")
    }
    count = permittedBases.count + excludedBases.count
    permitted = Dictionary(grouping: permittedBases, by: \.form)
    excluded = Dictionary(grouping: excludedBases, by: \.form)
  }

  private mutating func subtrees(
    _ fields: inout ASN1Cursor, _ tag: UInt, _ name: StaticString, _ work: inout PathWork
  ) throws -> [NameSubtree] {
    guard var list = try fields.context(ifPresent: tag, name) else { return [] }
    var bases: [NameSubtree] = []
    while !list.isAtEnd {
      try work.take(nameComparisons: 1)
      var subtree = try list.element()
      let name = try GeneralName(from: &subtree)
      let base = NameSubtree(name)
      bases.append(base)
      if let fault = base.fault {
        faults.append(fault)
        if base.isUnusable { unprocessed.insert(base.form) }
      }
      // The minimum is zero and the maximum absent; a zero that is written says the same.
      let minimum = subtree.tag == .context(0) ? try subtree.int("minimum", tag: .context(0)) : 0
      let maximum = try subtree.raw(ifPresent: .context(1))
      try subtree.finish()
      guard minimum != 0 || maximum != nil else { continue }
      faults.append("a minimum or maximum of \(name)")
      unprocessed.insert(base.form)
    }
    return bases
  }

  /// Why a name of `certificate` is not allowed; nil when all are.
  ///
  /// Every name counts as held against every constraint: most of them are of the same form.
  func objection(to certificate: Certificate, _ work: inout PathWork) throws -> String? {
    let names = try certificate.constrainedNames
    try work.take(nameComparisons: names.count * count)
    for name in names {
      let subject = ConstrainedName(name)
      if unprocessed.contains(subject.form) { return "\(name) has a constraint that is not processed" }
      let (permitted, excluded) = (permitted[subject.form] ?? [], excluded[subject.form] ?? [])
      guard !permitted.isEmpty || !excluded.isEmpty else { continue }
      // A form that is constrained and cannot be compared here must not pass, nor a name that is none.
      if case .unknown = subject { return "\(name) has a constraint that is not processed" }
      if excluded.contains(where: { subject.mayBeWithin($0) }) { return "\(name) is excluded" }
      if !permitted.isEmpty, !permitted.contains(where: { subject.isWithin($0) }) { return "\(name) is not permitted" }
    }
    return nil
  }
}

extension Certificate {
  /// Every name that constraints speak of: the subject, its mailboxes, and the subjectAltName.
  fileprivate var constrainedNames: [GeneralName] {
    get throws(Malformed) {
      var names = try extensions.subjectAlternativeName
      if !subject.isEmpty { names.append(.directoryName(subject)) }
      // The RFC asks for the subject's mailboxes where there is no subjectAltName. They count as addresses here in any
      // case, so that they are constrained in any case.
      return names + subject.values(of: OID.emailAddress).map { .rfc822Name($0) }
    }
  }
}

extension Certificate.Extension {
  /// Always critical (RFC 5280 §4.2.1.10). An address has its mask after it.
  public static func nameConstraints(permitted: [GeneralName] = [], excluded: [GeneralName] = []) -> Self {
    Self(OID.nameConstraints, critical: true) { der in
      der.sequence { der in
        for (tag, bases) in [(UInt(0), permitted), (1, excluded)] where !bases.isEmpty {
          der.context(tag) { der in for base in bases { der.sequence { base.write(to: &$0) } } }
        }
      }
    }
  }
}
