public import CMS

/// A time-stamping authority on the network, by HTTP (RFC 3161 §3.4).
public struct NetworkTimestamps: TimestampSource {
  private let network: any AnswerSource
  private let url: String

  public init(_ network: any AnswerSource, url: String) {
    self.network = network
    self.url = url
  }

  /// - Throws: ``FetchFailure``
  public func response(to request: [UInt8]) async throws -> [UInt8] {
    try await network.answer(to: FetchRequest(.timestamp, url: url, body: request, freshness: .new)).get().bytes
  }
}
