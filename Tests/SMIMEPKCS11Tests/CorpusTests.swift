import SMIMECrypto
import SMIMEPKCS11
import SMIMETestSupport
import Testing

/// The seeds of fuzzing entries, and whatever ended one of them once: all of it is read, or refused by an error that says why.
@Suite struct `Inputs of the fuzzing entry for addresses of tokens` {
  @Test func `are read, or refused by name`() throws {
    for (name, bytes) in try FuzzInputs.of("fuzz-token-address") {
      do {
        let address = try TokenAddress(String(decoding: bytes, as: UTF8.self))
        let text = "\(address)"
        // Percent signs make an address longer, up to the size that is refused.
        guard text.utf8.count <= 4_096 else { continue }
        let again = try TokenAddress(text)
        #expect("\(again)" == text && again.id == address.id && again.attributes == address.attributes, "\(name)")
      } catch { #expect(error is Malformed || error is Unsupported, "\(name): \(error)") }
    }
  }
}
