public import ByteIO

/// A message: an entity whose header says who wrote to whom (RFC 5322 §3.6).
public struct Message: Sendable {
  public let entity: Entity
  /// Every mailbox of every From field.
  public let from: [Mailbox]
  /// How many From fields there are: one, in a message that keeps RFC 5322.
  public let fromFieldCount: Int
  public let sender: [Mailbox]
  public let replyTo: [Mailbox]
  public let to: [Mailbox]
  public let cc: [Mailbox]
  /// What is odd in the address fields; the entity has its own list.
  public let defects: [Defect]

  public init(_ source: any ByteSource, limits: MIMELimits = .standard) throws {
    self.init(try Entity(source, limits: limits))
  }

  /// The message whose outermost entity is `entity`.
  public init(_ entity: Entity) {
    var defects: [Defect] = []
    func mailboxes(_ name: String) -> [Mailbox] {
      let fields = entity.header.all(name)
      if fields.count > 1 { defects.append(Defect(.duplicateField, name)) }
      var result: [Mailbox] = []
      for field in fields {
        let list = AddressList(field.value)
        if list.unreadableCount > 0 { defects.append(Defect(.addressUnreadable, name)) }
        result += list.mailboxes
      }
      return result
    }
    self.entity = entity
    from = mailboxes("From")
    fromFieldCount = entity.header.all("From").count
    sender = mailboxes("Sender")
    replyTo = mailboxes("Reply-To")
    to = mailboxes("To")
    cc = mailboxes("Cc")
    for name in ["Subject", "Date", "Message-ID", "In-Reply-To", "References"] where entity.header.all(name).count > 1 {
      defects.append(Defect(.duplicateField, name))
    }
    self.defects = defects
  }

  /// The subject as it is shown; nil when there is none.
  public var subject: String? { entity.header["Subject"]?.decodedValue }
}
