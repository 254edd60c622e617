import ByteIO
import Fetching
import SMIMECrypto
import SMIMETestSupport
import Testing

/// The seeds of fuzzing entries, and whatever ended one of them once: all of it is read, or refused by an error that says why.
@Suite struct `Inputs of the fuzzing entries for the network` {
  /// Has `read` read all of them.
  private func each(_ entry: String, _ read: ([UInt8]) throws -> Void) throws {
    for (name, bytes) in try FuzzInputs.of(entry) {
      do { try read(bytes) } catch {
        let isTyped = error is Malformed || error is Unsupported || error is LimitExceeded || error is IOFailure
        #expect(isTyped, "\(name): \(error)")
      }
    }
  }

  @Test func `requests on the pipe`() throws {
    try each("fuzz-fetch-pipe") { bytes in
      let requests = FetchPipe.Requests(BufferSource(bytes).makeReader())
      _ = try requests.rules()
      while let request = try requests.next() {
        // What was read is written so that it is read as the same.
        let again = FetchPipe.Requests(BufferSource(try FetchPipe.encode(request)).makeReader())
        #expect(try again.next() == request)
      }
    }
  }

  @Test func `answers on the pipe`() throws {
    try each("fuzz-fetch-pipe") { bytes in
      let answers = FetchPipe.Answers(BufferSource(bytes).makeReader())
      while true {
        if case .success(let answer) = try answers.next(limit: 4_096) { #expect(answer.bytes.count <= 4_096) }
      }
    }
  }

  @Test func `places of certificates`() throws {
    try each("fuzz-finding") { _ = FindingPlace.isDirectoryURL(String(decoding: $0, as: UTF8.self)) }
    try each("fuzz-finding") { _ = try CertificateAssociation(record: $0[...]).certificate }
  }
}
