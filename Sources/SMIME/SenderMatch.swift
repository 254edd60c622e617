import MIME

/// Whether a signer is the sender that readers are shown.
enum SenderMatch: Hashable {
  case author
  case onBehalf
  case mismatch(String)

  /// Compares a certificate's mailboxes with the message's header (RFC 8550 §3).
  ///
  /// Every From mailbox must be covered. More than one From field, none at all, or a display name that shows another
  /// address are mismatches whoever signed.
  static func of(_ addresses: [String], message: Message) -> SenderMatch {
    let own = addresses.compactMap { EmailAddress($0) }
    func covers(_ mailboxes: [Mailbox]) -> Bool {
      !mailboxes.isEmpty && mailboxes.allSatisfy { mailbox in own.contains { $0.matches(mailbox.address) } }
    }
    guard message.fromFieldCount <= 1 else { return .mismatch("there are \(message.fromFieldCount) From fields") }
    guard !message.from.isEmpty else { return .mismatch("there is no From mailbox") }
    if message.defects.contains(where: { $0.code == .addressUnreadable && $0.place == "From" }) {
      return .mismatch("the From field cannot be read")
    }
    for mailbox in message.from {
      if let shown = mailbox.foreignAddressInDisplayName {
        return .mismatch("the name of \(mailbox.address) shows the address \(shown)")
      }
    }
    guard !own.isEmpty else { return .mismatch("the certificate names no address") }
    if covers(message.from) { return .author }
    if message.sender.count == 1, covers(message.sender) { return .onBehalf }
    let missing = message.from.first { mailbox in !own.contains { $0.matches(mailbox.address) } }
    return .mismatch("the certificate is not for \(missing.map { "\($0.address)" } ?? "the sender")")
  }

  /// What differs without being a failure: Sender and Reply-To beside an author who signed.
  static func defects(_ addresses: [String], message: Message) -> [ReportedDefect] {
    let own = addresses.compactMap { EmailAddress($0) }
    func differs(_ mailboxes: [Mailbox]) -> Bool {
      mailboxes.contains { mailbox in !own.contains { $0.matches(mailbox.address) } }
    }
    var defects: [ReportedDefect] = []
    if differs(message.sender) { defects.append(ReportedDefect("senderDiffers", "Sender")) }
    if differs(message.replyTo) { defects.append(ReportedDefect("replyToDiffers", "Reply-To")) }
    return defects
  }
}
