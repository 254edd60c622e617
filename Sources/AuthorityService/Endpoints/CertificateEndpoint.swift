import CMS
import CertificateAuthority
import Hummingbird
import PKIX

/// The certificates of the authority itself, which do not change while it runs.
struct CertificateEndpoint: Sendable {
  private let root: Published
  private let issuing: Published
  private let chain: Published

  private static let maxAge = 86_400

  init(_ authority: Authority) {
    let certificates = [authority.certificate(.issuing), authority.certificate(.root)]
    root = Published(certificates[1].derBytes, type: "application/pkix-cert", maxAge: Self.maxAge)
    issuing = Published(certificates[0].derBytes, type: "application/pkix-cert", maxAge: Self.maxAge)
    chain = Published(
      SignedDataWriter.certificatesOnly(certificates), type: "application/pkcs7-mime; smime-type=certs-only",
      maxAge: Self.maxAge)
  }

  func get(_ level: Authority.Level, _ request: Request) -> Response {
    switch level {
    case .root: root.response(to: request)
    case .issuing: issuing.response(to: request)
    }
  }

  func getChain(_ request: Request) -> Response { chain.response(to: request) }
}
