import ByteIO
import FuzzEntry
import MIME

@_cdecl("fuzz_entry") public func entry() { Entry.start() }

enum Entry {
  static func start() {
    FuzzEntry.run { bytes in
      // What is encoded decodes to itself, in windows or whole.
      precondition(Base64.decode(Base64.encode(bytes)) == bytes)
      let lines = BufferSink()
      let encoder = Base64EncodingSink(to: lines)
      try! encoder.write(bytes)
      try! encoder.finish()
      precondition(decoded(Base64DecodingStream(BufferSource(lines.bytes))) == bytes)
      // What decodes strictly decodes leniently to the same.
      let lenient = decoded(Base64DecodingStream(BufferSource(bytes)))
      if let strict = Base64.decode(bytes) { precondition(lenient == strict) }
      precondition(lenient.count <= bytes.count)
      let printable = decoded(QuotedPrintableDecodingStream(BufferSource(bytes)))
      precondition(printable.count <= bytes.count * 2)
      // In small pieces it is the same as whole.
      precondition(decoded(QuotedPrintableDecodingStream(Drip(bytes))) == printable)
      precondition(decoded(Base64DecodingStream(Drip(bytes))) == lenient)
      _ = decoded(CanonicalStream(BufferSource(bytes)))
    }
  }

  private static func decoded(_ stream: some ByteStream) -> [UInt8] {
    let reader = stream.makeReader()
    var result: [UInt8] = []
    var window = [UInt8](repeating: 0, count: 64)
    while true {
      let count = try! reader.read(into: &window)
      guard count > 0 else { return result }
      result += window[..<count]
    }
  }
}
