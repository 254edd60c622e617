/// The headers of the MIME forms that S/MIME gives to CMS objects (RFC 8551 §3.2, §3.5; RFC 1847 §2.1).
public enum SecurePart {
  /// What a pkcs7-mime part holds: its smime-type, and its file's suffix (RFC 8551 §3.2.1, §3.2.2).
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    case signedData = "signed-data"
    case envelopedData = "enveloped-data"
    case authEnvelopedData = "authEnveloped-data"
    case certificatesOnly = "certs-only"
    case compressedData = "compressed-data"

    public var fileName: String {
      switch self {
      case .signedData, .envelopedData, .authEnvelopedData: "smime.p7m"
      case .certificatesOnly: "smime.p7c"
      case .compressedData: "smime.p7z"
      }
    }

    /// What readers that show the part say of it.
    var description: String {
      switch self {
      case .signedData: "S/MIME signed message"
      case .envelopedData, .authEnvelopedData: "S/MIME encrypted message"
      case .certificatesOnly: "S/MIME certificates"
      case .compressedData: "S/MIME compressed message"
      }
    }
  }

  /// The header of an application/pkcs7-mime message, its empty line included; base64 follows.
  public static func header(_ kind: Kind, messageFields: [HeaderField]) -> [UInt8] {
    fields(messageFields) + (wholeHeaders[kind] ?? wholeHeader(kind))
  }

  private static let wholeHeaders = Dictionary(uniqueKeysWithValues: Kind.allCases.map { ($0, wholeHeader($0)) })

  private static func wholeHeader(_ kind: Kind) -> [UInt8] {
    lines([
      "MIME-Version: 1.0",
      "Content-Type: application/pkcs7-mime; smime-type=\(kind.rawValue);",
      " name=\"\(kind.fileName)\"",
      "Content-Transfer-Encoding: base64",
      "Content-Disposition: attachment; filename=\"\(kind.fileName)\"",
      "Content-Description: \(kind.description)",
      "",
    ])
  }

  private static func fields(_ fields: [HeaderField]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(1_024)
    for field in fields { bytes += field.canonical }
    return bytes
  }

  /// The header of a multipart/signed message and the first boundary; the signed part follows.
  ///
  /// - Parameter micalg: the digests of the signers, as `sha-256` or comma separated.
  public static func signedHeader(messageFields: [HeaderField], micalg: String, boundary: String) -> [UInt8] {
    fields(messageFields)
      + lines([
        "MIME-Version: 1.0",
        "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\";",
        " micalg=\(micalg.contains(",") ? "\"\(micalg)\"" : micalg); boundary=\"\(boundary)\"",
        "",
        "This is an S/MIME signed message",
        "",
        "--\(boundary)",
      ])
  }

  /// What stands between the signed part and the signature's base64.
  public static func signatureHeader(boundary: String) -> [UInt8] {
    lines([
      "",
      "--\(boundary)",
      "Content-Type: application/pkcs7-signature; name=\"smime.p7s\"",
      "Content-Transfer-Encoding: base64",
      "Content-Disposition: attachment; filename=\"smime.p7s\"",
      "Content-Description: S/MIME signature",
      "",
    ])
  }

  /// The last boundary.
  public static func end(boundary: String) -> [UInt8] { lines(["", "--\(boundary)--"]) }

  private static func lines(_ lines: [String]) -> [UInt8] {
    var bytes: [UInt8] = []
    for line in lines {
      bytes += line.utf8
      bytes += [0x0D, 0x0A]
    }
    return bytes
  }

  /// A boundary that no text holds by chance: 128 random bits after characters that base64 and quoted-printable lack.
  public static func boundary(using generator: inout some RandomNumberGenerator) -> String {
    let (high, low) = (generator.next(), generator.next())
    return "=_" + String(high, radix: 36) + "_" + String(low, radix: 36)
  }

  /// A boundary by the system's generator.
  public static func boundary() -> String {
    var generator = SystemRandomNumberGenerator()
    return boundary(using: &generator)
  }
}
