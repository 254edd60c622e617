import ByteIO
import HTTPTypes
import Hummingbird
import NIOCore

/// Answers that are made for one request, and not to be kept by anybody.
enum Answers {
  static func bytes(_ bytes: [UInt8], type: String, status: HTTPResponse.Status = .ok) -> Response {
    var headers = HTTPFields()
    headers[.contentType] = type
    headers[.cacheControl] = "no-store"
    headers[.xContentTypeOptions] = "nosniff"
    return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
  }

  static func json(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
    bytes(Array((text + "\n").utf8), type: "application/json", status: status)
  }

  /// A refusal in words, for the one who asked.
  static func refusal(_ status: HTTPResponse.Status, _ words: String) -> Response {
    json("{\"error\":\(JSONText.quoted(words))}", status: status)
  }

  static func refusal(_ status: HTTPResponse.Status, _ words: String, retryAfter seconds: Int) -> Response {
    var response = refusal(status, words)
    response.headers[.retryAfter] = "\(seconds)"
    return response
  }

  static let notFound = refusal(.notFound, "there is nothing here")

  static func wrongMethod(_ route: Route) -> Response {
    var response = refusal(.methodNotAllowed, "this is not how to ask")
    response.headers[.allow] = route.methods.map(\.rawValue).joined(separator: ", ")
    return response
  }

  /// RFC 9112 §9.3: what follows a body that is not read cannot be found.
  static var tooLarge: Response {
    var response = refusal(.contentTooLarge, "the request is too large")
    response.headers[.connection] = "close"
    return response
  }
}

extension Request {
  /// The whole body; nil when it is larger than `limit`.
  func wholeBody(limit: Int) async throws -> ByteBuffer? {
    if let length = headers[.contentLength].flatMap({ Int($0) }), length > limit { return nil }
    do { return try await body.collect(upTo: limit) } catch is NIOTooManyBytesError { return nil }
  }
}
