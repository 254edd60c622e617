import ByteIO
import Foundation
import SMIMECrypto
import Testing

@testable import Fetching

@Suite struct `The pipe` {
  /// Gives bytes a few at a time, as pipes do.
  private final class Drip: ByteReader {
    private var rest: ArraySlice<UInt8>
    private let piece: Int

    init(_ bytes: [UInt8], piece: Int) {
      rest = bytes[...]
      self.piece = piece
    }

    func read(into buffer: inout [UInt8]) throws -> Int {
      let count = min(piece, rest.count, buffer.count)
      buffer.replaceSubrange(0..<count, with: rest.prefix(count))
      rest = rest.dropFirst(count)
      return count
    }
  }

  private let requests = [
    FetchRequest(.issuers, url: "http://h/ü\n\"x"), FetchRequest(.ocsp, url: "http://h/", body: [0x0A, 0, 0xFF, 0x0A]),
    FetchRequest(.revocationList, url: ""),
  ]
  private let answers: [Result<FetchAnswer, FetchFailure>] = [
    .success(
      FetchAnswer([0x0A, 1, 2], url: "http://h/", fetched: Date(timeIntervalSince1970: 1.5), isFromCache: true)),
    .failure(FetchFailure(.timeout, "no answer\nin time")),
    .success(FetchAnswer([], url: "", fetched: Date(timeIntervalSince1970: 0), isFromCache: false)),
  ]

  @Test(arguments: [1, 2, 7, 4_096]) func `gives what was put in, in whatever pieces`(piece: Int) throws {
    var rules = FetchRules(.own, cacheFolder: "/x\ny")
    rules.fetches = 3
    let sent = try FetchPipe.encode(rules) + requests.flatMap { try FetchPipe.encode($0) }
    let reader = FetchPipe.Requests(Drip(sent, piece: piece))
    #expect(try reader.rules() == rules)
    for request in requests { #expect(try reader.next() == request) }
    #expect(try reader.next() == nil)
    let back = FetchPipe.Answers(Drip(try answers.flatMap { try FetchPipe.encode($0) }, piece: piece))
    for answer in answers { #expect(try back.next(limit: 3) == answer) }
    #expect(throws: Malformed.self) { try back.next(limit: 3) }
  }

  @Test func `that ends early is an error`() throws {
    let sent = try FetchPipe.encode(requests[1])
    for count in 1..<sent.count {
      #expect(throws: Malformed.self) { try FetchPipe.Requests(Drip(Array(sent.prefix(count)), piece: 64)).next() }
    }
    let answer = try FetchPipe.encode(answers[0])
    for count in 0..<answer.count {
      #expect(throws: Malformed.self) {
        try FetchPipe.Answers(Drip(Array(answer.prefix(count)), piece: 64)).next(limit: 9)
      }
    }
  }

  @Test(arguments: [
    "\n", "{}\n", "[]\n", "null\n", "{\"kind\":\"x\",\"url\":\"\",\"length\":0}\n",
    "{\"kind\":\"ocsp\",\"url\":\"\",\"length\":-1}\n",
    "{\"kind\":\"ocsp\",\"url\":\"\",\"length\":9223372036854775807}\n",
    "{\"kind\":\"ocsp\",\"url\":\"\",\"length\":65537}\n", "{\"kind\":\"ocsp\",\"url\":\"\",\"length\":1e99}\n",
    String(repeating: "[", count: 10_000) + "\n", String(repeating: "a", count: 20_000) + "\n", "\u{0}\u{1}\n",
  ]) func `takes nothing else`(text: String) {
    let bytes = Array(text.utf8)
    #expect(throws: Malformed.self) { try FetchPipe.Requests(Drip(bytes, piece: 999)).next() }
    #expect(throws: Malformed.self) { try FetchPipe.Requests(Drip(bytes, piece: 999)).rules() }
    #expect(throws: Malformed.self) { try FetchPipe.Answers(Drip(bytes, piece: 999)).next(limit: 9) }
  }

  @Test func `gives no answer that is larger than it may be`() throws {
    let sent = try FetchPipe.encode(answers[0])
    #expect(throws: Malformed.self) { try FetchPipe.Answers(Drip(sent, piece: 64)).next(limit: 2) }
  }

  @Test func `takes no rules without sense`() throws {
    var rules = FetchRules()
    rules.listBytes = -1
    let sent = try FetchPipe.encode(rules)
    #expect(throws: Malformed.self) { try FetchPipe.Requests(Drip(sent, piece: 64)).rules() }
  }

  @Test func `A stranger's words are cut, and always pass`() throws {
    let failure = FetchFailure(.malformed, String(repeating: "1.2.3.", count: 100_000))
    #expect(failure.words.utf8.count <= 1_024)
    _ = try FetchPipe.encode(.failure(failure))
  }
}
