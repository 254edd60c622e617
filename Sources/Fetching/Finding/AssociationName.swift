import ByteIO
import SMIMECrypto

/// Where in DNS an address's SMIMEA records are (RFC 8162 §3), and that as a URL (RFC 4501).
///
/// The local part is taken as it is: a domain that knows it in other cases or forms publishes those too (§4). Text that is
/// not in Unicode's form C is not brought into it.
package struct AssociationName: Hashable, Sendable, CustomStringConvertible {
  /// A domain name without the last full stop, in lower case.
  package let name: String

  /// - Parameters:
  ///   - localPart: without quoting.
  ///   - domain: in ASCII or Unicode.
  package init(localPart: String, domain: String) throws(FetchFailure) {
    guard !localPart.isEmpty else { throw FetchFailure(.url, "the address has nothing before the @") }
    let hash = MessageDigest.sha256(Array(localPart.utf8)[...]).prefix(28)
    let digits = Array("0123456789abcdef".utf8)
    let label = hash.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    try self.init(name: "\(String(decoding: label, as: UTF8.self))._smimecert.\(DomainName.canonical(domain))")
  }

  private init(name: String) throws(FetchFailure) {
    var name = name.lowercased()
    if name.last == "." { name.removeLast() }
    let labels = name.split(separator: ".", omittingEmptySubsequences: false)
    let isHostLike = { (byte: UInt8) in
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"),
        UInt8(ascii: "_"):
        true
      default: false
      }
    }
    guard name.utf8.count <= 253, labels.count >= 3,
      labels.allSatisfy({ (1...63).contains($0.utf8.count) && $0.utf8.allSatisfy(isHostLike) })
    else { throw FetchFailure(.url, "that is no name that DNS could know") }
    self.name = name
  }

  private static let head = "dns:"
  private static let tail = "?type=smimea"

  package static func isOne(_ url: String) -> Bool { url.prefix(head.count).lowercased() == head }

  /// RFC 4501 §3, of names of SMIMEA records only.
  package init(url: String) throws(FetchFailure) {
    guard Self.isOne(url), url.lowercased().hasSuffix(Self.tail), url.utf8.count <= 512 else {
      throw FetchFailure(.url, "the URL asks for no SMIMEA records")
    }
    try self.init(name: String(url.dropFirst(Self.head.count).dropLast(Self.tail.count)))
  }

  package var description: String { "\(Self.head)\(name)?type=SMIMEA" }
}
