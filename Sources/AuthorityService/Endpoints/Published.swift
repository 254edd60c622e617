import HTTPTypes
import Hummingbird
import NIOCore
import PKIX
import SMIMECrypto

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Bytes that are the same for everybody who asks, with the headers that tell caches about them, made once.
struct Published: Sendable {
  private let whole: Response
  private let tag: String

  /// - Parameters:
  ///   - maxAge: for how many seconds a cache may give it away without asking.
  ///   - modified: since when it is like this.
  ///   - expires: when it is worthless.
  init(_ bytes: some Collection<UInt8>, type: String, maxAge: Int, modified: Date? = nil, expires: Date? = nil) {
    let digest = MessageDigest.sha256(ArraySlice(bytes))
    tag = "\"\(Hex.text(digest.prefix(16)))\""
    var headers = HTTPFields()
    headers[.contentType] = type
    // RFC 5019 §6.2, with the age that the operator chose.
    headers[.cacheControl] =
      "max-age=\(maxAge), public, no-transform\(maxAge == 0 || expires != nil ? ", must-revalidate" : "")"
    headers[.eTag] = tag
    if let modified { headers[.lastModified] = HTTPDate.text(modified) }
    if let expires { headers[.expires] = HTTPDate.text(expires) }
    headers[.xContentTypeOptions] = "nosniff"
    whole = Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
  }

  /// The answer to `request`: all of it, its head, or that nothing changed.
  func response(to request: Request) -> Response {
    switch request.method {
    case .get:
      guard let known = request.headers[.ifNoneMatch] else { return whole }
      return isNamed(in: known) ? unchanged : whole
    case .head:
      if let known = request.headers[.ifNoneMatch], isNamed(in: known) { return unchanged }
      return whole.createHeadResponse()
    default: return whole
    }
  }

  private var unchanged: Response {
    var headers = whole.headers
    headers[.contentType] = nil
    return Response(status: .notModified, headers: headers)
  }

  /// RFC 9110 §13.1.2: weak comparison with a list of tags, or any.
  private func isNamed(in text: String) -> Bool {
    text.split(separator: ",").contains { part in
      var one = part.drop { $0 == " " || $0 == "\t" }
      while one.last == " " || one.last == "\t" { one = one.dropLast() }
      if one == "*" { return true }
      return (one.hasPrefix("W/") ? one.dropFirst(2) : one) == tag
    }
  }
}
