import SMIMECrypto
import SwiftASN1

/// What RFC 5280 §4.1 and §4.2 demand of a certificate by itself, beyond what §6 makes of it.
struct ProfileCheck {
  /// What is demanded and not kept, and in which section of RFC 5280.
  typealias Fault = (check: PathProblem.Check, section: String, detail: String)

  private let certificate: Certificate
  private let constraints: BasicConstraints?
  private let usage: KeyUsage?
  /// True when it issued another certificate on the path.
  private let isIssuer: Bool
  /// The section that is being checked.
  private var section = "4.1"
  private var faults: [Fault] = []

  /// - Parameter issuer: nil for an anchor, whose issuer nobody asks for.
  static func faults(
    of certificate: Certificate, issuedBy issuer: Certificate?, isIssuer: Bool, _ work: inout PathWork
  ) -> [Fault] {
    let (constraints, usage): (BasicConstraints?, KeyUsage?)
    do throws(Malformed) {
      (constraints, usage) = (try certificate.extensions.basicConstraints, try certificate.extensions.keyUsage)
    } catch { return [(.certificate, "4.2", "\(error)")] }
    var check = ProfileCheck(certificate: certificate, constraints: constraints, usage: usage, isIssuer: isIssuer)
    do {
      check.checkFields()
      check.checkCriticality()
      try check.checkKeyIdentifiers(issuer)
      check.checkAuthority()
      try check.checkNames()
      try check.checkConstraints(&work)
    } catch let fault as PathFault {
      check.add(fault.check, fault.detail)
    } catch { check.add(.certificate, "\(error)") }
    return check.faults
  }

  private mutating func require(
    _ condition: Bool, _ detail: @autoclosure () -> String, _ check: PathProblem.Check = .certificate
  ) {
    if !condition { add(check, detail()) }
  }

  private mutating func add(_ check: PathProblem.Check, _ detail: String) { faults.append((check, section, detail)) }

  // MARK: §4.1

  private mutating func checkFields() {
    require(!certificate.isOnlyBER, "it is not DER")
    require(certificate.version == 3 || certificate.extensions.all.isEmpty, "it has extensions and is not of version 3")
    section = "4.1.1.2"
    require(
      certificate.signatureAlgorithm == certificate.innerSignatureAlgorithm, "it names two signature algorithms")
    section = "4.1.2.2"
    let serial = certificate.serialNumber.bytes
    require(serial.count <= 20, "its serial number has more than 20 octets")
    require(serial.first.map { $0 < 0x80 } ?? false && serial.contains { $0 != 0 }, "its serial number is not positive")
    section = "4.1.2.4"
    require(!certificate.issuer.isEmpty, "its issuer has no name")
    section = "4.1.2.6"
    require(!certificate.subject.isEmpty || !isAuthority, "it is an authority without a name")
    section = "4.1.2.5"
    require(certificate.validity.notBefore <= certificate.validity.notAfter, "its validity ends before it begins")
    do {
      if let fault = try Self.formFault(of: certificate.tbsBytes) { add(.certificate, fault) }
    } catch { add(.certificate, "\(error)") }
  }

  private var isAuthority: Bool { constraints?.isAuthority ?? false }

  /// §4.1.2.5: UTCTime through 2049, GeneralizedTime from then on, both with seconds and Z. §4.1.2.8: no unique identifiers.
  private static func formFault(of tbsBytes: ArraySlice<UInt8>) throws(Malformed) -> String? {
    var top = try ASN1Cursor(tbsBytes, as: "tbsCertificate", rules: .ber)
    var fields = try top.enter()
    _ = try fields.raw(ifPresent: .context(0))
    for field: StaticString in ["serialNumber", "signature", "issuer"] { _ = try fields.raw(field) }
    var times = try fields.sequence("validity")
    for field: StaticString in ["notBefore", "notAfter"] {
      let tag = times.tag
      let encoded = try times.raw(field)
      let digits = encoded.dropFirst(2)
      guard tag == .utcTime || tag == .generalizedTime, digits.count == (tag == .utcTime ? 13 : 15),
        digits.last == UInt8(ascii: "Z")
      else { return "a time of its validity is not written as it must be" }
      // Years from 2050 on cannot be written as UTCTime, and those before must be.
      if tag == .generalizedTime, digits.prefix(4).lexicographicallyPrecedes(Array("2050".utf8)) {
        return "a time before 2050 is written as GeneralizedTime"
      }
    }
    _ = try fields.raw("subject")
    _ = try fields.raw("subjectPublicKeyInfo")
    for number: UInt in [1, 2] where try fields.raw(ifPresent: .context(number)) != nil {
      return "it has unique identifiers"
    }
    if var extensions = try fields.context(ifPresent: 3, "extensions"), try extensions.sequence("extensions").isAtEnd {
      return "its list of extensions is empty"
    }
    return nil
  }

  // MARK: §4.2

  private static let neverCritical: [(ASN1ObjectIdentifier, String)] = [
    (OID.authorityKeyIdentifier, "authorityKeyIdentifier"), (OID.subjectKeyIdentifier, "subjectKeyIdentifier"),
    ([2, 5, 29, 9], "subjectDirectoryAttributes"), (OID.freshestCRL, "freshestCRL"),
    (OID.authorityInformationAccess, "authorityInfoAccess"), ([1, 3, 6, 1, 5, 5, 7, 1, 11], "subjectInfoAccess"),
  ]

  private static let alwaysCritical: [(ASN1ObjectIdentifier, String)] = [
    (OID.nameConstraints, "nameConstraints"), (OID.policyConstraints, "policyConstraints"),
    (OID.inhibitAnyPolicy, "inhibitAnyPolicy"),
  ]

  private mutating func checkCriticality() {
    section = "4.2"
    for (oid, name) in Self.neverCritical where certificate.extensions[oid]?.isCritical == true {
      add(.certificate, "\(name) is critical")
    }
    for (oid, name) in Self.alwaysCritical where certificate.extensions[oid]?.isCritical == false {
      add(.certificate, "\(name) is not critical")
    }
  }

  /// §4.2.1.1, §4.2.1.2
  private mutating func checkKeyIdentifiers(_ issuer: Certificate?) throws(Malformed) {
    section = "4.2.1.2"
    let own = try certificate.extensions.subjectKeyIdentifier
    require(own != nil || !isAuthority, "it is an authority without subjectKeyIdentifier")
    section = "4.2.1.1"
    guard let wanted = try certificate.extensions.authorityKeyIdentifier else {
      // It helps to find the issuer, whom nobody looks for above an anchor.
      return require(issuer == nil, "it has no authorityKeyIdentifier")
    }
    if let identifier = try issuer?.extensions.subjectKeyIdentifier {
      require(identifier.elementsEqual(wanted), "its authorityKeyIdentifier is another key's")
    }
  }

  /// §4.2.1.3, §4.2.1.9
  private mutating func checkAuthority() {
    section = "4.2.1.3"
    if let usage {
      require(!usage.isEmpty, "its keyUsage is empty", .keyUsage)
      require(
        !usage.contains(.keyCertSign) || isAuthority, "its key may sign certificates and it is no authority", .keyUsage)
    }
    section = "4.2.1.9"
    if constraints?.pathLength != nil {
      require(
        isAuthority && usage?.contains(.keyCertSign) ?? true, "it has a path length and may not sign certificates",
        .basicConstraints)
    }
    if isAuthority {
      require(
        certificate.extensions[OID.basicConstraints]?.isCritical == true, "its basicConstraints are not critical",
        .basicConstraints)
    }
    if isIssuer { require(isAuthority, "it is not an authority", .basicConstraints) }
  }

  /// §4.1.2.6, §4.2.1.6, §4.2.1.7
  private mutating func checkNames() throws(Malformed) {
    section = "4.2.1.6"
    let alternative = certificate.extensions[OID.subjectAlternativeName]
    if certificate.subject.isEmpty {
      require(alternative?.isCritical == true, "it has no subject, and no critical subjectAltName")
    }
    for oid in [OID.subjectAlternativeName, OID.issuerAlternativeName] {
      guard let one = certificate.extensions[oid] else { continue }
      let names = try Certificate.Extension.generalNames(one)
      require(!names.isEmpty, "it has an extension for other names and none in it")
      for name in names { if let fault = name.syntaxFault { add(.certificate, fault) } }
    }
  }

  /// §4.2.1.5, §4.2.1.10 to §4.2.1.13
  private mutating func checkConstraints(_ work: inout PathWork) throws {
    let extensions = certificate.extensions
    section = "4.2.1.12"
    if let purposes = try extensions.extendedKeyUsage {
      require(!purposes.isEmpty, "its extendedKeyUsage is empty", .extendedKeyUsage)
    }
    section = "4.2.1.10"
    if let one = extensions[OID.nameConstraints] {
      require(isAuthority, "it has name constraints and is no authority", .nameConstraints)
      for fault in try NameConstraints(one, &work).faults { add(.nameConstraints, fault) }
    }
    section = "4.2.1.5"
    if extensions[OID.policyMappings] != nil {
      require(isAuthority, "it maps policies and is no authority", .policies)
    }
    section = "4.2.1.11"
    _ = try extensions.policyConstraints
    _ = try extensions.inhibitAnyPolicy
    section = "4.2.1.13"
    _ = try extensions.crlURIs
    _ = try extensions.issuerURIs
  }
}

extension Certificate {
  /// What RFC 5280 §4.1 and §4.2 demand of the certificate by itself and what is not kept: which part, the section, and
  /// what is wrong in words.
  ///
  /// - Parameter issuer: nil when it is not at hand.
  package func profileFaults(issuedBy issuer: Certificate?) -> [(part: String, section: String, detail: String)] {
    var work = PathWork(PathBudget())
    return ProfileCheck.faults(of: self, issuedBy: issuer, isIssuer: false, &work).map {
      ($0.check.rawValue, $0.section, $0.detail)
    }
  }
}

extension RevocationListHead {
  /// What RFC 5280 §5.1 and §5.2 demand of a list that is of use without it; nil when that is met.
  var profileFault: String? {
    if nextUpdate == nil { return "it does not say when the next one comes" }
    guard let number = extensions[OID.crlNumber] else { return "it has no number" }
    if number.isCritical { return "its number is critical" }
    guard let identifier = extensions[OID.authorityKeyIdentifier] else { return "it has no authorityKeyIdentifier" }
    return identifier.isCritical ? "its authorityKeyIdentifier is critical" : nil
  }
}
