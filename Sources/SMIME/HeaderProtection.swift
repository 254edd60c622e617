import MIME

/// Which header fields are protected, and by what (RFC 9788 §4). A root of the payload with `hp=` carries the fields that
/// its sender meant; all others are only what stands outside.
struct HeaderProtection {
  let headers: [HeaderReport]
  /// The message inside, where its From is protected and shown in the place of the outer one.
  let inner: Message?

  private static let shown = ["From", "Sender", "Reply-To", "To", "Cc", "Subject", "Date", "Message-ID"]

  init(message: Message, content: Entity?, layers: [Layer]) {
    let outer = message.entity.header
    var isSigned = false
    var isEncrypted = false
    for layer in layers {
      switch layer {
      case .signature(let signature): isSigned = isSigned || signature.state == .verified
      case .encryption(let encryption):
        isEncrypted = isEncrypted || encryption.state == .decrypted || encryption.state == .decryptedUnauthenticated
      case .certificates: break
      }
    }
    let mode = content?.contentType.parameters["hp"]?.lowercased()
    guard let content, !layers.isEmpty, mode == "clear" || mode == "cipher", isSigned || isEncrypted else {
      headers = Self.shown.compactMap { name in
        outer[name].map { HeaderReport(name: name, value: $0.decodedValue, state: .unprotected, outer: nil) }
      }
      inner = nil
      return
    }
    inner = content.header["From"] == nil ? nil : Message(content)
    // HP-Outer says what the sender wrote outside: a field that stands there as it is inside was never confidential.
    let outerCopies = content.header.all("HP-Outer").map(\.value)
    headers = Self.shown.compactMap { name in
      guard let field = content.header[name] else {
        return outer[name].map { HeaderReport(name: name, value: $0.decodedValue, state: .unprotected, outer: nil) }
      }
      let isConfidential = mode == "cipher" && isEncrypted && !outerCopies.contains("\(name): \(field.value)")
      let state: HeaderState =
        isSigned ? (isConfidential ? .both : .signed) : (isConfidential ? .encrypted : .unprotected)
      let outside = outer[name]?.decodedValue
      return HeaderReport(
        name: name, value: field.decodedValue, state: state, outer: outside == field.decodedValue ? nil : outside)
    }
  }
}
