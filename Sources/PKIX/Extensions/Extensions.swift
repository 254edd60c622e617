package import SMIMECrypto
public import SwiftASN1

/// The extensions of a certificate, each read when it is asked for: a broken one breaks no other.
public struct Extensions: Hashable, Sendable {
  public let all: [Certificate.Extension]

  public init(_ all: [Certificate.Extension]) { self.all = all }

  /// How many one structure may have; certificates in use have a dozen.
  public static let limit = 1_000

  /// Reads the list that was entered, to its end.
  package init(from list: inout ASN1Cursor) throws(Malformed) {
    var all: [Certificate.Extension] = []
    all.reserveCapacity(12)
    while !list.isAtEnd {
      guard all.count < Self.limit else { throw list.failure("there are more than \(Self.limit) extensions") }
      all.append(try Certificate.Extension(from: &list))
    }
    self.all = all
  }

  /// The first with that identifier.
  public subscript(_ oid: ASN1ObjectIdentifier) -> Certificate.Extension? {
    // By index, so that those in between are not copied.
    for index in all.indices where all[index].oid == oid { return all[index] }
    return nil
  }

  /// The identifiers that stand more than once, which RFC 5280 §4.2 forbids.
  public var duplicates: [ASN1ObjectIdentifier] {
    // Few are compared faster than hashed.
    guard all.count > 16 else {
      return all.indices.filter { index in
        for earlier in 0..<index where all[earlier].oid == all[index].oid { return true }
        return false
      }.map { all[$0].oid }
    }
    var seen: Set<ASN1ObjectIdentifier> = []
    return all.map(\.oid).filter { !seen.insert($0).inserted }
  }

  /// nil when absent.
  public var basicConstraints: BasicConstraints? {
    get throws(Malformed) {
      guard let one = self[OID.basicConstraints] else { return nil }
      return try Certificate.Extension.basicConstraints(one)
    }
  }

  /// nil when absent: the key may be used for anything.
  public var keyUsage: KeyUsage? {
    get throws(Malformed) {
      guard let one = self[OID.keyUsage] else { return nil }
      return try Certificate.Extension.keyUsage(one)
    }
  }

  /// nil when absent.
  public var extendedKeyUsage: [KeyPurpose]? {
    get throws(Malformed) {
      guard let one = self[OID.extendedKeyUsage] else { return nil }
      return try Certificate.Extension.extendedKeyUsage(one)
    }
  }

  /// Empty when absent.
  public var subjectAlternativeName: [GeneralName] {
    get throws(Malformed) {
      guard let one = self[OID.subjectAlternativeName] else { return [] }
      return try Certificate.Extension.generalNames(one)
    }
  }

  /// nil when absent.
  public var subjectKeyIdentifier: ArraySlice<UInt8>? {
    get throws(Malformed) {
      guard let one = self[OID.subjectKeyIdentifier] else { return nil }
      return try Certificate.Extension.keyIdentifier(one)
    }
  }

  /// The keyIdentifier field; nil when it is absent.
  public var authorityKeyIdentifier: ArraySlice<UInt8>? {
    get throws(Malformed) {
      guard let one = self[OID.authorityKeyIdentifier] else { return nil }
      return try Certificate.Extension.authorityKeyIdentifier(one)
    }
  }

  /// Where CRLs are to be had.
  public var crlURIs: [String] {
    get throws(Malformed) {
      guard let one = self[OID.crlDistributionPoints] else { return [] }
      return try Certificate.Extension.distributionURIs(one)
    }
  }

  /// Where the issuer's certificate is to be had.
  public var issuerURIs: [String] {
    get throws(Malformed) {
      guard let one = self[OID.authorityInformationAccess] else { return [] }
      return try Certificate.Extension.accessURIs(one, OID.caIssuers)
    }
  }

  /// Where OCSP responders are.
  public var ocspURIs: [String] {
    get throws(Malformed) {
      guard let one = self[OID.authorityInformationAccess] else { return [] }
      return try Certificate.Extension.accessURIs(one, OID.ocsp)
    }
  }

  /// The key identifier if there is one that can be read.
  package var subjectKeyIdentifierBytes: ArraySlice<UInt8>? {
    do { return try subjectKeyIdentifier } catch { return nil }
  }
}
