import Foundation
import SMIMECrypto
import SwiftASN1
import Testing

@Suite struct `Object identifiers in digits` {
  @Test(arguments: [
    "2.999.3", "2.40", "2.39", "1.39.0", "0.0", "2.5.29.15", "1.2.840.113549.1.7.2", "2.100.9223372036854775807",
  ])
  func `are what is read`(_ text: String) throws {
    let oid = try #require(ASN1ObjectIdentifier(digits: text))
    #expect(oid.digits == text)
    let encoded = DERWriter.encode { $0.oid(oid) }
    var top = try ASN1Cursor(encoded[...], as: "O")
    #expect(try top.oid("o") == oid)
  }

  @Test(arguments: [
    "", ".", "1", "1.", ".1", "1..2", "3.1", "1.40", "0.40", "1.2.x", "1.-2", "+1.2", "1.2 ", "18446744073709551615.1",
    "1.18446744073709551615", "2.18446744073709551615", "1.2.18446744073709551616", "2.100.18446744073709551615", "１.2",
  ]) func `that are none are no identifier`(_ text: String) { #expect(ASN1ObjectIdentifier(digits: text) == nil) }
}

@Suite struct `The ASN.1 cursor` {
  /// SEQUENCE { version INTEGER 1, inner SEQUENCE OF { OCTET STRING "ab" }, [0] { BOOLEAN TRUE } }
  static let sample = hex("3010 020101 3006 3004 0402 6162 a003 0101ff")

  @Test func `reads in order and finishes`() throws {
    var top = try ASN1Cursor(Self.sample[...], as: "Thing")
    var fields = try top.enter()
    #expect(try fields.int("version") == 1)
    var list = try fields.sequence("list")
    var element = try list.element()
    #expect(try element.octets("name") == [0x61, 0x62])
    try element.finish()
    try list.finish()
    var flag = try #require(try fields.context(ifPresent: 0, "flag"))
    #expect(try flag.boolean("flag"))
    try flag.finish()
    #expect(try fields.context(ifPresent: 1, "other") == nil)
    try fields.finish()
    try top.finish()
  }

  @Test func `says what, where in the structure, and at which byte`() throws {
    var top = try ASN1Cursor(Self.sample[...], as: "Thing")
    var fields = try top.enter()
    #expect(
      throws: Malformed("there is more than the structure allows (INTEGER)", path: "Thing", offset: 2)
    ) {
      try fields.finish()
    }
    #expect(
      throws: Malformed(
        "expected OCTET STRING, found INTEGER", path: "Thing.name", offset: 2)
    ) {
      try fields.octets("name")
    }
    _ = try fields.int("version")
    var list = try fields.sequence("list")
    var element = try list.element()
    #expect(
      throws: Malformed(
        "expected INTEGER, found OCTET STRING", path: "Thing.list[0].serial",
        offset: 9)
    ) {
      try element.int("serial")
    }
    _ = try element.octets("name")
    #expect(throws: Malformed("INTEGER is missing", path: "Thing.list[0].serial", offset: 13)) {
      try element.int("serial")
    }
    #expect(throws: Malformed("is missing", path: "Thing.list[0].rest", offset: 13)) { try element.raw("rest") }
  }

  @Test func `a slice keeps its offsets`() throws {
    let bytes = [0xEE, 0xEE, 0xEE] + Self.sample
    var top = try ASN1Cursor(bytes[3...], as: "Thing")
    var fields = try top.enter()
    #expect(
      throws: Malformed("expected NULL, found INTEGER", path: "Thing.x", offset: 5)
    ) {
      try fields.null("x")
    }
  }

  @Test(arguments: [
    ("0203 800000 00", "is an error"), ("", "is empty"), ("30", "ends inside a header"),
    ("3005 0201", "ends early: a value of 5 bytes begins"),
    ("3003 0202 01 00", "a value is longer than the one around it"),
    ("3081 03 020101", "a length is not minimal"), ("3080 020101 0000", "an indefinite length is not allowed"),
    ("3003 020101 00", "data follows the value"), ("30ff", "a length is too large"),
    ("1f1e 00", "a short tag number is written long"), ("1f80 01 00", "a tag number is not valid"),
  ]) func `what is no DER is refused with its place`(_ text: String, _ reason: String) {
    let bytes = hex(text)
    let error = #expect(throws: Malformed.self) { try ASN1Cursor(bytes[...], as: "Thing") }
    #expect(error?.path == "Thing")
    #expect(error?.offset != nil)
    if reason != "is an error" { #expect(error?.reason == reason) }
  }

  @Test func `BER is read where it is allowed`() throws {
    // SEQUENCE (indefinite) { OCTET STRING (constructed, indefinite) { "a", "b" }, BOOLEAN 1 }
    let bytes = hex("3080 2480 0401 61 0401 62 0000 0101 01 0000")
    #expect(throws: Malformed.self) { try ASN1Cursor(bytes[...], as: "Thing") }
    var top = try ASN1Cursor(bytes[...], as: "Thing", rules: .ber)
    var fields = try top.enter()
    #expect(try fields.octets("text") == [0x61, 0x62])
    #expect(try fields.boolean("flag"))
    try fields.finish()
  }

  @Test(arguments: [
    ("0200", "is not a valid INTEGER"), ("0209 010000000000000000", "is too large a number"),
  ]) func `numbers`(_ text: String, _ reason: String) {
    let error = #expect(throws: Malformed.self) {
      var top = try ASN1Cursor(hex(text)[...], as: "N")
      _ = try top.int("n")
    }
    #expect(error?.reason == reason)
  }

  @Test(arguments: [0, 1, -1, 127, 128, -128, -129, 255, 256, 65_535, Int.max, Int.min])
  func `numbers go round`(_ number: Int) throws {
    let encoded = DERWriter.encode { $0.int(number) }
    var top = try ASN1Cursor(encoded[...], as: "N")
    #expect(try top.int("n") == number)
  }

  @Test(arguments: ["0101 02", "0102 ffff", "0100"]) func `booleans that DER does not have`(_ text: String) {
    #expect(throws: Malformed.self) {
      var top = try ASN1Cursor(hex(text)[...], as: "B")
      _ = try top.boolean("b")
    }
  }

  @Test(arguments: ["0300", "0301 08", "0301 01", "0302 01 01"]) func `bit strings that DER does not have`(
    _ text: String
  ) {
    #expect(throws: Malformed.self) {
      var top = try ASN1Cursor(hex(text)[...], as: "B")
      _ = try top.bits("b")
    }
  }

  @Test(arguments: ["0600", "0601 80", "0602 80 01", "0603 2a 80 01"]) func `OIDs that are none`(_ text: String) {
    #expect(throws: Malformed.self) {
      var top = try ASN1Cursor(hex(text)[...], as: "O")
      _ = try top.oid("o")
    }
  }

  /// What is entered in place has the same paths and ends as what has a cursor of its own.
  @Test func `elements are entered in place`() throws {
    // SEQUENCE { SEQUENCE { SEQUENCE { INTEGER 1 }, SEQUENCE { INTEGER 2, NULL } }, BOOLEAN TRUE }
    let bytes = hex("3011 300c 3003 020101 3005 020102 0500 0101ff")
    var top = try ASN1Cursor(bytes[...], as: "Thing")
    var fields = try top.enter()
    let list = try fields.begin(.sequence, "list")
    #expect(Array(fields.encoded) == hex("300c 3003 020101 3005 020102 0500"))
    let first = try fields.beginElement()
    #expect(try fields.int("number") == 1)
    #expect(fields.isAtEnd)
    try fields.leave(first)
    let second = try fields.beginElement()
    #expect(throws: Malformed("expected NULL, found INTEGER", path: "Thing.list[1].x", offset: 11)) {
      try fields.null("x")
    }
    _ = try fields.int("number")
    #expect(throws: Malformed("there is more than the structure allows (NULL)", path: "Thing.list[1]", offset: 14)) {
      try fields.leave(second)
    }
    try fields.null("x")
    try fields.leave(second)
    try fields.leave(list)
    #expect(throws: Malformed("expected NULL, found BOOLEAN", path: "Thing.flag", offset: 16)) {
      try fields.begin(.null, "flag")
    }
    #expect(try fields.boolean("flag"))
    try fields.finish()
  }

  @Test func `elements of indefinite length are entered in place`() throws {
    // SEQUENCE { [0] { SEQUENCE { NULL } }, NULL }, all of indefinite length.
    let bytes = hex("3080 a080 3080 0500 0000 0000 0500 0000")
    var top = try ASN1Cursor(bytes[...], as: "Thing", rules: .ber)
    let whole = try top.begin(.sequence, "whole")
    let tagged = try top.begin(.context(0), "tagged")
    let inner = try top.beginElement()
    try top.null("x")
    try top.leave(inner)
    try top.leave(tagged)
    try top.null("y")
    try top.leave(whole)
    try top.finish()
  }

  /// The walk is ours; what it takes is what swift-asn1 takes, in whatever way the bytes are damaged.
  @Test(arguments: [
    "3010 020101 3006 3004 0402 6162 a003 0101ff", "3080 2480 0401 61 0401 62 0000 0101 01 0000",
    "3081 80 0481 7d" + String(repeating: "00", count: 125), "bf8148 05 a003 020105", "30 0a 1f81 01 01 00 0500 3000",
  ]) func `what is taken is what swift-asn1 takes`(_ text: String) {
    let whole = hex(text)
    var inputs = (0...whole.count).map { Array(whole[..<$0]) }
    for index in whole.indices {
      for value in UInt8.min...UInt8.max {
        var changed = whole
        changed[index] = value
        inputs.append(changed)
      }
      inputs.append(whole[..<index] + [0, 0] + whole[index...])
    }
    for bytes in inputs {
      let (der, ber) = ((try? DER.parse(bytes)) != nil, (try? BER.parse(bytes)) != nil)
      #expect(((try? ASN1Cursor(bytes[...], as: "T")) != nil) == der, "DER \(bytes)")
      #expect(((try? ASN1Cursor(bytes[...], as: "T", rules: .ber)) != nil) == ber, "BER \(bytes)")
    }
  }

  /// No length, no nesting and no truncation ends the process.
  @Test func `damage is an error, never a crash`() {
    let whole = Self.sample
    for end in 0..<whole.count { #expect(throws: Malformed.self) { try ASN1Cursor(whole[..<end], as: "T") } }
    for index in whole.indices {
      for bit in 0..<8 {
        var bytes = whole
        bytes[index] ^= 1 << bit
        guard var top = try? ASN1Cursor(bytes[...], as: "T", rules: .ber), var fields = try? top.enter() else {
          continue
        }
        _ = try? fields.int("version")
        _ = try? fields.sequence("list")
        _ = try? fields.bits("x")
      }
    }
    let deep = (0..<200).flatMap { _ in [UInt8](arrayLiteral: 0x30, 0x80) }
    #expect(throws: Malformed.self) { try ASN1Cursor(deep[...], as: "T", rules: .ber) }
  }
}

@Suite struct `TLV headers` {
  @Test(
    arguments: [
      ("0203", 2, 3, false), ("3080", 2, nil, true), ("3081 80", 3, 128, true), ("3084 00000005", 6, 5, true),
      ("9f2a 01", 3, 1, false), ("3088 7fffffffffffffff", 10, Int.max, true),
    ] as [(String, Int, Int?, Bool)])
  func `are read`(_ text: String, _ count: Int, _ length: Int?, _ isConstructed: Bool) throws {
    let header = try #require(try TLVHeader.read(hex(text)[...], rules: .ber))
    #expect(header.headerCount == count)
    #expect(header.length == length)
    #expect(header.isConstructed == isConstructed)
  }

  @Test(arguments: ["", "30", "3082 01", "1f", "1f81", "bf8f"]) func `that are not whole give nil`(_ text: String)
    throws
  {
    #expect(try TLVHeader.read(hex(text)[...], rules: .ber) == nil)
  }

  @Test(arguments: [
    ("0480", EncodingRules.ber, 1), ("3080", .der, 1), ("3089 000000000000000001", .ber, 1),
    ("3088 8000000000000000", .ber, 1), ("3081 7f", .der, 1), ("3082 0080", .der, 1), ("3f80 80", .ber, 1),
    ("1f8f ffff ff7f", .ber, 5), ("1f05", .ber, 0),
  ]) func `that are wrong say where`(_ text: String, _ rules: EncodingRules, _ offset: Int) {
    let error = #expect(throws: Malformed.self) { try TLVHeader.read(hex(text)[...], rules: rules) }
    #expect(error?.offset == offset)
  }
}

@Suite struct `ASN.1 times` {
  @Test(arguments: [
    ("700101000000Z", false, 0), ("491231235959Z", false, 2_524_607_999), ("500101000000Z", false, -631_152_000),
    ("000229120000Z", false, 951_825_600), ("20500101000000Z", true, 2_524_608_000),
    ("19700101000000.5Z", true, 0), ("7001010000Z", false, 0), ("700101010000+0100", false, 0),
    ("691231230000-0100", false, 0), ("00000101000000Z", true, -62_167_219_200),
    ("99991231235959Z", true, 253_402_300_799),
  ]) func `are read`(_ text: String, _ generalized: Bool, _ seconds: Int) {
    let date = ASN1Time.date(Array(text.utf8)[...], generalized: generalized)
    #expect(date == Date(timeIntervalSince1970: Double(seconds)))
  }

  @Test(arguments: [
    "", "Z", "700101000000", "701301000000Z", "700001000000Z", "700100000000Z", "700132000000Z", "010229000000Z",
    "700101240000Z", "700101006000Z", "700101000060Z", "700101000000Z ", "700101000000+2400", "700101000000+0160",
    "7001010000000Z", "7O0101000000Z", "700101000000.1Z", "700101000000+01",
  ]) func `that are none are nil`(_ text: String) {
    #expect(ASN1Time.date(Array(text.utf8)[...], generalized: false) == nil)
  }

  /// Every month of 1900 to 2150, where both forms and all leap rules are.
  @Test func `go round`() {
    for month in 0..<3_000 {
      let date = Date(timeIntervalSince1970: Double(-2_208_988_800 + month * 2_629_746))
      let (isGeneralized, bytes) = ASN1Time.encode(date)
      #expect(ASN1Time.date(bytes[...], generalized: isGeneralized) == date)
      #expect(bytes.count == (isGeneralized ? 15 : 13))
    }
  }

  @Test(arguments: ["00000101000000+2359", "00000101000000+0001", "99991231235959-0001"])
  func `that an offset leads out of four-digit years are none`(_ text: String) {
    #expect(ASN1Time.date(Array(text.utf8)[...], generalized: true) == nil)
  }

  @Test func `beyond four-digit years are written as the nearest`() {
    #expect(ASN1Time.encode(Date(timeIntervalSince1970: 1e300)).bytes == Array("99991231235959Z".utf8))
    #expect(ASN1Time.encode(Date(timeIntervalSince1970: -1e300)).bytes == Array("00000101000000Z".utf8))
  }

  @Test func `years from 1950 through 2049 are UTCTime`() {
    #expect(ASN1Time.encode(Date(timeIntervalSince1970: 2_524_607_999.9)).isGeneralized == false)
    #expect(ASN1Time.encode(Date(timeIntervalSince1970: 2_524_608_000)).isGeneralized)
    #expect(ASN1Time.encode(Date(timeIntervalSince1970: -631_152_001)).isGeneralized)
  }
}

@Suite struct `DER writing` {
  @Test func `numbers, sets and tags`() {
    #expect(DERWriter.encode { $0.unsigned([0, 0, 0x80, 1]) } == hex("0203 008001"))
    #expect(DERWriter.encode { $0.unsigned([UInt8]()) } == hex("0201 00"))
    #expect(
      DERWriter.encode { $0.setOf([hex("020105"), hex("0101ff"), hex("020101")]) }
        == hex("3109 0101ff 020101 020105"))
    #expect(DERWriter.encode { der in der.context(2) { $0.boolean(false) } } == hex("a203 010100"))
    #expect(DERWriter.encode { $0.bits([0xA0], paddingBits: 5) } == hex("0302 05a0"))
    #expect(DERWriter.encode { $0.oid([2, 999, 3]) } == hex("0603 883703"))
    #expect(
      DERWriter.encode { $0.time(Date(timeIntervalSince1970: 0)) } == hex("170d") + Array("700101000000Z".utf8))
  }
}
