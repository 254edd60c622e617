import MIME

/// Which header fields are protected, and by what (RFC 9788 §4). A root of the payload with `hp=` carries the fields that
/// its sender meant; all others are only what stands outside.
struct HeaderProtection {
  /// The payload's root, where it carries the header and something protects it.
  private let payload: Entity?
  private let isEncrypted: Bool

  private static let shown = ["From", "Sender", "Reply-To", "To", "Cc", "Subject", "Date", "Message-ID"]

  init(content: Entity?, layers: [Layer]) {
    var isSigned = false
    var isEncrypted = false
    for layer in layers {
      switch layer {
      case .signature(let signature): isSigned = isSigned || signature.state == .verified
      case .encryption(let encryption):
        isEncrypted = isEncrypted || encryption.state == .decrypted || encryption.state == .decryptedUnauthenticated
      case .compression, .certificates: break
      }
    }
    let mode = content?.contentType.parameters["hp"]?.lowercased()
    payload = (isSigned || isEncrypted) && (mode == "clear" || mode == "cipher") ? content : nil
    self.isEncrypted = isEncrypted && mode == "cipher"
  }

  /// The message inside, where its From is protected and shown in the place of the outer one.
  var message: Message? {
    guard let payload, payload.header["From"] != nil else { return nil }
    return Message(payload)
  }

  /// The fields as they are to be shown.
  ///
  /// - Parameter isSigned: whether the signature holds in the end, the protected From included.
  func headers(of message: Message, isSigned: Bool) -> [HeaderReport] {
    // HP-Outer says what the sender wrote outside: a field that stands there as it is inside was never confidential.
    let outerCopies = payload?.header.all("HP-Outer").map(\.value) ?? []
    return Self.shown.compactMap { name in
      let outside = message.entity.header[name]?.decodedValue
      guard let field = payload?.header[name] else {
        return outside.map { HeaderReport(name: name, value: $0, state: .unprotected, outer: nil) }
      }
      let isConfidential = isEncrypted && !outerCopies.contains("\(name): \(field.value)")
      let state: HeaderState =
        isSigned ? (isConfidential ? .both : .signed) : (isConfidential ? .encrypted : .unprotected)
      return HeaderReport(
        name: name, value: field.decodedValue, state: state, outer: outside == field.decodedValue ? nil : outside)
    }
  }
}
