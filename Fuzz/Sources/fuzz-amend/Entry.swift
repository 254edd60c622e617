import ByteIO
import CMS
import FuzzEntry
import PKIX
import SMIMECrypto

@_cdecl("fuzz_entry") public func entry() { Entry.start() }

/// Adding to objects that others made. What comes out can be read, and holds what was there.
enum Entry {
  static func start() {
    let signers = FuzzKeys.all.identities.prefix(1).map { SignedDataWriter.Signer($0) }
    // What is added may be what goes beyond a budget.
    var limits = CMSLimits.standard
    (limits.signers, limits.certificates, limits.digestAlgorithms) = (10_000, 10_000, 10_000)
    (limits.attributes, limits.attributeValues) = (10_000, 10_000)
    let wide = limits
    FuzzEntry.run { bytes in
      let object = BufferSource(bytes)
      let content = BufferSink()
      guard let before = try? SignedDataReader(object).read(content: content) else { return }
      let amended = FuzzEntry.wait {
        let (added, countersigned) = (BufferSink(), BufferSink())
        let adds = (try? await SignedDataWriter.add(signers, to: object, writingTo: added)) != nil
        let countersigns =
          (try? await SignedDataWriter.countersign(object, by: signers, writingTo: countersigned)) != nil
        return (adds ? added.bytes : nil, countersigns ? countersigned.bytes : nil)
      }
      for (bytes, more) in [(amended.0, 1), (amended.1, 0)] {
        guard let bytes else { continue }
        let kept = BufferSink()
        let after = try! SignedDataReader(BufferSource(bytes), limits: wide).read(content: kept)
        precondition(kept.bytes == content.bytes && after.hasContent == before.hasContent)
        precondition(after.signerInfos.count == before.signerInfos.count + more)
        precondition(after.certificates.count >= before.certificates.count)
      }
    }
  }
}
