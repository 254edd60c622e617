import ByteIO
import SMIMECrypto

/// Digests content, or makes its code with several keys side by side, on the way to another sink.
final class AuthenticatingSink: ByteSink {
  private var codes: [MessageAuthenticator]
  private var digest: MessageDigest?
  private let next: any ByteSink
  private(set) var count = 0

  /// - Parameter digest: where it is given, the content is digested, and the codes are left alone.
  init(_ codes: [MessageAuthenticator], digest: MessageDigest?, passingTo next: any ByteSink) {
    self.codes = codes
    self.digest = digest
    self.next = next
  }

  func write(_ bytes: Span<UInt8>) throws {
    if digest == nil {
      for index in codes.indices { codes[index].update(bytes) }
    } else {
      digest?.update(bytes)
    }
    count += bytes.count
    try next.write(bytes)
  }

  /// The digest of the content; nothing where none was asked for.
  func contentDigest() -> [UInt8] { digest?.finalize() ?? [] }

  /// The content's code with the first of the keys.
  func code() -> [UInt8] { codes.isEmpty ? [] : codes[0].finalize() }

  /// Whether `code` is the content's with one of the keys; all of them are looked at.
  func matches(_ code: ArraySlice<UInt8>) -> Bool {
    var found = false
    for key in codes { found = key.matches(code) || found }
    return found
  }
}
