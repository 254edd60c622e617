package import ByteIO

/// Digests what it hands on.
package final class DigestingSink: ByteSink {
  private var digest: MessageDigest
  private let next: any ByteSink

  /// - Throws: ``Unsupported``
  package init(_ algorithm: DigestAlgorithm, passingTo next: any ByteSink) throws(Unsupported) {
    digest = try MessageDigest(algorithm)
    self.next = next
  }

  package func write(_ bytes: Span<UInt8>) throws {
    digest.update(bytes)
    try next.write(bytes)
  }

  /// The digest of all that was written.
  package func value() -> [UInt8] { digest.finalize() }
}
