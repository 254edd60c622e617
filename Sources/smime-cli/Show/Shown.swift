import ArgumentParser
import ByteIO
import CMS
import PKIX
import SMIMECrypto

/// What a file was found to be, and what is in it.
struct Shown {
  /// The word for it: `mail`, `certificate`, …
  let kind: String
  let outline: Outline

  init(_ kind: String, _ outline: Outline) {
    self.kind = kind
    self.outline = outline
  }

  var text: String { Outline([kind: .outline(outline)]).text }

  /// What was found as an object for programs, nothing judged.
  var report: Outline {
    ["version": .number(1), "objects": .list([.outline(["kind": .text(kind), "content": .outline(outline)])])]
  }

  /// All that was found as one JSON object; for mail and CMS with the verdict of somebody who holds no keys.
  static func report(_ all: [Shown], of input: Input) async throws -> Outline {
    var report: Outline = ["version": .number(1)]
    if all.contains(where: { $0.kind == "mail" || $0.kind == "cms" }) {
      // To show something asks nobody, whatever is set.
      let trust = try TrustOptions.parse(["--offline"])
      report = VerdictPrinter(try await Opening(try MailInput(input), trust).open(), trust, earlier: nil).report
    }
    report["objects"] = .list(
      all.map { .outline(["kind": .text($0.kind), "content": .outline($0.outline)]) })
    return report
  }

  /// Looks at the bytes, not at the file's name. A file may hold several things, as PEM.
  static func all(in input: Input, unlock: Unlock) throws -> [Shown] {
    let head = try input.source.bytes(in: 0..<min(input.source.count, Armour.headLimit))
    guard !head.isEmpty else { throw CommandFailure(.unreadable, "\(input.name): is empty") }
    do {
      if head.first == 0x30 {
        return [try der(try input.source.readAll(limit: Input.objectLimit), named: input.name, unlock)]
      }
      if Armour(in: head) != nil {
        let blocks = try PEMBlock.all(in: try input.source.readAll(limit: Input.objectLimit))
        return try blocks.map { try pem($0, named: input.name, unlock) }
      }
      let mail = try MailInput(input)
      return [
        mail.form == .cms
          ? Shown("cms", try mail.cmsOutline()) : Shown("mail", try MailOutline.outline(of: mail.source))
      ]
    } catch {
      throw CommandFailure(error, in: input.name)
    }
  }

  private static func pem(_ block: PEMBlock, named name: String, _ unlock: Unlock) throws -> Shown {
    switch block.label {
    case "CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST":
      Shown("request", try CertificateSigningRequest(der: block.bytes[...]).outline)
    case "X509 CRL": Shown("crl", try CertificateRevocationList(der: block.bytes[...]).outline)
    case "PUBLIC KEY": Shown("publicKey", try PublicKey(spki: block.bytes[...]).outline)
    case let label where label.hasSuffix("PRIVATE KEY"):
      try unlock.open(named: name) { password in
        try privateKey({ try PrivateKey(pem: block, password: password) }) {
          try OpaquePrivateKey(pem: block, password: password)
        }
      }
    case "TRUSTED CERTIFICATE":
      try Certificate(pem: block).map { Shown("certificate", $0.outline) } ?? der(block.bytes, named: name, unlock)
    default: try der(block.bytes, named: name, unlock)
    }
  }

  /// A private key that is used here, or else one that is kept for other software.
  private static func privateKey(
    _ used: () throws -> PrivateKey, _ kept: () throws -> OpaquePrivateKey
  ) throws -> Shown {
    do {
      return Shown("privateKey", try used().publicKey.outline)
    } catch let unsupported as Unsupported {
      guard let key = try? kept() else { throw unsupported }
      return Shown("privateKey", key.outline)
    }
  }

  /// Tells DER structures apart by trying the readers; the error of the likeliest is the one that is told.
  private static func der(_ bytes: [UInt8], named name: String, _ unlock: Unlock) throws -> Shown {
    let slice = bytes[...]
    switch DERKind(bytes) {
    case .cms: return Shown("cms", try CMSOutline.outline(of: BufferSource(bytes)))
    case .pkcs12: return Shown("pkcs12", try PKCS12Outline.outline(of: bytes, named: name, unlock: unlock))
    case .privateKey:
      return try privateKey({ try PrivateKey(pkcs8: slice) }) { try OpaquePrivateKey(pkcs8: slice) }
    case .encryptedKey: return try pem(PEMBlock(label: "ENCRYPTED PRIVATE KEY", bytes: bytes), named: name, unlock)
    case .publicKey: return Shown("publicKey", try PublicKey(spki: slice).outline)
    case .signed:
      do {
        return Shown("certificate", try Certificate(der: slice).outline)
      } catch {
        if let list = try? CertificateRevocationList(der: slice) { return Shown("crl", list.outline) }
        if let request = try? CertificateSigningRequest(der: slice) { return Shown("request", request.outline) }
        throw error
      }
    }
  }
}

/// What a SEQUENCE at the outside is likely to be, by the tags of its first two elements.
enum DERKind {
  case cms, pkcs12, privateKey, encryptedKey, publicKey, signed

  init(_ bytes: [UInt8]) {
    guard let outer = TLV(bytes[...]), let first = TLV(outer.content) else {
      self = .signed
      return
    }
    let second = TLV(first.rest)
    switch (first.tag, second?.tag) {
    case (0x06, _): self = .cms
    // PFX has an integer and a ContentInfo; PrivateKeyInfo an integer and an algorithm, and then the key's octets.
    case (0x02, 0x30?): self = second.flatMap { TLV($0.rest) }?.tag == 0x04 ? .privateKey : .pkcs12
    case (0x30, 0x03?): self = .publicKey
    case (0x30, 0x04?): self = .encryptedKey
    default: self = .signed
    }
  }

  /// As much of one element as it takes to look at its neighbours.
  private struct TLV {
    let tag: UInt8
    let content: ArraySlice<UInt8>
    let rest: ArraySlice<UInt8>

    init?(_ bytes: ArraySlice<UInt8>) {
      guard bytes.count >= 2 else { return nil }
      tag = bytes[bytes.startIndex]
      let first = Int(bytes[bytes.startIndex + 1])
      var start = bytes.startIndex + 2
      var length = first
      if first == 0x80 {
        length = bytes.endIndex - start
      } else if first > 0x80 {
        let count = first & 0x7F
        guard count <= 4, bytes.endIndex - start >= count else { return nil }
        length = bytes[start..<start + count].reduce(0) { $0 << 8 | Int($1) }
        start += count
      }
      let end = min(bytes.endIndex - start, length) + start
      content = bytes[start..<end]
      rest = bytes[end...]
    }
  }
}
