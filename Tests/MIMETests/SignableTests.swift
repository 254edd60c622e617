import ByteIO
import MIME
import Testing

/// RFC 8551 §3.1.3: what is signed passes relays unchanged.
struct SignableTests {
  private func signable(_ message: String) throws -> String {
    try MIMETests.text(entity(message).signable().readAll(limit: 1 << 20))
  }

  private func isSafe(_ text: String) -> Bool {
    text.utf8.allSatisfy { $0 < 0x80 && $0 != 0 }
      && text.split(separator: "\r\n", omittingEmptySubsequences: false).allSatisfy { line in
        line.utf8.count <= 998 && !line.contains("\r") && !line.contains("\n")
      }
  }

  @Test func onlyTheFieldsOfTheContentMoveInside() throws {
    let inside = try signable(
      "From: a@example.com\nContent-Type: text/plain\nMIME-Version: 1.0\nSubject: s\nContent-Language: en\n\nbody\n")
    #expect(inside == "Content-Type: text/plain\r\nContent-Language: en\r\n\r\nbody\r\n")
    #expect(try signable("From: a@example.com\n\nbody\n") == "Content-Type: text/plain; charset=utf-8\r\n\r\nbody\r\n")
  }

  @Test(arguments: [
    "Content-Type: text/plain\n\nplain text\n", "Content-Type: image/png\nContent-Transfer-Encoding: base64\n\nAAAA\n",
    "Content-Type: multipart/mixed; boundary=b\n\npreamble\n--b\n\none\n--b\n\ntwo\n--b--\nepilogue\n",
    "Content-Type: text/plain\n\n", "Content-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\n=C3=A9\n",
    "Content-Type: text/plain;\n charset=\"us-ascii\"\nContent-Description:  odd   spacing \n\nx\n",
  ])
  func whatIsSafeStaysByteForByte(message: String) throws {
    #expect(try signable(message) == MIMETests.text(crlf(message)))
    // Line feeds alone become line ends, and nothing else changes.
    let root = try Entity(BufferSource(Array(message.utf8)))
    #expect(try MIMETests.text(root.signable().readAll(limit: 1 << 20)) == MIMETests.text(crlf(message)))
  }

  @Test(arguments: [
    ("é\n", "=C3=A9\r\n"), ("trailing \n", "trailing=20\r\n"), ("From here\n", "=46rom here\r\n"),
    ("a\0b\n", "a=00b\r\n"),
    ("tab\t\nx", "tab=09\r\nx"), ("lone\rCR\n", "lone=0DCR\r\n"), ("1 = 2 é\n", "1 =3D 2 =C3=A9\r\n"),
    (".\nFrom x\n", "=2E\r\n=46rom x\r\n"),
  ])
  func textBecomesQuotedPrintable(body: String, expected: String) throws {
    let inside = try signable("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n\(body)")
    #expect(
      inside
        == "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\(expected)")
  }

  @Test func longLines() throws {
    let line = String(repeating: "0123456789", count: 120)
    let inside = try signable("Content-Type: text/plain\n\n\(line)\n")
    #expect(isSafe(inside))
    #expect(inside.split(separator: "\r\n").allSatisfy { $0.utf8.count <= 76 })
    let back = try entity(inside.replacing("\r\n", with: "\n")).text(limit: 1 << 20)
    #expect(back == line + "\r\n")
  }

  @Test func otherContentBecomesBase64() throws {
    let inside = try signable("Content-Type: application/x\nContent-Transfer-Encoding: binary\n\n\u{80}\0")
    #expect(inside == "Content-Type: application/x\r\nContent-Transfer-Encoding: base64\r\n\r\nwoAA\r\n")
    let utf16 = try signable("Content-Type: text/plain; charset=utf-16\nContent-Transfer-Encoding: 8bit\n\né\n")
    #expect(utf16.contains("Content-Transfer-Encoding: base64"))
    // CMS in binary is the same CMS in base64.
    let cms = try signable("Content-Type: application/pkcs7-mime\nContent-Transfer-Encoding: binary\n\n0\u{80}\0\0")
    #expect(cms.hasSuffix("Content-Transfer-Encoding: base64\r\n\r\nMMKAAAA=\r\n"))
  }

  @Test func anEightBitLabelOnSevenBitTextGoes() throws {
    let inside = try signable("Content-Type: text/plain\nContent-Transfer-Encoding: 8bit\n\nx\n")
    #expect(inside == "Content-Type: text/plain\r\nContent-Transfer-Encoding: 7bit\r\n\r\nx\r\n")
    let unknown = "Content-Type: text/plain\nContent-Transfer-Encoding: x-uuencode\n\nx\n"
    #expect(try signable(unknown) == MIMETests.text(crlf(unknown)))
  }

  @Test func onlyThePartsThatNeedIt() throws {
    let inside = try signable(
      """
      Content-Type: multipart/mixed; boundary=b
      Content-Transfer-Encoding: 8bit

      préamble
      --b \t
      Content-Type: text/plain

      safe = as it is
      --b
      Content-Type: text/plain; charset=utf-8

      né
      --b
      Content-Type: multipart/alternative; boundary=c

      --c
      Content-Type: text/html

      <p>\u{E9}</p>
      --c--
      --b--
      épilogue
      """)
    #expect(
      inside
        == MIMETests.text(
          crlf(
            """
            Content-Type: multipart/mixed; boundary=b
            Content-Transfer-Encoding: 7bit

            --b
            Content-Type: text/plain

            safe = as it is
            --b
            Content-Type: text/plain; charset=utf-8
            Content-Transfer-Encoding: quoted-printable

            n=C3=A9
            --b
            Content-Type: multipart/alternative; boundary=c

            --c
            Content-Type: text/html
            Content-Transfer-Encoding: quoted-printable

            <p>=C3=A9</p>
            --c--

            --b--

            """)))
    #expect(isSafe(inside))
    let again = try Entity(BufferSource(Array(inside.utf8)))
    #expect(again.allDefects.isEmpty)
    #expect(try MIMETests.text(again.signable().readAll(limit: 1 << 20)) == inside)
  }

  @Test func headersOfPartsAreMadeSafe() throws {
    let inside = try signable(
      """
      Content-Type: multipart/mixed; boundary=b

      --b
      Content-Type: text/plain; name="naïve.txt"; charset=utf-8
      Content-Disposition: attachment; filename="naïve.txt"
      Content-Description: ein Anhänger

      x
      --b--
      """)
    #expect(isSafe(inside))
    let part = try #require(Entity(BufferSource(Array(inside.utf8))).parts.first)
    #expect(part.fileName == "naïve.txt")
    #expect(part.contentType.parameters["name"] == "naïve.txt")
    #expect(part.contentType.parameters["charset"] == "utf-8")
    #expect(part.disposition == "attachment")
    #expect(part.header["Content-Description"]?.decodedValue == "ein Anhänger")
  }

  @Test func aMessageWithinAMessage() throws {
    let inside = try signable(
      "Content-Type: message/rfc822\n\nSubject: x\nContent-Type: text/plain; charset=utf-8\n\né\n")
    #expect(
      inside
        == MIMETests.text(
          crlf(
            """
            Content-Type: message/rfc822

            Subject: x
            Content-Type: text/plain; charset=utf-8
            Content-Transfer-Encoding: quoted-printable

            =C3=A9

            """)
        ).replacing("Content-Type: message/rfc822\r\n", with: "Content-Type: message/rfc822\r\n"))
  }

  /// RFC 1847 §2.1: what others signed is not altered.
  @Test func whatWouldBreakIsRefusedByName() throws {
    let signed = "Content-Type: multipart/signed; boundary=b\n\n--b\n\n\u{E9}\n--b\n\nAAAA\n--b--\n"
    #expect(throws: UnsafeForTransport(reason: .signed, offset: 0)) { try entity(signed).signable() }
    #expect(throws: UnsafeForTransport(reason: .unknownEncoding, offset: 0)) {
      try entity("Content-Transfer-Encoding: x-mine\n\n\u{E9}\n").signable()
    }
    #expect(throws: UnsafeForTransport(reason: .unreadableParts, offset: 0)) {
      try entity("Content-Type: multipart/mixed\n\n\u{E9}\n").signable()
    }
    let safe = signed.replacing("\u{E9}", with: "e")
    #expect(try signable(safe) == MIMETests.text(crlf(safe)))
  }

  @Test func theSameBytesEveryTime() throws {
    let stream = try entity(
      "Content-Type: text/plain; charset=utf-8\n\n" + String(repeating: "é = x \n", count: 40_000)
    )
    .signable()
    let first = try read(stream, by: 1_000)
    #expect(try read(stream, by: 7_777) == first)
    #expect(try stream.readAll(limit: 1 << 22) == first)
  }
}
