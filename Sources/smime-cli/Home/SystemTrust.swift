import Glibc
import PKIX

/// The anchors that the system trusts for e-mail.
enum SystemTrust {
  /// Where `update-ca-trust` leaves them, on systems that have it.
  private static let bundle = "/etc/pki/ca-trust/extracted/pem/email-ca-bundle.pem"

  static func anchors() -> [Certificate] { known }

  /// Asked for once in a process: it takes another one.
  private static let known = read()

  private static func read() -> [Certificate] {
    if let bytes = try? Input.bytes(of: bundle) { return certificates(in: bytes) }
    guard let trust = Subprocess.find("trust") else { return [] }
    // It writes to a file that is not there yet, and never to standard output.
    var template = Array("/tmp/smime-trust-XXXXXX".utf8CString)
    guard unsafe mkdtemp(&template) != nil else { return [] }
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let file = "\(folder)/anchors.pem"
    defer {
      Files.remove(file)
      unsafe rmdir(folder)
    }
    let extracted = try? Subprocess(
      trust, "extract", "--purpose=email", "--filter=ca-anchors", "--format=pem-bundle", file
    )
    .run(errors: .dropped)
    guard extracted?.status == 0, let bytes = try? Input.bytes(of: file) else { return [] }
    return certificates(in: bytes)
  }

  /// The certificates in a bundle as PEM. One that cannot be read is left out: the others are trusted all the same.
  static func certificates(in bundle: [UInt8]) -> [Certificate] {
    if let all = try? Certificate.all(in: bundle) { return all }
    var blocks: [[UInt8]] = []
    for line in bundle.split(separator: UInt8(ascii: "\n")) {
      if line.starts(with: "-----BEGIN ".utf8) { blocks.append([]) }
      // What stands before the first block is no certificate.
      guard let last = blocks.indices.last else { continue }
      blocks[last] += line + [UInt8(ascii: "\n")]
    }
    return blocks.flatMap { (try? Certificate.all(in: $0)) ?? [] }
  }
}
