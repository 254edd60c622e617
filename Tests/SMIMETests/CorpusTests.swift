import ByteIO
import MIME
import PKIX
import SMIME
import SMIMETestSupport
import Testing

/// The seeds of a fuzzing entry, and whatever ended it once: mail opens, whatever it is, and is never verified by nobody.
@Suite struct `Inputs of the fuzzing entry for mail` {
  @Test func `open without an anchor to nothing verified`() async throws {
    let reader = Reader(paths: PathValidator(anchors: TrustAnchors([])), policy: .legacy)
    for (name, bytes) in try FuzzInputs.of("fuzz-mail") {
      let entity = try Entity(BufferSource(bytes))
      #expect(entity.range == 0..<bytes.count, "\(name)")
      check(entity)
      let opened = try await reader.open(BufferSource(bytes), at: TestPKI.now)
      #expect(opened.verdict.signature != .verified, "\(name)")
    }
  }

  /// Parts lie inside their multipart, one after another.
  private func check(_ entity: Entity) {
    var at = entity.bodyRange.lowerBound
    for part in entity.parts {
      #expect(part.range.lowerBound >= at && part.range.upperBound <= entity.range.upperBound)
      at = part.range.upperBound
      check(part)
    }
  }
}
