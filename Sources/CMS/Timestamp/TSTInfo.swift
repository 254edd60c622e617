public import PKIX
public import SMIMECrypto
public import SwiftASN1

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// RFC 3161 §2.4.1   MessageImprint ::= SEQUENCE { hashAlgorithm AlgorithmIdentifier, hashedMessage OCTET STRING }
public struct MessageImprint: Hashable, Sendable {
  public let hashAlgorithm: AlgorithmIdentifier
  public let hash: ArraySlice<UInt8>

  /// The imprint of `bytes`.
  public init(of bytes: ArraySlice<UInt8>, by digest: DigestAlgorithm = .sha256) throws(Unsupported) {
    hashAlgorithm = digest.identifier
    hash = try MessageDigest.hash(bytes, digest)[...]
  }

  init(from cursor: inout ASN1Cursor, _ field: StaticString) throws(Malformed) {
    var fields = try cursor.sequence(field)
    hashAlgorithm = try AlgorithmIdentifier(from: &fields, "hashAlgorithm")
    hash = try fields.octets("hashedMessage")
    try fields.finish()
  }

  func write(to der: inout DERWriter) {
    der.sequence { der in
      hashAlgorithm.write(to: &der)
      der.octets(hash)
    }
  }

  /// Whether this is the imprint of `bytes`.
  ///
  /// - Throws: ``Unsupported`` for a hash that is not offered, ``Malformed`` for one with parameters.
  public func matches(_ bytes: ArraySlice<UInt8>) throws -> Bool {
    try MessageDigest.hash(bytes, DigestAlgorithm(hashAlgorithm)).elementsEqual(hash)
  }
}

/// RFC 3161 §2.4.2
///
///     TSTInfo ::= SEQUENCE {
///         version         INTEGER { v1(1) },
///         policy          TSAPolicyId,
///         messageImprint  MessageImprint,
///         serialNumber    INTEGER,
///         genTime         GeneralizedTime,
///         accuracy        Accuracy OPTIONAL,
///         ordering        BOOLEAN DEFAULT FALSE,
///         nonce           INTEGER OPTIONAL,
///         tsa             [0] GeneralName OPTIONAL,
///         extensions      [1] IMPLICIT Extensions OPTIONAL }
///     Accuracy ::= SEQUENCE { seconds INTEGER OPTIONAL, millis [0] INTEGER (1..999) OPTIONAL, micros [1] INTEGER (1..999) OPTIONAL }
public struct TSTInfo: Hashable, Sendable {
  public let policy: ASN1ObjectIdentifier
  public let messageImprint: MessageImprint
  public let serialNumber: SerialNumber
  /// The time, in whole seconds.
  public let time: Date
  /// How far the time may be off, to either side; nil where nothing is said of it.
  public let accuracy: Duration?
  /// True when the times of this authority's stamps tell their order whatever the accuracy.
  public let isOrdered: Bool
  /// What was sent to tell this answer from all others.
  public let nonce: ArraySlice<UInt8>?
  /// A name of the authority: a hint.
  public let authority: GeneralName?
  public let extensions: Extensions

  init(_ bytes: ArraySlice<UInt8>) throws(Malformed) {
    var top = try ASN1Cursor(bytes, as: "TSTInfo", rules: .ber)
    var fields = try top.enter()
    let version = try fields.int("version")
    guard version == 1 else { throw fields.failure("\(version) is not 1", "version") }
    policy = try fields.oid("policy")
    messageImprint = try MessageImprint(from: &fields, "messageImprint")
    serialNumber = SerialNumber(try fields.integer("serialNumber"))
    guard fields.tag == .generalizedTime else { throw fields.failure("is no GeneralizedTime", "genTime") }
    time = try fields.time("genTime")
    accuracy = try Self.accuracy(&fields)
    isOrdered = fields.tag == .boolean ? try fields.boolean("ordering") : false
    nonce = fields.tag == .integer ? try fields.integer("nonce") : nil
    if var name = try fields.context(ifPresent: 0, "tsa") {
      authority = try GeneralName(from: &name)
      try name.finish()
    } else {
      authority = nil
    }
    if var all = try fields.context(ifPresent: 1, "extensions") {
      extensions = try Extensions(from: &all)
    } else {
      extensions = Extensions([])
    }
    try fields.finish()
  }

  private static func accuracy(_ fields: inout ASN1Cursor) throws(Malformed) -> Duration? {
    guard var parts = try fields.constructed(ifPresent: .sequence, "accuracy") else { return nil }
    var total = Duration.zero
    if parts.tag == .integer {
      let seconds = try parts.int("seconds")
      guard seconds >= 0, seconds <= 1 << 32 else { throw parts.failure("is out of range", "seconds") }
      total += .seconds(seconds)
    }
    for (tag, unit, name) in [(0, 1_000, "millis"), (1, 1, "micros")] as [(UInt, Int, StaticString)]
    where parts.tag == .context(tag) {
      let value = try parts.int(name, tag: .context(tag))
      guard (1...999).contains(value) else { throw parts.failure("is out of range", name) }
      total += .microseconds(value * unit)
    }
    try parts.finish()
    return total
  }
}
