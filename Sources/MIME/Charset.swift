#if canImport(Glibc)
  import Glibc
#endif

/// Character sets to Unicode: the common ones here, others that mail uses by the platform's iconv.
enum Charset {
  /// The text; nil for a character set that is not read, or bytes that it does not have.
  static func decode(_ bytes: some Collection<UInt8>, _ name: String) -> String? {
    switch Text.lowercased(name) {
    case "utf-8", "utf8", "us-ascii", "ascii", "ansi_x3.4-1968", "646": return Text.utf8OrLatin1(bytes)
    // QUIRK: text labelled ISO 8859-1 holds the quotes and dashes of windows-1252 (WHATWG Encoding §4.2).
    case "iso-8859-1", "iso8859-1", "latin1", "windows-1252", "cp1252":
      return singleBytes(bytes) { 0x80...0x9F ~= $0 ? windows1252[Int($0 - 0x80)] : UInt32($0) }
    case "iso-8859-15", "latin9": return singleBytes(bytes) { latin9[$0] ?? UInt32($0) }
    default: return platform(bytes, Text.lowercased(name))
    }
  }

  private static func singleBytes(_ bytes: some Collection<UInt8>, _ map: (UInt8) -> UInt32) -> String {
    var text = String.UnicodeScalarView()
    for byte in bytes { text.append(Unicode.Scalar(map(byte)) ?? "\u{FFFD}") }
    return String(text)
  }

  private static let windows1252: [UInt32] = [
    0x20AC, 0x81, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D, 0x017D,
    0x8F, 0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,
    0x017E, 0x0178,
  ]

  private static let latin9: [UInt8: UInt32] = [
    0xA4: 0x20AC, 0xA6: 0x0160, 0xA8: 0x0161, 0xB4: 0x017D, 0xB8: 0x017E, 0xBC: 0x0152, 0xBD: 0x0153, 0xBE: 0x0178,
  ]

  /// What the platform is asked for: names of mail's own, since a message could ask for any converter that is installed.
  private static let platformNames: Set<String> = [
    "big5", "cp932", "euc-jp", "euc-kr", "gb18030", "gb2312", "gbk", "hz-gb-2312", "iso-2022-jp", "iso-2022-kr",
    "koi8-r", "koi8-u", "ks_c_5601-1987", "macintosh", "shift_jis", "tis-620", "utf-16", "utf-16be", "utf-16le",
    "utf-32", "utf-7", "windows-874", "windows-949",
  ]

  private static func isPlatformName(_ name: String) -> Bool {
    if platformNames.contains(name) { return true }
    for family in ["iso-8859-", "windows-125"] where name.hasPrefix(family) {
      return Int(name.dropFirst(family.count)).map { 0...16 ~= $0 } ?? false
    }
    return false
  }

  private static func platform(_ bytes: some Collection<UInt8>, _ name: String) -> String? {
    #if canImport(Glibc)
      guard isPlatformName(name), let converter = unsafe iconv_open("UTF-8", name), Int(bitPattern: converter) != -1
      else { return nil }
      defer { unsafe iconv_close(converter) }
      var input = bytes.map { CChar(bitPattern: $0) }
      var output = [CChar](repeating: 0, count: bytes.count * 4 + 16)
      var inputLeft = input.count
      var outputLeft = output.count
      let outputCount = output.count
      let done = unsafe input.withUnsafeMutableBufferPointer { input in
        unsafe output.withUnsafeMutableBufferPointer { output in
          var from = input.baseAddress
          var to = output.baseAddress
          return unsafe iconv(converter, &from, &inputLeft, &to, &outputLeft)
        }
      }
      guard done != -1, inputLeft == 0 else { return nil }
      return String(decoding: output[..<(outputCount - outputLeft)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    #else
      return nil
    #endif
  }
}
