import Foundation
import Issuance
import PKIX
import SMIMECrypto
import SMIMETestSupport
import SwiftASN1

/// A CRL put together by hand, so that it may break any rule.
struct CraftedList {
  var version: Int? = 1
  var issuer: DistinguishedName
  var thisUpdate = TestPKI.now.addingTimeInterval(-3_600)
  var nextUpdate: Date? = TestPKI.now.addingTimeInterval(7 * 86_400)
  var entries: [[UInt8]] = []
  /// nil for the signer's usual one.
  var algorithm: SignatureAlgorithm?
  var extensions: [Certificate.Extension] = []

  init(_ issuer: Certificate, number: Int? = 1, entries: [[UInt8]] = []) {
    self.issuer = issuer.subject
    self.entries = entries
    if let number { extensions.append(.crlNumber(number)) }
  }

  func with(_ extensions: Certificate.Extension...) -> CraftedList {
    var list = self
    list.extensions += extensions
    return list
  }

  func signed(by identity: Identity) async throws -> CertificateRevocationList {
    try CertificateRevocationList(der: ArraySlice(try await bytes(signedBy: identity)))
  }

  func bytes(signedBy identity: Identity) async throws -> [UInt8] {
    let algorithm = algorithm ?? identity.certificate.publicKey.defaultSignatureAlgorithm
    let tbs = DERWriter.encode { der in
      der.sequence { der in
        if let version { der.int(version) }
        algorithm.identifier.write(to: &der)
        der.raw(issuer.encoded)
        der.time(thisUpdate)
        if let nextUpdate { der.time(nextUpdate) }
        if !entries.isEmpty { der.sequence { der in for entry in entries { der.raw(entry) } } }
        if !extensions.isEmpty {
          der.context(0) { der in der.sequence { der in for one in extensions { one.write(to: &der) } } }
        }
      }
    }
    let signature = try await identity.signingKey.signature(.message(tbs[...]), algorithm)
    return DERWriter.encode { der in
      der.sequence { der in
        der.raw(tbs)
        algorithm.identifier.write(to: &der)
        der.bits(signature)
      }
    }
  }

  /// One entry.
  static func entry(_ serial: SerialNumber, _ extensions: Certificate.Extension...) -> [UInt8] {
    DERWriter.encode { der in
      der.sequence { der in
        der.integer(serial.bytes)
        der.time(TestPKI.now.addingTimeInterval(-7_200))
        if !extensions.isEmpty { der.sequence { der in for one in extensions { one.write(to: &der) } } }
      }
    }
  }

  static func entry(_ certificate: Certificate, _ reason: RevocationReason) -> [UInt8] {
    entry(certificate.serialNumber, .reasonCode(reason))
  }
}

/// A certificate that no profile allows, such as one whose key signs lists and nothing else.
struct CraftedCertificate {
  var subject: DistinguishedName
  var key: PublicKey
  var extensions: [Certificate.Extension]

  func signed(by issuer: Identity) async throws -> Certificate {
    let algorithm = issuer.certificate.publicKey.defaultSignatureAlgorithm
    let tbs = DERWriter.encode { der in
      der.sequence { der in
        der.context(0) { $0.int(2) }
        der.integer(SerialNumber.random().bytes)
        algorithm.identifier.write(to: &der)
        der.raw(issuer.certificate.subject.encoded)
        der.sequence { der in
          der.time(TestPKI.now.addingTimeInterval(-3_600))
          der.time(TestPKI.now.addingTimeInterval(30 * 86_400))
        }
        der.raw(subject.encoded)
        der.raw(key.spki)
        if !extensions.isEmpty {
          der.context(3) { der in der.sequence { der in for one in extensions { one.write(to: &der) } } }
        }
      }
    }
    let signature = try await issuer.signingKey.signature(.message(tbs[...]), algorithm)
    return try Certificate(
      der: DERWriter.encode { der in
        der.sequence { der in
          der.raw(tbs)
          algorithm.identifier.write(to: &der)
          der.bits(signature)
        }
      }[...])
  }
}

extension Certificate.Extension {
  static func certificateIssuer(_ name: DistinguishedName) -> Self {
    made(OID.certificateIssuer, critical: true) { der in
      der.sequence { GeneralName.directoryName(name).write(to: &$0) }
    }
  }

  /// What a list covers.
  static func scope(
    reasons: [UInt8]? = nil, isIndirect: Bool = false, uri: String? = nil, relative: String? = nil
  ) -> Self {
    made(OID.issuingDistributionPoint, critical: true) { der in
      der.sequence { der in
        if let uri { der.context(0) { der in der.context(0) { GeneralName.uri(uri).write(to: &$0) } } }
        if let relative { der.context(0) { write(relative: relative, to: &$0) } }
        if let reasons { der.bits(reasons, tag: .context(3)) }
        if isIndirect { der.octets([0xFF], tag: .context(4)) }
      }
    }
  }

  /// cRLDistributionPoints of one point.
  static func point(
    uri: String? = nil, relative: String? = nil, reasons: [UInt8]? = nil, issuer: DistinguishedName? = nil
  ) -> Self {
    made(OID.crlDistributionPoints) { der in
      der.sequence { der in
        der.sequence { der in
          if let uri { der.context(0) { der in der.context(0) { GeneralName.uri(uri).write(to: &$0) } } }
          if let relative { der.context(0) { write(relative: relative, to: &$0) } }
          if let reasons { der.bits(reasons, tag: .context(1)) }
          if let issuer { der.context(2) { GeneralName.directoryName(issuer).write(to: &$0) } }
        }
      }
    }
  }

  private static func write(relative: String, to der: inout DERWriter) {
    der.context(1) { der in
      der.sequence { der in
        der.oid(OID.commonName)
        der.string(relative)
      }
    }
  }

  static func made(
    _ oid: ASN1ObjectIdentifier, critical: Bool = false, _ body: (inout DERWriter) -> Void
  ) -> Self {
    Certificate.Extension(oid: oid, isCritical: critical, value: DERWriter.encode(body)[...])
  }
}

/// What a validator that insists on knowing makes of some lists.
enum Judged: Equatable {
  case good
  case revoked(RevocationReason)
  case unknown

  static func of(
    _ leaf: Identity, _ lists: [CertificateRevocationList], anchor: Certificate, pool: [Certificate] = [],
    at instant: Date = TestPKI.now
  ) async -> (Judged, details: [String]) {
    let paths = PathValidator(anchors: TrustAnchors([anchor]), revocation: .hard([RevocationFiles(lists)]))
    let reports: [RevocationReport]
    switch await paths.validate(leaf.certificate, with: pool, at: instant) {
    case .success(let path): reports = path.revocation
    case .failure(let failure):
      reports = failure.revocation
      if reports.isEmpty { return (.unknown, [failure.description]) }
    }
    let details = reports.first?.inquiries.compactMap(\.detail) ?? []
    switch reports.first?.status {
    case .good?: return (.good, details)
    case .revoked(let revoked)?: return (.revoked(revoked.reason), details)
    case .unknown?, nil: return (.unknown, details)
    }
  }
}
