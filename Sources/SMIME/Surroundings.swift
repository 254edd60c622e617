import ByteIO
import MIME

/// What stands beside something signed in the same entity, where no signature covers it: most often the footer of a
/// mailing list.
extension Entity {
  /// True if anything but white space follows the last boundary of a multipart.
  var hasTextAfterLastBoundary: Bool {
    get throws {
      guard let epilogue else { return false }
      return try source.slice(epilogue).contains { window in window.contains { $0 > 0x20 } }
    }
  }

  /// True if a base64 body holds anything but base64 and white space, or anything after its padding.
  var hasTextBesideBase64: Bool {
    get throws {
      guard transferEncoding == .base64 else { return false }
      var isPadded = false
      return try rawBody.contains { window in
        for byte in window {
          switch byte {
          case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
            if isPadded { return true }
          case UInt8(ascii: "="): isPadded = true
          case 0...0x20: continue
          default: return true
          }
        }
        return false
      }
    }
  }
}

extension ByteStream {
  /// Reads window after window until one of them satisfies `predicate`.
  fileprivate func contains(_ predicate: (ArraySlice<UInt8>) -> Bool) throws -> Bool {
    let reader = makeReader()
    var window = makeWindow()
    while true {
      let count = try reader.read(into: &window)
      if count == 0 { return false }
      if predicate(window[..<count]) { return true }
    }
  }
}
