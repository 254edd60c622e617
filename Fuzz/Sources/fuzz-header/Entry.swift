import ByteIO
import FuzzEntry
import MIME

@_cdecl("fuzz_entry") public func entry() { Entry.start() }

enum Entry {
  static func start() {
    FuzzEntry.run { bytes in
      let text = String(decoding: bytes, as: UTF8.self)
      for mailbox in AddressList(text).mailboxes {
        // What was read is written so that it is read as the same.
        let written = AddressList(mailbox.address.description).mailboxes
        precondition(written.map(\.address) == [mailbox.address], mailbox.address.description)
        _ = mailbox.foreignAddressInDisplayName
      }
      _ = EmailAddress(text).map { $0.matches($0) }
      _ = ContentType(text)
      _ = EncodedWord.decode(text)
      precondition(EncodedWord.decode(EncodedWord.encode(text)).unicodeScalars.count <= bytes.count + 1)
      for field in (try? Entity(BufferSource(bytes)))?.header.fields ?? [] { _ = field.decodedValue }
    }
  }
}
