import CertificateAuthority
import Foundation
import PKIX
import SMIMECrypto
import SMIMETestSupport
import Testing

/// The seeds of fuzzing entries, and whatever ended one of them once: all of it is read, or refused by an error that says why.
@Suite struct `Inputs of the fuzzing entries for authorities` {
  /// Whatever comes in, a response goes out that can be read.
  @Test func `requests to a responder`() async throws {
    let place = try await Workplace()
    let responder = try OCSPResponder(authority: try place.open(), issuer: try place.issuer())
    try await responder.renew(at: Workplace.day)
    for (name, bytes) in try FuzzInputs.of("fuzz-ocsp-request") {
      let answer = await responder.answer(bytes[...], at: Workplace.day)
      let response = try OCSPResponse(der: answer.bytes[...])
      #expect((response.status == .successful) == (response.basic != nil), "\(name)")
    }
  }

  /// Lines behind those of an authority that was just made, each under a checksum that is right.
  @Test func `lines of a journal`() async throws {
    for (name, bytes) in try FuzzInputs.of("fuzz-journal") {
      let place = try await Workplace()
      var journal = [UInt8](try Data(contentsOf: place.journal))
      var checksum = Array(try #require(journal.dropLast().split(separator: 0x0A).last).prefix(32))
      for line in bytes.split(separator: 0x0A) {
        let digest = try MessageDigest.hash((checksum + line)[...], .sha256)
        checksum = Array(digest.prefix(16).map { String(format: "%02x", $0) }.joined().utf8)
        journal += checksum + [0x20] + line + [0x0A]
      }
      try Data(journal).write(to: place.journal)
      do { _ = try place.open().status(of: SerialNumber([1])) } catch {
        #expect(error is AuthorityFailure, "\(name): \(error)")
      }
    }
  }
}
