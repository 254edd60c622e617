import ByteIO
import PKIX
import SMIMECrypto
import SMIMETestSupport
import Synchronization
import Testing

@testable import CMS

/// Bytes of which one, in the middle, is another in some of the passes over it: a file that somebody writes to meanwhile.
private final class ChangingSource: ByteSource {
  private let bytes: [UInt8]
  private let place: Int
  private let changedPasses: Set<Int>
  private let passes = Mutex(0)

  /// - Parameter changedPasses: counted from 1.
  init(_ bytes: [UInt8], changedIn changedPasses: Set<Int>) {
    self.bytes = bytes
    self.changedPasses = changedPasses
    place = bytes.count / 2
  }

  var count: Int { bytes.count }

  func read(at offset: Int, into buffer: inout [UInt8]) throws(IOFailure) -> Int {
    let count = min(buffer.count, bytes.count - offset)
    guard count > 0 else { return 0 }
    buffer.replaceSubrange(0..<count, with: bytes[offset..<offset + count])
    guard (offset..<offset + count).contains(place) else { return count }
    let pass = passes.withLock { passes in
      passes += 1
      return passes
    }
    if changedPasses.contains(pass) { buffer[place - offset] ^= 1 }
    return count
  }

  /// Every choice of the first `count` passes.
  static func choices(_ count: Int) -> [Set<Int>] {
    (0..<1 << count).map { bits in Set((1...count).filter { bits >> ($0 - 1) & 1 == 1 }) }
  }
}

/// The same without random access.
private struct InOrder: ByteStream {
  let source: ChangingSource
  func makeReader() -> any ByteReader { source.makeReader() }
}

/// What comes out is what was checked, also when the two are read one after the other.
@Suite struct `Content that changes while it is read` {
  private static let content = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7 ^ $0 >> 9) }

  /// An object whose signer takes a second pass: by a digest that is not announced, or for all of the content.
  private func signed(_ kind: PrivateKey.Kind, announcing announced: [DigestAlgorithm]) async throws
    -> CraftedSignedData
  {
    var craft = CraftedSignedData(try await TestPKI().mailbox("alice@example.com", key: kind))
    craft.content = Self.content
    craft.announced = announced
    if kind == .ed25519 {
      craft.attributes = nil
    } else {
      craft.digest = .sha384
      craft.algorithm = .ecdsa(.sha384)
      craft.attributes = craft.standardAttributes
    }
    return craft
  }

  @Test(arguments: [[], [.sha1], [.sha512], [.sha256, .sha3_256]] as [[DigestAlgorithm]])
  func `is not what a signature in a second pass is over`(announced: [DigestAlgorithm]) async throws {
    for kind in [PrivateKey.Kind.ec(.p256), .ed25519] {
      let craft = try await signed(kind, announcing: announced)
      let object = try await craft.encoded()
      for changed in ChangingSource.choices(2) {
        let sink = BufferSink()
        do {
          let data = try SignedDataReader(ChangingSource(object, changedIn: changed)).read(content: sink)
          let signer = try #require(try data.signerInfos.first?.get())
          let isValid = signer.verify(in: data, certificate: craft.identity.certificate) == .valid
          #expect(isValid == changed.isEmpty)
          #expect((sink.bytes == Self.content) == isValid)
          #expect(changed.count != 1, "\(kind) \(announced) \(changed)")
        } catch is ContentChanged {
          #expect(changed.count == 1, "\(kind) \(announced) \(changed)")
        }
      }
    }
  }

  @Test func `has one pass where SHA-256 is not announced`() async throws {
    var craft = CraftedSignedData(try await TestPKI().mailbox("alice@example.com"))
    craft.content = Self.content
    craft.announced = []
    craft.attributes = craft.standardAttributes
    let sink = BufferSink()
    let source = ChangingSource(try await craft.encoded(), changedIn: [2])
    let data = try SignedDataReader(source).read(content: sink)
    let signer = try #require(try data.signerInfos.first?.get())
    #expect(signer.verify(in: data, certificate: craft.identity.certificate) == .valid)
    #expect(sink.bytes == Self.content)
  }

  /// Attributes stand behind the content that they are authenticated with, in one of several forms.
  @Test func `is not decrypted under a tag over other content`() async throws {
    typealias Crafted = `Authenticated attributes`
    let bob = try await TestPKI().mailbox("bob@example.com")
    let attributes = [Attribute.contentType(.data), Attribute([1, 2, 3, 4], [0x0C, 0x02, 0x48, 0x69])]
    let objects = [
      try await Crafted.crafted(bob, attributes, covered: .canonical, content: Self.content),
      try await Crafted.crafted(bob, attributes, reversed: true, covered: .asSent, content: Self.content),
      try await Crafted.crafted(bob, attributes, tags: (0xA2, 0xA3), covered: .nothing, content: Self.content),
    ]
    for object in objects {
      for keys in [DecryptionKeys(identities: [bob]), DecryptionKeys(identities: [bob, bob])] {
        for changed in ChangingSource.choices(3) {
          let source = ChangingSource(object, changedIn: changed)
          try await decrypt(source, keys, isUnchanged: changed.isEmpty)
          let other = ChangingSource(object, changedIn: changed)
          try await decrypt(InOrder(source: other), keys, isUnchanged: changed.isEmpty)
        }
      }
    }
  }

  private func decrypt(_ stream: any ByteStream, _ keys: DecryptionKeys, isUnchanged: Bool) async throws {
    let sink = BufferSink()
    do {
      _ = try await EnvelopedDataReader(stream).decrypt(with: keys, to: sink, policy: .legacy)
      #expect(sink.bytes == Self.content)
    } catch is DecryptionFailed {
      #expect(!isUnchanged)
    }
  }
}
