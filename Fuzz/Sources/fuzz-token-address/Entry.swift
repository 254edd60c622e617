import FuzzEntry
import SMIMEPKCS11

@_cdecl("fuzz_entry") public func entry() { Entry.start() }

/// Addresses of tokens: what is read is written as the same.
enum Entry {
  static func start() {
    FuzzEntry.run { bytes in
      guard let address = try? TokenAddress(String(decoding: bytes, as: UTF8.self)) else { return }
      let text = "\(address)"
      guard let again = try? TokenAddress(text) else {
        // Percent signs make an address longer, up to the size that is refused.
        precondition(text.utf8.count > 4_096)
        return
      }
      precondition("\(again)" == text && again.id == address.id && again.attributes == address.attributes)
    }
  }
}
