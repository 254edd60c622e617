import ByteIO
import CMS
import CertificateAuthority
import Fetching
import Foundation
import MIME
import PKIX
import SMIME
import SMIMECrypto

/// Mail, its header values, its transfer encodings.
struct MailSeeds {
  let cast: Cast

  init(_ cast: Cast) { self.cast = cast }

  func write() async throws {
    let date = Date(timeIntervalSince1970: 1_790_000_000)
    let alice = AddressList("Alice Ä <alice@example.com>").mailboxes
    guard let from = alice.first else { return }
    let draft = Draft(
      from: from, to: alice, subject: "Grüße", text: "Dear peer,\r\n\u{e4}\u{20ac}\r\n",
      attachments: [.init(fileName: "ä.bin", bytes: [0, 1, 2])], date: date)
    try MakeSeeds.seed("fuzz-mail", "draft.eml", try draft.bytes())
    try MakeSeeds.seed("fuzz-header", "draft.eml", try draft.bytes())
    guard let identity = cast.identities.first else { return }
    for form in [SMIMEWriter.SignatureForm.multipart, .opaque] {
      let signed = try await draft.signed(by: identity, as: form, at: date)
      try MakeSeeds.seed("fuzz-mail", "\(form).eml", try signed.bytes())
    }
    let encrypted = try await draft.message().encrypted(for: [identity.certificate])
    try MakeSeeds.seed("fuzz-mail", "encrypted.eml", try encrypted.bytes())
    let values = [
      "\"A, B\" <a@b>, =?utf-8?q?=C3=A4?= <\"x y\"@[127.0.0.1]>, group: c@d (e);", "a@xn--bcher-kva.example",
      "multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256; boundary*0=\"a\"; boundary*1*=utf-8''%41",
    ]
    for (index, value) in values.enumerated() { try MakeSeeds.seed("fuzz-header", "value-\(index)", value) }
    try MakeSeeds.seed("fuzz-transfer-encoding", "base64", "RGVhciBwZWVyLA0K\r\nAAEC\r\n/w==\r\n")
    try MakeSeeds.seed("fuzz-transfer-encoding", "quoted", "Dear=20peer=2C =\r\n=C3=A4  \r\n=3D\r\n")
    let pipe =
      try FetchPipe.encode(FetchRules(.own)) + FetchPipe.encode(FetchRequest(.ocsp, url: "http://h/", body: [0, 10, 255]))
      + FetchPipe.encode(FetchRequest(.issuers, url: "http://h/"))
    try MakeSeeds.seed("fuzz-fetch-pipe", "requests", pipe)
    let answer: Result<FetchAnswer, FetchFailure> = .failure(FetchFailure(.timeout, "no answer"))
    try MakeSeeds.seed("fuzz-fetch-pipe", "answers", try FetchPipe.encode(answer))
  }
}

/// The lines of a journal, without their checksums.
struct AuthoritySeeds {
  func write() async throws {
    let folder = NSTemporaryDirectory() + "/seeds-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    _ = try await Authority.create(
      in: folder, AuthorityPlan(name: "Fuzz", key: .ec(.p256)), password: Password("fuzz"))
    let journal = [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder + "/journal")))
    for (index, line) in journal.split(separator: 0x0A).enumerated() {
      try MakeSeeds.seed("fuzz-journal", "line-\(index)", Array(line.dropFirst(33)))
    }
    for (index, event) in Self.events.enumerated() { try MakeSeeds.seed("fuzz-journal", "event-\(index)", event) }
  }

  static let events: [String] = []
}
