import ByteIO
import CertificateAuthority
import HTTPTypes
import Hummingbird
import Issuance
import NIOCore
import PKIX
import SMIMECrypto

/// Requests for certificates: handed in by anybody, asked after by whoever has the token.
struct RequestEndpoint: Sendable {
  private let authority: Authority
  private let sizeLimit: Int
  private let metrics: ServerMetrics

  /// In seconds: people decide.
  private static let retryAfter = 60
  private static let codeSizeLimit = 256

  init(_ authority: Authority, _ settings: Settings, _ metrics: ServerMetrics) {
    self.authority = authority
    self.metrics = metrics
    sizeLimit = settings.limits.requestBytes
  }

  /// Takes a PKCS#10 request, PEM or DER.
  func add(_ request: Request, from sender: String?) async throws -> Response {
    guard let body = try await request.wholeBody(limit: sizeLimit) else {
      metrics.refused(by: .size)
      return Answers.tooLarge
    }
    let token = RequestToken()
    let added: CertificateRequest
    do {
      let wish = try CertificateSigningRequest(Array(body.readableBytesView))
      added = try authority.addRequest(wish, from: sender, token: token)
    } catch let failure as Malformed {
      return Answers.refusal(.badRequest, "that is no certificate request: \(failure)")
    } catch let failure as Unsupported {
      return Answers.refusal(.unprocessableContent, "\(failure)")
    } catch let failure as IssuanceRefusal {
      return Answers.refusal(.unprocessableContent, "\(failure)")
    } catch AuthorityFailure.refused(let words) {
      return Answers.refusal(.unprocessableContent, words)
    } catch AuthorityFailure.queueFull {
      metrics.refused(by: .queue)
      return Answers.refusal(.serviceUnavailable, "so many requests wait already", retryAfter: 3_600)
    }
    var response = Answers.json(Self.text(added, token: token), status: .created)
    response.headers[.location] = "/requests/\(added.id)"
    return response
  }

  func get(_ id: Substring, _ request: Request) throws -> Response {
    switch try find(id, request) {
    case .failure(let refusal): refusal.response
    case .success(let found): Answers.json(Self.text(found))
    }
  }

  func certificate(_ id: Substring, _ request: Request) throws -> Response {
    switch try find(id, request) {
    case .failure(let refusal): return refusal.response
    case .success(let found):
      if case .rejected = found.state { return Answers.refusal(.gone, "the request was rejected") }
      guard case .approved(_, _, _, let serialNumber?) = found.state,
        let certificate = try authority.certificate(serialNumber)
      else {
        var response = Answers.json(Self.text(found), status: .accepted)
        response.headers[.retryAfter] = "\(Self.retryAfter)"
        return response
      }
      let text = [certificate, authority.certificate(.issuing)].map(\.pem).joined()
      return Answers.bytes(Array(text.utf8), type: "application/pem-certificate-chain")
    }
  }

  /// Takes the code that was sent to one of the mailboxes, as text.
  func prove(_ id: Substring, _ request: Request) async throws -> Response {
    guard let body = try await request.wholeBody(limit: Self.codeSizeLimit) else {
      metrics.refused(by: .size)
      return Answers.tooLarge
    }
    switch try find(id, request) {
    case .failure(let refusal): return refusal.response
    case .success(let found):
      do {
        try authority.proveMailbox(found.id, code: String(decoding: body.readableBytesView, as: UTF8.self))
      } catch AuthorityFailure.refused(let words) { return Answers.refusal(.unprocessableContent, words) }
      return Answers.json(Self.text(try authority.request(found.id)))
    }
  }

  // MARK: Inside

  private struct Refusal: Error { let response: Response }

  /// The request whose token was shown. A wrong token and an unknown request are the same to the one who asks.
  private func find(_ id: Substring, _ request: Request) throws -> Result<CertificateRequest, Refusal> {
    let scheme = "bearer "
    guard let field = request.headers[.authorization], field.prefix(scheme.count).lowercased() == scheme else {
      var response = Answers.refusal(.unauthorized, "show the token of the request")
      response.headers[.wwwAuthenticate] = "Bearer"
      return .failure(Refusal(response: response))
    }
    guard let token = RequestToken(text: field.dropFirst(scheme.count)) else {
      return .failure(Refusal(response: Answers.notFound))
    }
    do { return .success(try authority.request(String(id), token: token)) } catch AuthorityFailure.notFound {
      return .failure(Refusal(response: Answers.notFound))
    }
  }

  private static func text(_ request: CertificateRequest, token: RequestToken? = nil) -> String {
    var members = [("id", JSONText.quoted(request.id))]
    if let token { members.append(("token", JSONText.quoted(token.text))) }
    switch request.state {
    case .waiting: members.append(("state", "\"waiting\""))
    case .approved(_, _, _, let serialNumber):
      members.append(("state", "\"approved\""))
      if let serialNumber { members.append(("serial", JSONText.quoted("\(serialNumber)"))) }
    case .rejected(_, _, let reason):
      members.append(("state", "\"rejected\""))
      members.append(("reason", JSONText.quoted(reason)))
    }
    members.append(("received", JSONText.quoted(request.received.rfc3339)))
    members.append(("addresses", list(request.addresses)))
    members.append(("unproved", list(request.unproved)))
    return "{\(members.map { "\"\($0)\":\($1)" }.joined(separator: ","))}"
  }

  private static func list(_ texts: [String]) -> String {
    "[\(texts.map(JSONText.quoted).joined(separator: ","))]"
  }
}
