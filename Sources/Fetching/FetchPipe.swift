public import ByteIO
import SMIMECrypto

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Requests and answers on a pipe: one line of JSON that says how many bytes follow it, then those bytes. The first line
/// of a session are the rules; each request is answered before the next is read.
public enum FetchPipe {
  static let lineLimit = 16 << 10
  static let requestLimit = 64 << 10

  private struct RequestHead: Codable {
    let kind: FetchRequest.Kind
    let url: String
    let freshness: FetchRequest.Freshness
    let length: Int
  }

  private struct AnswerHead: Codable {
    let url: String
    /// In seconds since 1970.
    let fetched: Double
    let isFromCache: Bool
    let length: Int
  }

  private struct FailureHead: Codable {
    let failure: FetchFailure.Reason
    let words: String
  }

  // MARK: Writing

  public static func encode(_ rules: FetchRules) throws -> [UInt8] { try line(rules) }

  public static func encode(_ request: FetchRequest) throws -> [UInt8] {
    let head = RequestHead(
      kind: request.kind, url: request.url, freshness: request.freshness, length: request.body.count)
    return try line(head) + request.body
  }

  public static func encode(_ answer: Result<FetchAnswer, FetchFailure>) throws -> [UInt8] {
    switch answer {
    case .success(let answer):
      let head = AnswerHead(
        url: answer.url, fetched: answer.fetched.timeIntervalSince1970, isFromCache: answer.isFromCache,
        length: answer.bytes.count)
      return try line(head) + answer.bytes
    case .failure(let failure): return try line(FailureHead(failure: failure.reason, words: failure.words))
    }
  }

  private static func line(_ head: some Encodable) throws -> [UInt8] {
    let line = [UInt8](try JSONEncoder().encode(head)) + [0x0A]
    guard line.count <= lineLimit else { throw Malformed("a line has more than \(lineLimit) bytes") }
    return line
  }

  // MARK: Reading

  /// The side that asks the network.
  public final class Requests {
    private let frames: FrameReader

    public init(_ reader: any ByteReader) { frames = FrameReader(reader) }

    /// The rules of the session; nil when there is none.
    ///
    /// - Throws: ``Malformed``
    public func rules() throws -> FetchRules? {
      guard let line = try frames.line(limit: lineLimit) else { return nil }
      let rules = try head(line, as: FetchRules.self)
      guard rules.isPlausible else { throw Malformed("a limit is no count") }
      return rules
    }

    /// The next request; nil at the end.
    ///
    /// - Throws: ``Malformed``
    public func next() throws -> FetchRequest? {
      guard let line = try frames.line(limit: lineLimit) else { return nil }
      let head = try head(line, as: RequestHead.self)
      guard (0...requestLimit).contains(head.length) else { throw Malformed("a request has \(head.length) bytes") }
      return FetchRequest(
        head.kind, url: head.url, body: try frames.bytes(head.length), freshness: head.freshness)
    }
  }

  /// The side that wants to know.
  public final class Answers {
    private let frames: FrameReader

    public init(_ reader: any ByteReader) { frames = FrameReader(reader) }

    /// The next answer, of at most `limit` bytes.
    ///
    /// - Throws: ``Malformed``, also at the end.
    public func next(limit: Int) throws -> Result<FetchAnswer, FetchFailure> {
      guard let line = try frames.line(limit: lineLimit) else { throw Malformed("there is no answer") }
      if let head = try? head(line, as: FailureHead.self) { return .failure(FetchFailure(head.failure, head.words)) }
      let head = try head(line, as: AnswerHead.self)
      guard (0...limit).contains(head.length) else { throw Malformed("an answer has \(head.length) bytes") }
      return .success(
        FetchAnswer(
          try frames.bytes(head.length), url: head.url, fetched: Date(timeIntervalSince1970: head.fetched),
          isFromCache: head.isFromCache))
    }
  }

  private static func head<Head: Decodable>(_ line: [UInt8], as type: Head.Type) throws -> Head {
    do { return try JSONDecoder().decode(type, from: Data(line)) } catch { throw Malformed("a line is no \(type)") }
  }
}

extension FetchRules {
  fileprivate var isPlausible: Bool {
    [
      responseBytes, certificateBytes, listBytes, milliseconds, redirects, fetches, allMilliseconds, directoryEntries,
      cacheEntries, cacheBytes,
    ].allSatisfy { (0...1 << 40).contains($0) }
  }
}
