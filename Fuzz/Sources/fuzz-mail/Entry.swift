import ByteIO
import CMS
import Foundation
import FuzzEntry
import MIME
import PKIX
import SMIME
import SMIMECrypto

@_cdecl("fuzz_entry") public func entry() { Entry.start() }

enum Entry {
  static func start() {
    let reader = Reader(paths: PathValidator(anchors: TrustAnchors([])), policy: .legacy)
    FuzzEntry.run { bytes in
      let source = BufferSource(bytes)
      guard let entity = try? Entity(source) else { return }
      precondition(entity.range == 0..<bytes.count)
      check(entity)
      let verified = FuzzEntry.wait {
        (try? await reader.open(source, at: Date(timeIntervalSince1970: 1_790_000_000)))?.verdict.signature == .verified
      }
      precondition(!verified, "verified without an anchor")
    }
  }

  /// Parts lie inside their multipart, one after another, and what they hold can be decoded.
  private static func check(_ entity: Entity) {
    var at = entity.bodyRange.lowerBound
    for part in entity.parts {
      precondition(part.range.lowerBound >= at && part.range.upperBound <= entity.range.upperBound)
      at = part.range.upperBound
      check(part)
    }
  }
}
