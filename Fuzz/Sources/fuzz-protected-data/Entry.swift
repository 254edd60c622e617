import ByteIO
import CMS
import FuzzEntry
import PKIX
import SMIMECrypto

/// EncryptedData, AuthenticatedData, DigestedData, CompressedData, and data by itself.
@_cdecl("fuzz_entry") public func entry() { Entry.start() }

enum Entry {
  static func start() {
    let keys = FuzzKeys.all
    let limits = FuzzKeys.limits
    FuzzEntry.run { bytes in
      let source = BufferSource(bytes)
      if let reader = try? EncryptedDataReader(source, limits: limits) {
        _ = try? reader.decrypt(with: FuzzKeys.shared.key, to: NullSink(), policy: .legacy)
      }
      if let reader = try? AuthenticatedDataReader(source, limits: limits) {
        _ = FuzzEntry.wait { (try? await reader.authenticate(with: keys, policy: .legacy)) != nil }
      }
      for detached in [nil, BufferSource([1, 2, 3])] {
        _ = try? DigestedDataReader(source, limits: limits).read(detached: detached, policy: .legacy)
      }
      let content = BufferSink(limit: 1 << 20)
      if let data = try? CompressedDataReader(source, limits: limits).read(content: content) {
        precondition(data.contentCount == content.bytes.count)
      }
      let plain = BufferSink()
      if let data = try? DataContentReader(source, limits: limits).read(content: plain) {
        precondition(data.contentCount == plain.bytes.count)
      }
    }
  }
}
