import CMS
import Fetching
import PKIX

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Whether what came is what was asked for, before anything is made of it.
struct AnswerContent {
  /// Until when it may be used at all; nil when it does not say.
  let expires: Date?
  /// False for what is true only now.
  let isKeepable: Bool
  /// True for what takes the place of an older answer; a responder that says `tryLater` does not.
  let isAnswer: Bool

  /// - Throws: ``FetchFailure``: `.malformed`
  init(_ bytes: [UInt8], for request: FetchRequest) throws(FetchFailure) {
    do {
      switch request.kind {
      case .issuers:
        let found = try CertificateBundle(bytes).certificates
        guard (1...Self.certificateLimit).contains(found.count) else {
          throw FetchFailure(.malformed, "the answer has \(found.count) certificates")
        }
        (expires, isKeepable, isAnswer) = (nil, true, true)
      case .revocationList:
        let lists = try CertificateRevocationList.all(in: bytes)
        (expires, isKeepable, isAnswer) = (lists.compactMap(\.nextUpdate).min(), true, true)
      case .ocsp:
        let response = try OCSPResponse(der: bytes[...])
        let asked = try OCSPRequest(der: request.body[...])
        let answers = response.basic?.responses ?? []
        expires = answers.compactMap(\.nextUpdate).min()
        // Without nextUpdate there may be news at any time; an answer to a nonce was made for one question.
        isAnswer = !answers.isEmpty
        isKeepable =
          isAnswer && answers.allSatisfy { $0.nextUpdate != nil } && asked.nonce == nil
          && asked.certificates.allSatisfy { one in
            answers.contains { $0.certificate.serialNumber == one.serialNumber }
          }
      case .timestamp:
        // A refusal is an answer too. Whether it answers this request is for whoever asked to say.
        _ = try TimestampResponse(der: bytes[...])
        (expires, isKeepable, isAnswer) = (nil, false, true)
      case .certificates, .associations:
        // They are judged one by one by whoever looks for them, and looked for anew each time.
        (expires, isKeepable, isAnswer) = (nil, false, true)
      }
    } catch let failure as FetchFailure {
      throw failure
    } catch {
      throw FetchFailure(.malformed, "the answer is not what was asked for: \(error)")
    }
  }

  private static let certificateLimit = 64

  /// Refuses an answer that says it is something else. Authorities serve certificates and CRLs under many names; a web
  /// page is none of them.
  static func check(contentType: String?, for kind: FetchRequest.Kind) throws(FetchFailure) {
    let type = contentType?.prefix { $0 != ";" }.filter { $0 != " " && $0 != "\t" }.lowercased()
    let allowed: Set<String>
    switch kind {
    case .ocsp:
      // RFC 6960 A.2
      guard type == "application/ocsp-response" else {
        throw FetchFailure(.contentType, "the answer is \(named(type)), not application/ocsp-response")
      }
      return
    case .timestamp:
      // RFC 3161 §3.4
      guard type == "application/timestamp-reply" else {
        throw FetchFailure(.contentType, "the answer is \(named(type)), not application/timestamp-reply")
      }
      return
    case .revocationList:
      allowed = ["application/pkix-crl", "application/x-pkcs7-crl", "application/x-x509-crl", "application/crl"]
    case .issuers:
      allowed = [
        "application/pkix-cert", "application/x-x509-ca-cert", "application/x-x509-user-cert",
        "application/x-x509-ca-ra-cert", "application/pkcs7-mime", "application/x-pkcs7-mime",
        "application/pkcs7-signature", "application/x-pkcs7-signature", "application/x-pkcs7-certificates",
      ]
    case .certificates:
      // RFC 4387 §2
      allowed = [
        "application/pkix-cert", "application/x-x509-user-cert", "application/x-x509-ca-cert",
        "application/pkcs7-mime", "application/x-pkcs7-certificates", "multipart/mixed",
      ]
    case .associations: allowed = []
    }
    // QUIRK: plain file servers know none of these names (RFC 9110 §8.3: without a type it may be anything).
    guard let type, !general.contains(type), !allowed.contains(type) else { return }
    throw FetchFailure(.contentType, "the answer is \(named(type))")
  }

  private static let general: Set = [
    "application/octet-stream", "binary/octet-stream", "application/x-pem-file", "application/pem-certificate-chain",
    "text/plain",
  ]

  private static func named(_ type: String?) -> String { type.map { String($0.prefix(80)) } ?? "of no type" }
}
