import ByteIO
import CertificateAuthority
import Hummingbird
import NIOCore
import Synchronization

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// RFC 6960 Appendix A: OCSP over HTTP. What was signed ahead is kept as the whole HTTP answer, by what was asked.
final class OCSPEndpoint: Sendable {
  private let authority: Authority
  private let responder: OCSPResponder
  private let maxAge: Int
  private let sizeLimit: Int
  private let metrics: ServerMetrics
  private let kept = Mutex(Kept())

  fileprivate struct Kept {
    /// Of the authority, at which all of it was right.
    var revision = -1
    var byBody: [ByteBuffer: Entry] = [:]
    var byPath: [Substring: Entry] = [:]
  }

  fileprivate struct Entry {
    let published: Published
    let until: Date
  }

  private static let entryLimit = 4_096
  /// No longer than this, in seconds, so that what the responder renews is seen.
  private static let entryLifetime = 60.0
  private static let type = "application/ocsp-response"

  init(_ authority: Authority, _ responder: OCSPResponder, _ settings: Settings, _ metrics: ServerMetrics) {
    self.authority = authority
    self.responder = responder
    self.metrics = metrics
    maxAge = settings.publication.ocspMaxAge
    sizeLimit = settings.limits.ocspBytes
  }

  func post(_ request: Request) async throws -> Response {
    guard let body = try await request.wholeBody(limit: sizeLimit) else {
      metrics.refused(by: .size)
      return Answers.tooLarge
    }
    let now = Date()
    let revision = try upToDate()
    if let found = kept.withLock({ $0.entry(at: revision, now) { $0.byBody[body] } }) {
      metrics.answered(ocsp: .preSigned)
      return found.response(to: request)
    }
    let answer = await responder.answer(ArraySlice(body.readableBytesView), at: now)
    return respond(answer, to: request, revision, now) { kept, entry in kept.byBody[body] = entry }
  }

  func get(_ encoded: Substring, _ request: Request) async throws -> Response {
    let now = Date()
    let revision = try upToDate()
    if let found = kept.withLock({ $0.entry(at: revision, now) { $0.byPath[encoded] } }) {
      metrics.answered(ocsp: .preSigned)
      return found.response(to: request)
    }
    guard encoded.utf8.count <= sizeLimit * 4 else {
      metrics.refused(by: .size)
      return Answers.refusal(.uriTooLong, "the request is too large")
    }
    // What is no base64 is no request, as nothing at all is none.
    let answer = await responder.answer(ArraySlice(Self.decode(encoded) ?? []), at: now)
    return respond(answer, to: request, revision, now) { kept, entry in kept.byPath[encoded] = entry }
  }

  /// The revision of the authority, with what other processes did.
  private func upToDate() throws -> Int {
    try authority.refresh()
    return authority.revision
  }

  private func respond(
    _ answer: OCSPAnswer, to request: Request, _ revision: Int, _ now: Date,
    keep: (inout Kept, Entry) -> Void
  ) -> Response {
    metrics.answered(ocsp: answer.kind)
    guard answer.kind == .preSigned, let next = answer.nextUpdate, next > now else {
      let response = Answers.bytes(answer.bytes, type: Self.type)
      return request.method == .head ? response.createHeadResponse() : response
    }
    let left = Int(next.timeIntervalSince(now) - Self.entryLifetime)
    let published = Published(
      answer.bytes, type: Self.type, maxAge: max(0, min(maxAge, left)), modified: answer.thisUpdate, expires: next)
    let entry = Entry(published: published, until: min(next, now.addingTimeInterval(Self.entryLifetime)))
    kept.withLock { kept in
      guard kept.revision == revision else { return }
      if kept.byBody.count + kept.byPath.count >= Self.entryLimit {
        kept.byBody.removeAll(keepingCapacity: true)
        kept.byPath.removeAll(keepingCapacity: true)
      }
      keep(&kept, entry)
    }
    return published.response(to: request)
  }

  /// RFC 6960 A.1: percent-encoded base64.
  ///
  /// QUIRK: clients leave `/`, `+` and `=` as they are, leave out the padding, or use the alphabet of RFC 4648 §5.
  static func decode(_ text: Substring) -> [UInt8]? {
    var characters: [UInt8] = []
    characters.reserveCapacity(text.utf8.count)
    var rest = text.utf8[...]
    while let character = rest.popFirst() {
      switch character {
      case UInt8(ascii: "%"):
        guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else { return nil }
        characters.append(high << 4 | low)
      case UInt8(ascii: "-"): characters.append(UInt8(ascii: "+"))
      case UInt8(ascii: "_"): characters.append(UInt8(ascii: "/"))
      default: characters.append(character)
      }
    }
    return Base64.decode(characters)
  }

  private static func digit(_ character: UInt8) -> UInt8? {
    Character(UnicodeScalar(character)).hexDigitValue.map { UInt8($0) }
  }
}

extension OCSPEndpoint.Kept {
  /// What was kept, if it is still right. At another revision all of it is forgotten.
  fileprivate mutating func entry(
    at revision: Int, _ now: Date, _ find: (Self) -> OCSPEndpoint.Entry?
  ) -> Published? {
    if self.revision != revision {
      self.revision = revision
      byBody.removeAll(keepingCapacity: true)
      byPath.removeAll(keepingCapacity: true)
    }
    guard let entry = find(self), entry.until > now else { return nil }
    return entry.published
  }
}
