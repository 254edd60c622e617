import PKIX

/// The anchors that the system trusts for e-mail.
enum SystemTrust {
  /// Where `update-ca-trust` leaves them, on systems that have it.
  private static let bundle = "/etc/pki/ca-trust/extracted/pem/email-ca-bundle.pem"

  static func anchors() -> [Certificate] {
    if let bytes = try? Input.bytes(of: bundle) { return (try? Certificate.all(in: bytes)) ?? [] }
    guard let trust = Subprocess.find("trust") else { return [] }
    let extracted = try? Subprocess(
      trust, "extract", "--purpose=email", "--filter=ca-anchors", "--format=pem-bundle", "-"
    )
    .run(errors: .dropped)
    guard let extracted, extracted.status == 0 else { return [] }
    return (try? Certificate.all(in: extracted.output)) ?? []
  }
}
