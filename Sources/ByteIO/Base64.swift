/// Base64 of RFC 4648 §4.
public enum Base64 {
  static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// The characters for `bytes`, padded, in one line.
  public static func encode(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity((bytes.count + 2) / 3 * 4)
    var at = 0
    while at + 3 <= bytes.count {
      let group = Int(bytes[at]) << 16 | Int(bytes[at + 1]) << 8 | Int(bytes[at + 2])
      result.append(alphabet[group >> 18])
      result.append(alphabet[group >> 12 & 63])
      result.append(alphabet[group >> 6 & 63])
      result.append(alphabet[group & 63])
      at += 3
    }
    if at < bytes.count {
      let group = Int(bytes[at]) << 16 | (at + 1 < bytes.count ? Int(bytes[at + 1]) << 8 : 0)
      result.append(alphabet[group >> 18])
      result.append(alphabet[group >> 12 & 63])
      result.append(at + 1 < bytes.count ? alphabet[group >> 6 & 63] : UInt8(ascii: "="))
      result.append(UInt8(ascii: "="))
    }
    return result
  }

  /// The value of each character; 0xFF for those outside the alphabet.
  static let values: [UInt8] = {
    var table = [UInt8](repeating: 0xFF, count: 256)
    for (value, character) in alphabet.enumerated() { table[Int(character)] = UInt8(value) }
    return table
  }()

  /// The bytes that `text` stands for; nil unless all of it is the alphabet, padded (or not padded at all).
  public static func decode(_ text: [UInt8]) -> [UInt8]? {
    var end = text.count
    while end > 0, text.count - end < 2, text[end - 1] == UInt8(ascii: "=") { end -= 1 }
    guard end % 4 != 1, end == text.count || text.count % 4 == 0 else { return nil }
    var result: [UInt8] = []
    result.reserveCapacity(end / 4 * 3 + 2)
    var group = 0
    for index in 0..<end {
      let value = values[Int(text[index])]
      guard value != 0xFF else { return nil }
      group = group << 6 | Int(value)
      if index & 3 == 3 {
        result.append(UInt8(truncatingIfNeeded: group >> 16))
        result.append(UInt8(truncatingIfNeeded: group >> 8))
        result.append(UInt8(truncatingIfNeeded: group))
        group = 0
      }
    }
    switch end & 3 {
    case 2: result.append(UInt8(truncatingIfNeeded: group >> 4))
    case 3:
      result.append(UInt8(truncatingIfNeeded: group >> 10))
      result.append(UInt8(truncatingIfNeeded: group >> 2))
    default: break
    }
    return result
  }
}
