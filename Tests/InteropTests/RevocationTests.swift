import Discovery
import Fetching
import Foundation
import Issuance
import PKIX
import SMIMECrypto
import SMIMETestSupport
import Testing

/// `openssl ocsp` as a responder, on a port that the system chooses.
private final class OpenSSLResponder {
  private let process = Process()
  private let workshop: Workshop
  let port: Int

  /// - Parameters:
  ///   - index: the lines of the authority's index: status, expiry, revocation, serial number, file, name.
  ///   - options: more of what `openssl ocsp` takes.
  init(_ authority: Identity, key: String, index: [String], _ options: [String] = []) throws {
    workshop = try Workshop()
    try workshop.write(authority.certificate.pem.utf8, to: "ca.pem")
    try workshop.write(key.utf8, to: "ca.key")
    try workshop.write(index.map { $0 + "\n" }.joined().utf8, to: "index.txt")
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments =
      [
        "openssl", "ocsp", "-index", "index.txt", "-CA", "ca.pem", "-rsigner", "ca.pem", "-rkey", "ca.key", "-port",
        "0",
      ]
      + options
    process.currentDirectoryURL = URL(fileURLWithPath: workshop.path)
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    // It says `ACCEPT [::]:44367 PID=5813` when it listens.
    var said = ""
    while !said.contains("\n") {
      let piece = output.fileHandleForReading.availableData
      guard !piece.isEmpty else { throw PeerFailure("openssl ocsp ended with \(said)") }
      said += String(decoding: piece, as: UTF8.self)
    }
    let words = said.split(separator: " ")
    guard words.first == "ACCEPT", words.count > 1, let port = words[1].split(separator: ":").last.flatMap({ Int($0) })
    else { throw PeerFailure("openssl ocsp says \(said)") }
    self.port = port
  }

  func stop() {
    // It inherits that the threads of tests block signals, and would not hear a milder one.
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }
}

/// Asks at another place than certificates say, which were made before its port was known.
private struct Elsewhere: AnswerSource {
  let network: Fetcher
  let url: String

  func answer(to request: FetchRequest) async -> Result<FetchAnswer, FetchFailure> {
    await network.answer(to: FetchRequest(request.kind, url: url, body: request.body))
  }
}

@Suite(.enabled(if: isAvailable(OpenSSLPeer.program), "openssl is not installed"), .serialized)
struct `openssl ocsp` {
  /// An authority with three certificates: one in order, one revoked, and one that its responder does not know.
  private struct Authority {
    let identity: Identity
    let key: String
    let certificates: [Certificate]
    let index: [String]

    init() async throws {
      let start = Date(timeIntervalSinceNow: -86_400)
      let privateKey = try PrivateKey(generate: .ec(.p256))
      let certificate = try await CertificateTemplate.issuingAuthority(
        subject: DistinguishedName(commonName: "Responder Test"), publicKey: privateKey.publicKey,
        validity: Validity(from: start, days: 30)
      ).prepared(issuer: nil, signatureAlgorithm: privateKey.publicKey.defaultSignatureAlgorithm).signed(by: privateKey)
      identity = try Identity(certificate: certificate, privateKey: privateKey)
      key = PEMBlock(label: "PRIVATE KEY", bytes: privateKey.pkcs8).text
      var certificates: [Certificate] = []
      for number in 0..<3 {
        let holder = try PrivateKey(generate: .ec(.p256))
        certificates.append(
          try await CertificateTemplate.mailbox(
            addresses: ["holder\(number)@example.com"], publicKey: holder.publicKey,
            validity: Validity(from: start, days: 20),
            publication: PublicationPoints(ocsp: "http://ocsp.invalid/")
          ).prepared(issuer: certificate, signatureAlgorithm: privateKey.publicKey.defaultSignatureAlgorithm)
            .signed(by: privateKey))
      }
      self.certificates = certificates
      let serials = certificates.map { $0.serialNumber.description.uppercased() }
      index = [
        "V\t491231235959Z\t\t\(serials[0])\tunknown\t/CN=good",
        "R\t491231235959Z\t260101000000Z,superseded\t\(serials[1])\tunknown\t/CN=revoked",
      ]
    }
  }

  @Test(arguments: [OCSPSource.Nonce.none, .fresh], [[], ["-nmin", "5"], ["-resp_key_id", "-nmin", "5"]])
  func `answers what is asked here`(nonce: OCSPSource.Nonce, options: [String]) async throws {
    let authority = try await Authority()
    let responder = try OpenSSLResponder(authority.identity, key: authority.key, index: authority.index, options)
    defer { responder.stop() }
    let fetcher = Fetcher(FetchRules(.own))
    let url = "http://127.0.0.1:\(responder.port)/"
    let revocation = RevokedCertificate(date: Date(timeIntervalSince1970: 1_767_225_600), reason: .superseded)
    for (certificate, expected) in zip(
      authority.certificates, [CertificateStatus.good, .revoked(revocation), .unknown])
    {
      let source = OCSPSource(Elsewhere(network: fetcher, url: url), nonce: nonce)
      let paths = PathValidator(
        anchors: TrustAnchors([authority.identity.certificate]), revocation: .hard([source]))
      let reports =
        switch await paths.validate(certificate, at: Date()) {
        case .success(let path): path.revocation
        case .failure(let failure): failure.revocation
        }
      let report = try #require(reports.first)
      #expect(report.status == expected, "\(report.inquiries)")
      // The nonce came back: its absence would be told.
      #expect(report.inquiries.allSatisfy { $0.detail == nil }, "\(report.inquiries)")
    }
  }
}
