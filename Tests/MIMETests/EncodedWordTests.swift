import MIME
import Testing

struct EncodedWordTests {
  /// RFC 2047 §8 and what mail has.
  @Test(arguments: [
    ("=?US-ASCII?Q?Keith_Moore?=", "Keith Moore"),
    ("=?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?=", "Keld Jørn Simonsen"),
    ("=?ISO-8859-1?Q?Andr=E9?= Pirard", "André Pirard"),
    (
      "=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?= =?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=",
      "If you can read this you understand the example."
    ),
    ("(=?ISO-8859-1?Q?a?=)", "(a)"), ("=?ISO-8859-1?Q?a?= b", "a b"), ("=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab"),
    ("=?ISO-8859-1?Q?a?=  \t  =?ISO-8859-1?Q?b?=", "ab"), ("=?ISO-8859-1?Q?a_b?=", "a b"),
    ("=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=", "a b"),
    // A language (RFC 2231 §5), and characters that are cut in two.
    ("=?US-ASCII*EN?Q?Keith_Moore?=", "Keith Moore"), ("=?utf-8?B?w6k=?=", "é"),
    ("=?utf-8?Q?=C3?= =?utf-8?Q?=A9?=", "é"),
    ("=?windows-1252?Q?=80=93?=", "€\u{201C}"), ("=?iso-8859-15?Q?=A4?=", "€"),
    ("=?koi8-r?B?89DB09PJzMvBIM7BIM/C3tU=?=", "Спассилка на обчу"),
    // Without padding, and with padding in between.
    ("=?utf-8?B?YWI?=", "ab"), ("=?utf-8?B?YQ==Yg==?=", "ab"),
    // Words next to other text, which RFC 2047 forbids and readers show.
    ("a=?utf-8?Q?b?=c", "abc"),
    // A line end, a NUL.
    ("=?utf-8?Q?a=0D=0ABcc:_b=00?=", "a  Bcc: b "),
  ])
  func known(text: String, expected: String) { #expect(EncodedWord.decode(text) == expected) }

  @Test(arguments: [
    "", "plain", "=?", "=?=", "=??Q?a?=", "=?utf-8?Q?a", "=?utf-8?Q?a?", "=?utf-8?X?a?=", "=?utf-8?B?a?=",
    "=?utf-8?B?@?=",
    "=?utf 8?Q?a?=", "a = b ? c", "=?utf-8?Q",
  ])
  func whatIsNoWordStays(text: String) { #expect(EncodedWord.decode(text) == text) }

  @Test func badEscapesStandForThemselves() {
    #expect(EncodedWord.decode("=?utf-8?Q?=+F=G0=4?=") == "=+F=G0=4")
  }

  @Test(arguments: ["=?", "=?=?", "=?a?q?", "=?utf-8?q?a?= ", "=?utf-8?b?YQ==?=", "=?x?b?YQ==?= =?y?b?YQ==?= ", "="])
  func linear(piece: String) {
    let text = String(repeating: piece, count: 40_000)
    let time = ContinuousClock().measure { _ = EncodedWord.decode(text) }
    #expect(time < .seconds(20))
  }

  @Test(arguments: [
    "", "plain", "Jürgen", "=?not a word", String(repeating: "日本語 ", count: 60), "a\u{301}\u{302}b", "🏳️‍🌈",
  ])
  func roundTrip(text: String) {
    let encoded = EncodedWord.encode(text)
    #expect(EncodedWord.decode(encoded) == text)
    #expect(encoded.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F })
    if text != encoded { #expect(encoded.split(separator: " ").allSatisfy { $0.utf8.count <= 75 }) }
  }

  @Test func lineEndsNeverLeaveTheWord() {
    #expect(!EncodedWord.encode("a\r\nBcc: b@evil.test").utf8.contains { $0 == 0x0D || $0 == 0x0A })
  }
}
