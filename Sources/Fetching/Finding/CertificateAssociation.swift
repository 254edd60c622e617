public import PKIX
package import SMIMECrypto

/// What DNS says of an address's certificate: the content of one SMIMEA record (RFC 8162 §2, RFC 6698 §2.1).
public struct CertificateAssociation: Hashable, Sendable {
  /// RFC 6698 §2.1.1: what the record's certificate or key is to the certificate that is used.
  public enum Usage: UInt8, Hashable, Sendable {
    /// An authority that must be on the path to an anchor one trusts anyway.
    case authorityConstraint
    /// The certificate itself, which must have a path to an anchor one trusts anyway.
    case certificateConstraint
    /// The anchor of the path.
    case anchor
    /// The certificate itself; DNS is all that speaks for it.
    case certificate
  }

  /// RFC 6698 §2.1.2
  public enum Selector: UInt8, Hashable, Sendable { case certificate, publicKey }

  /// RFC 6698 §2.1.3
  public enum Matching: UInt8, Hashable, Sendable { case exact, sha256, sha512 }

  public let usage: Usage
  public let selector: Selector
  public let matching: Matching
  /// The certificate, its SubjectPublicKeyInfo, or the hash of either.
  public let data: [UInt8]

  /// - Throws: ``Malformed`` for what is no record; ``Unsupported`` for a number that is given to nothing here, such as 255
  ///   for private use. Such a record is as if it were not there (RFC 6698 §4.1).
  public init(record: ArraySlice<UInt8>) throws {
    guard record.count > 3 else { throw Malformed("a record has \(record.count) octets", path: "SMIMEA") }
    let start = record.startIndex
    guard let usage = Usage(rawValue: record[start]) else { throw Unsupported("SMIMEA usage \(record[start])") }
    guard let selector = Selector(rawValue: record[start + 1]) else {
      throw Unsupported("SMIMEA selector \(record[start + 1])")
    }
    guard let matching = Matching(rawValue: record[start + 2]) else {
      throw Unsupported("SMIMEA matching type \(record[start + 2])")
    }
    self.init(usage, selector, matching, Array(record[(start + 3)...]))
    let length: Int? =
      switch matching {
      case .exact: nil
      case .sha256: 32
      case .sha512: 64
      }
    guard length == nil || length == data.count else {
      throw Malformed("a hash has \(data.count) octets", path: "SMIMEA")
    }
  }

  public init(_ usage: Usage, _ selector: Selector, _ matching: Matching, _ data: [UInt8]) {
    self.usage = usage
    self.selector = selector
    self.matching = matching
    self.data = data
  }

  /// As three numbers, the way zone files have it, such as `3 0 0`.
  public var kind: String { "\(usage.rawValue) \(selector.rawValue) \(matching.rawValue)" }

  /// The certificate that is in the record; nil where only a key or a hash is.
  ///
  /// - Throws: ``Malformed`` when it cannot be read.
  public var certificate: Certificate? {
    get throws {
      guard selector == .certificate, matching == .exact else { return nil }
      return try Certificate(der: data[...])
    }
  }

  /// True when the record is about `certificate`.
  public func names(_ certificate: Certificate) -> Bool {
    let selected = selector == .certificate ? certificate.derBytes : certificate.publicKey.spki
    return switch matching {
    case .exact: data.elementsEqual(selected)
    case .sha256: data == MessageDigest.sha256(selected)
    case .sha512: (try? MessageDigest.hash(selected, .sha512)) == data
    }
  }
}

/// Records as they are handed on: each with its length in two octets before it, as DNS has it.
package enum AssociationRecords {
  package static let countLimit = 32

  package static func encode(_ records: [[UInt8]]) -> [UInt8] {
    records.flatMap { [UInt8($0.count >> 8 & 0xFF), UInt8($0.count & 0xFF)] + $0 }
  }

  package static func decode(_ bytes: [UInt8]) throws(Malformed) -> [ArraySlice<UInt8>] {
    var records: [ArraySlice<UInt8>] = []
    var rest = bytes[...]
    while let high = rest.popFirst() {
      guard let low = rest.popFirst() else { throw Malformed("a length is cut off", path: "SMIMEA") }
      let length = Int(high) << 8 | Int(low)
      guard length <= rest.count else { throw Malformed("a record is cut off", path: "SMIMEA") }
      guard records.count < countLimit else { throw Malformed("there are too many records", path: "SMIMEA") }
      records.append(rest.prefix(length))
      rest = rest.dropFirst(length)
    }
    return records
  }
}
