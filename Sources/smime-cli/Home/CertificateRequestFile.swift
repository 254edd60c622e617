import ByteIO
import PKIX
import SMIMECrypto

/// A certificate signing request, PEM or DER.
enum CertificateRequestFile {
  /// The request in `input`, if its own key signed it.
  static func request(in input: Input) throws -> CertificateSigningRequest {
    do {
      let bytes = try input.source.readAll(limit: Input.objectLimit)
      let request = try CertificateSigningRequest(bytes)
      guard try request.provesPossession() else {
        throw CommandFailure(.notGood, "\(input.name): the request is not signed by its own key")
      }
      return request
    } catch {
      throw CommandFailure(error, in: input.name)
    }
  }
}
