import ByteIO
import MIME

/// Who writes the demonstration's mail, and who gets it.
struct DemoPeople {
  let sender: String
  let recipient: String

  /// Takes the first address of From, and the first of To.
  init(inMail bytes: [UInt8]) throws {
    let message = try Message(BufferSource(bytes))
    guard let sender = message.from.first?.address.description else {
      throw CommandFailure(.unreadable, "the mail: has no From address")
    }
    self.sender = try Self.plain(sender)
    let recipient = message.to.first?.address.description ?? "bob@example.com"
    self.recipient = try Self.plain(recipient == sender ? "bob@example.com" : recipient)
  }

  /// The address, if it can stand in a command line as it is.
  private static func plain(_ address: String) throws -> String {
    let isPlain = address.utf8.allSatisfy { byte in
      (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z"))
        || (byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")) || "@._+-".utf8.contains(byte)
    }
    guard isPlain else {
      throw CommandFailure(.unreadable, "\(address): not an address that the demonstration can use")
    }
    return address
  }
}

enum DemoSample {
  /// An everyday mail: text with accents, an HTML version, and an attachment.
  static let mail = lines.replacing("\n", with: "\r\n")

  private static let lines = """
    Date: Mon, 02 Mar 2026 09:14:07 +0100
    From: Alice Liddell <alice@example.org>
    To: Bob Dodgson <bob@example.com>
    Subject: =?utf-8?Q?Offer_for_the_caf=C3=A9_on_Thursday?=
    Message-ID: <20260302081407.4f1c@mail.example.org>
    MIME-Version: 1.0
    Content-Type: multipart/mixed; boundary="=-mixed-5d1a"

    --=-mixed-5d1a
    Content-Type: multipart/alternative; boundary="=-alternative-77c0"

    --=-alternative-77c0
    Content-Type: text/plain; charset=utf-8
    Content-Transfer-Encoding: quoted-printable

    Dear Bob,

    here is our offer for the caf=C3=A9 on Thursday: 40 places, tea for all of
    them, and the long table by the window. The list of dishes is attached.
    Please confirm by Wednesday noon. The total is 1,480 =E2=82=AC, as agreed.

    Yours, Alice
    --=-alternative-77c0
    Content-Type: text/html; charset=utf-8
    Content-Transfer-Encoding: quoted-printable

    <p>Dear Bob,</p>
    <p>here is our offer for the caf=C3=A9 on Thursday: 40 places, tea for all=
     of them, and the long table by the window. The list of dishes is attached.
    Please confirm by Wednesday noon. The total is <b>1,480&nbsp;=E2=82=AC</b>,=
     as agreed.</p>
    <p>Yours, Alice</p>
    --=-alternative-77c0--

    --=-mixed-5d1a
    Content-Type: text/csv; charset=utf-8; name="dishes.csv"
    Content-Disposition: attachment; filename="dishes.csv"
    Content-Transfer-Encoding: base64

    ZGlzaCxwb3J0aW9ucyxwcmljZQpTYW5kd2ljaGVzLDQwLDMyMC4wMApTY29uZXMgYW5kIGphbSw4
    MCwyNDAuMDAKVGVhIChwb3QpLDIwLDE2MC4wMApKYW0gdGFydHMsNDAsMjgwLjAwClN0cmF3YmVy
    cmllcyBhbmQgY3JlYW0sNDAsNDgwLjAwCg==
    --=-mixed-5d1a--

    """
}
