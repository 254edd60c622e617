import ByteIO
import CMS
import FuzzEntry

@_cdecl("fuzz_entry") public func entry() { Entry.start() }

enum Entry {
  static func start() {
    // A walk over an object ends the same, in whatever pieces it comes.
    FuzzEntry.run { bytes in
      precondition(walk(BufferSource(bytes)) == walk(Drip(bytes)))
    }
  }

  private static func walk(_ stream: any ByteStream) -> [String] {
    var said: [String] = []
    do { said.append("\(try ContentInfo.contentType(of: stream))") } catch { said.append("\(error)") }
    let content = BufferSink()
    do {
      let data = try SignedDataReader(stream).read(content: content)
      said.append("\(data.signerInfos.count) \(data.certificates.count) \(data.defects) \(content.bytes)")
    } catch { said.append("\(error)") }
    do { said.append("\(try EnvelopedDataReader(stream).recipients.count)") } catch { said.append("\(error)") }
    return said
  }
}
