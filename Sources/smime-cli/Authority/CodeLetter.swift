import CertificateAuthority
import MIME
import PKIX
import SMIMECrypto

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The mail that brings a code to the mailbox which it is to prove.
struct CodeLetter {
  private let recipient: EmailAddress
  private let sender: EmailAddress

  init(to address: String, from sender: String?) throws {
    guard let recipient = EmailAddress(address) else {
      throw CommandFailure(.usage, "'\(address)' is no address that mail can be sent to")
    }
    self.recipient = recipient
    let sender = sender ?? "ca@\(recipient.domain)"
    guard let from = EmailAddress(sender) else { throw CommandFailure(.usage, "'\(sender)' is no mail address") }
    self.sender = from
  }

  func bytes(_ code: String, of request: CertificateRequest, _ authority: String) throws -> [UInt8] {
    let text = """
      A certificate for \(recipient) was asked for at the authority of \(authority).

      If it was you: bring this code back to the authority, which shows it that you read this mailbox.

          \(code)

      It is good for \(Authority.codeHours) hours, and once. The request is \(request.id), of \(request.received.rfc3339), for \(request.key).

      If it was not you: do nothing, and tell the authority.

      """
    return try Draft(
      from: Mailbox(displayName: authority, address: sender), to: [Mailbox(address: recipient)],
      subject: "Code for your certificate request \(request.id)", text: text, date: Date()
    ).bytes()
  }
}
