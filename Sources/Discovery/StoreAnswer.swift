import ByteIO
import CMS
import Fetching
import MIME
import PKIX

/// What an HTTP certificate store answers with: one certificate, or many as the parts of a multipart/mixed (RFC 4387 §2).
enum StoreAnswer {
  static let certificateLimit = 64

  /// The certificates as PEM.
  ///
  /// - Throws: ``FetchFailure``: `.malformed`, `.absent`
  static func bytes(_ body: [UInt8], contentType: String?) throws(FetchFailure) -> [UInt8] {
    let certificates: [Certificate]
    do {
      let isMultipart = contentType.map { $0.prefix(10).lowercased() == "multipart/" } ?? false
      certificates =
        isMultipart
        ? try parts(of: body, contentType: contentType ?? "") : try CertificateBundle(body).certificates
    } catch { throw FetchFailure(.malformed, "the answer is not what was asked for: \(error)") }
    guard !certificates.isEmpty else { throw FetchFailure(.absent, "there is no certificate in the answer") }
    guard certificates.count <= certificateLimit else {
      throw FetchFailure(.malformed, "the answer has \(certificates.count) certificates")
    }
    return certificates.flatMap { Array($0.pem.utf8) }
  }

  private static func parts(of body: [UInt8], contentType: String) throws -> [Certificate] {
    let header = "Content-Type: \(contentType)\r\n\r\n"
    let entity = try Entity(BufferSource(Array(header.utf8) + body))
    let leaves = entity.all.dropFirst().filter(\.parts.isEmpty)
    return try leaves.flatMap { try CertificateBundle($0.decodedBody.readAll(limit: body.count)).certificates }
  }
}
