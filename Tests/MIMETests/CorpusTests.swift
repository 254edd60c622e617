import ByteIO
import MIME
import SMIMETestSupport
import Testing

/// The seeds of fuzzing entries, and whatever ended one of them once: MIME is read, whatever it is.
@Suite struct `Inputs of the fuzzing entries for MIME` {
  @Test func `headers`() throws {
    for (name, bytes) in try FuzzInputs.of("fuzz-header") {
      let written = String(decoding: bytes, as: UTF8.self)
      for mailbox in AddressList(written).mailboxes {
        // What was read is written so that it is read as the same.
        #expect(AddressList(mailbox.address.description).mailboxes.map(\.address) == [mailbox.address], "\(name)")
        _ = mailbox.foreignAddressInDisplayName
      }
      _ = EmailAddress(written).map { $0.matches($0) }
      _ = ContentType(written)
      _ = EncodedWord.decode(written)
      let again = EncodedWord.decode(EncodedWord.encode(written))
      #expect(again.unicodeScalars.count <= bytes.count + 1, "\(name)")
      for field in try Entity(BufferSource(bytes)).header.fields { _ = field.decodedValue }
    }
  }

  @Test func `transfer encodings`() throws {
    for (name, bytes) in try FuzzInputs.of("fuzz-transfer-encoding") {
      // What is encoded decodes to itself, in windows or whole.
      #expect(Base64.decode(Base64.encode(bytes)) == bytes, "\(name)")
      let lines = BufferSink()
      let encoder = Base64EncodingSink(to: lines)
      try encoder.write(bytes)
      try encoder.finish()
      #expect(try read(Base64DecodingStream(BufferSource(lines.bytes)), by: 64) == bytes, "\(name)")
      // In small pieces it is the same as whole.
      let source = BufferSource(bytes)
      let drip = DripSource(bytes, most: 3)
      let lenient = try read(Base64DecodingStream(source), by: 64)
      if let strict = Base64.decode(bytes) { #expect(lenient == strict, "\(name)") }
      #expect(try read(Base64DecodingStream(drip), by: 64) == lenient, "\(name)")
      let printable = try read(QuotedPrintableDecodingStream(source), by: 64)
      #expect(try read(QuotedPrintableDecodingStream(drip), by: 64) == printable, "\(name)")
      #expect(lenient.count <= bytes.count && printable.count <= bytes.count * 2, "\(name)")
      _ = try read(CanonicalStream(source), by: 64)
    }
  }
}
