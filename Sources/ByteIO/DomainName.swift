/// Domain names in the one form in which they are compared: A-labels in lower case (RFC 5891 §4, RFC 3492).
package enum DomainName {
  package static func canonical(_ domain: String) -> String {
    var domain = domain
    if domain.hasSuffix(".") { domain.removeLast() }
    guard domain.utf8.contains(where: { $0 >= 0x80 }) else { return lowercased(domain) }
    // RFC 3490 §3.1: these are dots too.
    let dots: Set<Unicode.Scalar> = [".", "\u{3002}", "\u{FF0E}", "\u{FF61}"]
    return domain.unicodeScalars.split(omittingEmptySubsequences: false, whereSeparator: { dots.contains($0) })
      .map { scalars in
        let label = String(scalars)
        guard label.utf8.contains(where: { $0 >= 0x80 }) else { return lowercased(label) }
        // A label of more than 63 octets names nothing (RFC 1035 §2.3.4), and the encoding takes squared time.
        let scalars = label.lowercased().unicodeScalars
        guard scalars.count < 60 else { return String(label) }
        return "xn--" + punycode(scalars.map(\.value))
      }
      .joined(separator: ".")
  }

  /// The domain as it is written where only ASCII may be: ASCII as it is, all else as A-labels (RFC 5891 §4.4).
  package static func aLabels(_ domain: String) -> String {
    domain.utf8.allSatisfy { $0 < 0x80 } ? domain : canonical(domain)
  }

  /// Letters of ASCII in lower case, all else as it is.
  private static func lowercased(_ text: String) -> String {
    String(decoding: text.utf8.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }, as: UTF8.self)
  }

  /// RFC 3492 §6.3 for one label.
  private static func punycode(_ input: [UInt32]) -> String {
    var output = input.filter { $0 < 0x80 }.map { UInt8($0) }
    let basicCount = output.count
    var handled = basicCount
    if basicCount > 0 { output.append(UInt8(ascii: "-")) }
    var code: UInt32 = 128
    var delta = 0
    var bias = 72
    while handled < input.count {
      guard let next = input.filter({ $0 >= code }).min() else { break }
      let (grown, overflow) = (Int(next - code)).multipliedReportingOverflow(by: handled + 1)
      guard !overflow else { break }
      delta += grown
      code = next
      for scalar in input {
        if scalar < code { delta += 1 }
        guard scalar == code else { continue }
        var quotient = delta
        var position = 36
        while true {
          let threshold = min(max(position - bias, 1), 26)
          guard quotient >= threshold else { break }
          output.append(digit(threshold + (quotient - threshold) % (36 - threshold)))
          quotient = (quotient - threshold) / (36 - threshold)
          position += 36
        }
        output.append(digit(quotient))
        bias = adapted(delta, handled + 1, isFirst: handled == basicCount)
        delta = 0
        handled += 1
      }
      delta += 1
      code += 1
    }
    return String(decoding: output, as: UTF8.self)
  }

  private static func digit(_ value: Int) -> UInt8 { UInt8(value < 26 ? 0x61 + value : 0x30 + value - 26) }

  private static func adapted(_ delta: Int, _ count: Int, isFirst: Bool) -> Int {
    var delta = isFirst ? delta / 700 : delta / 2
    delta += delta / count
    var position = 0
    while delta > 455 {
      delta /= 35
      position += 36
    }
    return position + 36 * delta / (delta + 38)
  }
}
