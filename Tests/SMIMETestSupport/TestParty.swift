import Foundation
import Issuance
import PKIX
import SMIMECrypto
import SwiftASN1

/// Someone with a name and a key, who certifies whatever a test asks for, right or wrong: no rule of issuing is asked.
public struct TestParty: Sendable {
  public let name: DistinguishedName
  public let key: PrivateKey

  public init(_ name: DistinguishedName, key: PrivateKey? = nil) throws {
    self.name = name
    self.key = try key ?? PrivateKey(generate: .ec(.p256))
  }

  public init(_ commonName: String, key: PrivateKey? = nil) throws {
    try self.init(DistinguishedName(commonName: commonName), key: key)
  }

  /// What a certificate is like, where it is not as usual.
  public struct Form: Sendable {
    public var version = 3
    public var serialNumber = SerialNumber.random()
    public var validity = Validity(from: TestPKI.now.addingTimeInterval(-86_400), days: 365)
    /// False for one that has none of the extensions that every certificate has.
    public var hasIdentifiers = true
    public var subject: DistinguishedName?
    public var issuer: DistinguishedName?

    public init() {}

    public init(_ change: (inout Form) -> Void) { change(&self) }
  }

  /// The extensions of an authority.
  public static let authority: [Certificate.Extension] = [
    .basicConstraints(.authority(pathLength: nil)), .keyUsage([.keyCertSign, .cRLSign]),
  ]

  /// A certificate for `subject`, signed by this party.
  public func certify(
    _ subject: TestParty, _ extensions: [Certificate.Extension] = TestParty.authority, _ form: Form = Form()
  ) async throws -> Certificate {
    let algorithm = key.publicKey.defaultSignatureAlgorithm
    var all = extensions
    if form.hasIdentifiers {
      all += [
        .subjectKeyIdentifier(ArraySlice(subject.key.publicKey.subjectKeyIdentifier)),
        .authorityKeyIdentifier(keyIdentifier: ArraySlice(key.publicKey.subjectKeyIdentifier)),
      ]
    }
    let tbs = DERWriter.encode { der in
      der.sequence { der in
        if form.version > 1 { der.context(0) { $0.int(form.version - 1) } }
        der.integer(form.serialNumber.bytes)
        algorithm.identifier.write(to: &der)
        der.raw((form.issuer ?? name).encoded)
        der.sequence { der in
          der.time(form.validity.notBefore)
          der.time(form.validity.notAfter)
        }
        der.raw((form.subject ?? subject.name).encoded)
        der.raw(subject.key.publicKey.spki)
        if !all.isEmpty {
          der.context(3) { der in der.sequence { der in for one in all { one.write(to: &der) } } }
        }
      }
    }
    let signature = try await key.signature(.message(ArraySlice(tbs)), algorithm)
    return try Certificate(der: ArraySlice(SignedStructure.encode(tbs, algorithm, signature)))
  }

  /// This party's own certificate of itself.
  public func root(_ extensions: [Certificate.Extension] = TestParty.authority, _ form: Form = Form()) async throws
    -> Certificate
  { try await certify(self, extensions, form) }
}
