import ByteIO
import CMS
import FuzzEntry
import PKIX
import SMIMECrypto

@_cdecl("fuzz_entry") public func entry() { Entry.start() }

enum Entry {
  static func start() {
    let keys = FuzzKeys.all
    // An object that decrypts gives the same content a second time, and none that fails gives anything out.
    FuzzEntry.run { bytes in
      guard let reader = try? EnvelopedDataReader(BufferSource(bytes), limits: FuzzKeys.limits) else { return }
      _ = reader.recipients.flatMap(\.descriptions)
      let contents = FuzzEntry.wait {
        var contents: [[UInt8]?] = []
        for _ in 0..<2 {
          let sink = BufferSink()
          let decrypted = try? await reader.decrypt(with: keys, to: sink, policy: .legacy)
          contents.append(decrypted == nil ? nil : sink.bytes)
        }
        return contents
      }
      if reader.isAuthenticated { precondition(contents[0] == contents[1]) }
    }
  }
}
