import ByteIO
import Foundation
import SMIMECrypto
import SwiftASN1
import Testing

@testable import CMS

/// Faults that readers of PKCS#12 were caught with, by their numbers. The files have no code, so that every reader comes
/// to what is wrong with them.
@Suite struct `Known faults of PKCS#12` {
  private static let key = Result { try PrivateKey(generate: .ec(.p256)).pkcs8 }

  // MARK: Files

  private static func sequence(_ elements: [[UInt8]]) -> [UInt8] {
    DERWriter.encode { der in der.sequence { der in for element in elements { der.raw(element) } } }
  }

  /// A ContentInfo of `type`.
  private static func part(_ type: ContentType, _ content: [UInt8]) -> [UInt8] {
    DERWriter.encode { der in
      der.sequence { der in
        der.oid(type.oid)
        der.context(0) { $0.raw(content) }
      }
    }
  }

  private static func data(_ content: [UInt8]) -> [UInt8] { part(.data, DERWriter.encode { $0.octets(content) }) }

  private static func file(_ parts: [[UInt8]], mac: [UInt8] = []) -> [UInt8] {
    DERWriter.encode { der in
      der.sequence { der in
        der.int(3)
        der.raw(data(sequence(parts)))
        der.raw(mac)
      }
    }
  }

  private static func bag(
    _ kind: ASN1ObjectIdentifier, _ value: [UInt8], _ attributes: [[UInt8]] = []
  ) -> [UInt8] {
    DERWriter.encode { der in
      der.sequence { der in
        der.oid(kind)
        der.context(0) { $0.raw(value) }
        if !attributes.isEmpty {
          der.constructed(.set) { set in for attribute in attributes { set.raw(attribute) } }
        }
      }
    }
  }

  private static func read(_ bags: [UInt8]...) throws -> PKCS12 {
    try PKCS12.read(file([data(sequence(bags))]), password: Password(""))
  }

  private static func attribute(_ type: ASN1ObjectIdentifier, _ values: [UInt8]...) -> [UInt8] {
    Attribute(type, values: values.map { $0[...] }).encoded
  }

  // MARK: Tests

  /// OpenSSL wrote behind a buffer when it made UTF-8 of a name.
  @Test(
    arguments: [
      ([], ""), ([0], ""), ([0x03, 0xA9], "Ω"), ([0x00, 0x41, 0x00], "A"), ([0xD8, 0x3D, 0xDE, 0x00], "😀"),
      ([0xD8, 0x00], "\u{FFFD}"), ([0xDE, 0x00, 0x00, 0x41], "\u{FFFD}A"),
      ([0xD8, 0x00, 0xD8, 0x00], "\u{FFFD}\u{FFFD}"),
      ([0xFF, 0xFF], "\u{FFFF}"),
    ] as [([UInt8], String)]) func `CVE-2025-69419: names of any code units are text`(
      units: [UInt8], text: String
    ) throws
  {
    func name(_ octets: [UInt8]) throws -> String? {
      let value = DERWriter.encode { $0.octets(octets, tag: .bmpString) }
      let read = try Self.read(Self.bag(.keyBag, try Self.key.get(), [Self.attribute(.friendlyName, value)]))
      #expect(read.defects.isEmpty && read.keys.count == 1)
      return read.keys.first?.friendlyName
    }
    #expect(try name(units) == text)
    let many = try name((0..<20_000).flatMap { _ in [0x20, 0xAC] as [UInt8] } + units)
    #expect(many == String(repeating: "€", count: 20_000) + text)
  }

  /// OpenSSL took encrypted data that was not there for data.
  @Test func `CVE-2025-69421: encrypted data that is missing or empty opens nothing`() throws {
    let cipher = try PasswordEncryption.pbes2(rounds: 1).identifier.encoded
    let type = DERWriter.encode { $0.oid(ContentType.data.oid) }
    let version: [UInt8] = [2, 1, 0]
    var encrypted: [[UInt8]] = [
      [], [0x80, 0], [0xA0, 0], [0xA0, 2, 5, 0], [5, 0], [4, 0], [0xA0, 2, 4, 0], [0x80, 1, 7],
    ].map { content in
      Self.sequence([version, Self.sequence([type, cipher, content])])
    }
    encrypted += [
      Self.sequence([version]), Self.sequence([version, Self.sequence([])]),
      Self.sequence([version, Self.sequence([type])]), Self.sequence([]), [5, 0],
    ]
    for content in encrypted {
      #expect(throws: (any Error).self) {
        try PKCS12.read(Self.file([Self.part(.encryptedData, content)]), password: Password(""))
      }
    }
    for value in [
      Self.sequence([cipher]), Self.sequence([cipher, [4, 0]]), Self.sequence([cipher, [5, 0]]),
      Self.sequence([cipher, [0x24, 0]]), Self.sequence([]), [5, 0], [],
    ] {
      if let read = try? Self.read(Self.bag(.shroudedKeyBag, value)) {
        #expect(read.keys.isEmpty && read.defects.count == 1)
      }
    }
  }

  /// OpenSSL took values of whatever type for the type that belongs there.
  @Test func `CVE-2026-22795: values of the wrong type are no names, and no crash`() throws {
    let pkcs8 = try Self.key.get()
    let odd: [[UInt8]] = [[5, 0], [2, 1, 0], [0x0C, 1, 0x41], [0x30, 0], [1, 1, 0xFF], [6, 1, 0x2A], [0xA0, 0]]
    for value in odd {
      let names = [Self.attribute(.friendlyName, value), Self.attribute(.localKeyID, value)]
      let read = try Self.read(Self.bag(.keyBag, pkcs8, names))
      #expect(read.keys.count == 1 && read.defects.isEmpty, "\(value)")
      #expect(read.keys.first?.friendlyName == nil && read.keys.first?.localKeyID == nil, "\(value)")
    }
    // The other's type, no value at all, and several.
    let swapped = try Self.read(
      Self.bag(
        .keyBag, pkcs8,
        [
          Self.attribute(.friendlyName, [4, 1, 7]), Self.attribute(.localKeyID, [0x1E, 2, 0, 0x41]),
          Self.attribute(.friendlyName), Self.attribute(.localKeyID),
        ]))
    #expect(swapped.keys.first?.friendlyName == nil && swapped.keys.first?.localKeyID == nil)
    let x509 = DERWriter.encode { $0.oid(.x509Certificate) }
    let broken: [[UInt8]] = [
      Self.bag(.keyBag, pkcs8, [Self.sequence([DERWriter.encode { $0.oid(.friendlyName) }, [2, 1, 0]])]),
      Self.bag(.keyBag, [2, 1, 0]), Self.bag(.keyBag, []), Self.bag(.keyBag, [5, 0]),
      Self.bag(.certificateBag, [5, 0]), Self.bag(.certificateBag, Self.sequence([x509])),
      Self.bag(.certificateBag, Self.sequence([x509, [5, 0]])),
      Self.bag(.certificateBag, Self.sequence([x509, [0xA0, 3, 2, 1, 0]])),
      Self.bag(.certificateBag, Self.sequence([x509, [0xA0, 2, 4, 0]])), Self.bag(.safeContentsBag, [2, 1, 0]),
    ]
    for bag in broken {
      let read = try Self.read(bag, Self.bag(.keyBag, pkcs8))
      #expect(read.keys.count == 1 && read.certificates.isEmpty && read.defects.count == 1, "\(bag)")
    }
  }

  /// Bouncy Castle's readers did as many rounds as a file asked for.
  @Test func `CVE-2026-15055: rounds of a code are counted before any is done`() throws {
    func file(_ iterations: Int) -> [UInt8] {
      Self.file(
        [],
        mac: DERWriter.encode { der in
          der.sequence { der in
            der.sequence { der in
              DigestAlgorithm.sha256.identifier.write(to: &der)
              der.octets([UInt8](repeating: 0, count: 32))
            }
            der.octets([1, 2, 3, 4, 5, 6, 7, 8])
            der.int(iterations)
          }
        })
    }
    for iterations in [10_000_001, .max] {
      #expect(throws: LimitExceeded(.keyDerivationRounds, limit: 10_000_000)) {
        try PKCS12.read(file(iterations), password: Password("p"))
      }
    }
    for iterations in [0, -1] {
      let bytes = file(iterations)
      let fault = #expect(throws: Malformed.self) { try PKCS12.read(bytes, password: Password("p")) }
      #expect(fault?.path == "PFX.macData.iterations")
      #expect(fault?.offset.map { Array(bytes[$0...].prefix(2)) } == [2, 1])
    }
  }
}
