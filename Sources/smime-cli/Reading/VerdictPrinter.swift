import MIME
import PKIX
import SMIME
import SMIMECrypto
import SMIMEStore

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Prints what an opened message is worth: in words, or as the JSON object that scripts read.
struct VerdictPrinter {
  private let opened: OpenedMessage
  private let trust: TrustOptions
  /// What the message was worth when it was opened before; nil if it was not.
  private let earlier: FirstOpening?
  /// What ages are counted to.
  private let instant: Date

  init(_ opened: OpenedMessage, _ trust: TrustOptions, earlier: FirstOpening?) {
    self.opened = opened
    self.trust = trust
    self.earlier = earlier
    instant = trust.time.date
  }

  func print(_ format: FormatOptions) {
    if format.json {
      Terminal.print(report.json)
    } else {
      Terminal.print(lines.joined(separator: "\n"))
    }
    for hint in trust.hints(for: opened.signers, opened.verdict.signature) { Terminal.hint(hint) }
    let isOutdated = opened.layers.contains { if case .encryption(let layer) = $0 { layer.isOutdated } else { false } }
    if isOutdated { Terminal.hint(PolicyOptions.readingHint) }
  }

  // MARK: Words

  private var lines: [String] {
    let verdict = opened.verdict
    var lines = [
      Self.line("signature", verdict.signature.rawValue, verdict.signatureSentence, verdict.signature.colour)
    ]
    if let sentence = verdict.encryptionSentence {
      lines.append(Self.line("encryption", verdict.encryption.rawValue, sentence, colour(verdict.encryption)))
    }
    for signer in opened.signers { lines += signer.words(at: instant) }
    for case .encryption(let layer) in opened.layers where layer.state != .decrypted {
      if layer.state == .keyMissing { lines += layer.recipients.map { "  for: \(Outline.printable($0))" } }
      lines += layer.nearby.map { "  near: \(Outline.printable("\($0.subject)")) is by the same issuer" }
      if let detail = layer.detail { lines.append("  \(Outline.printable(detail))") }
    }
    for detail in opened.failedCompressions {
      lines.append("compression: \(Terminal.paint("failed", .red)) - \(Outline.printable(detail))")
    }
    lines += opened.defects.map { "defect: \($0.code) (\(Outline.printable($0.place)))" }
    if let earlier, earlier.signature != verdict.signature.rawValue {
      lines.append("when first opened, at \(earlier.opened.rfc3339): \(Outline.printable(earlier.signature))")
    }
    return lines
  }

  /// One indicator and what it means.
  static func line(_ what: String, _ state: String, _ sentence: String, _ colour: Terminal.Colour) -> String {
    "\(what): \(Terminal.paint(state, colour)) - \(Outline.printable(sentence))"
  }

  private func colour(_ state: EncryptionState) -> Terminal.Colour {
    switch state {
    case .decrypted, .none: .green
    case .decryptedUnauthenticated: .yellow
    case .keyMissing, .failed: .red
    }
  }
}

// MARK: - JSON

extension VerdictPrinter {
  /// The object that `docs/schema/verdict.json` describes.
  var report: Outline {
    var report: Outline = [
      "version": .number(1),
      "verdict": .outline([
        "signature": .text(opened.verdict.signature.rawValue), "encryption": .text(opened.verdict.encryption.rawValue),
      ]),
      "signers": .list(opened.signers.map { .outline($0.outline(at: instant)) }),
      "from": .list(opened.message.from.map { .text($0.address.description) }),
      "headers": .outline(headers),
      "layers": .list(opened.layers.map { .outline(outline(of: $0)) }),
      "defects": .list(opened.defects.map { .outline(["code": .text($0.code), "where": .text($0.place)]) }),
    ]
    report["firstOpened"] = earlier.map { earlier in
      .outline([
        "at": .text(earlier.opened.rfc3339), "signature": .text(earlier.signature),
        "encryption": .text(earlier.encryption),
      ])
    }
    return report
  }

  private var headers: Outline {
    var result = Outline()
    for header in opened.headers {
      var one: Outline = ["value": .text(header.value), "state": .text(header.state.rawValue)]
      one["outer"] = header.outer.map(Outline.Node.text)
      result[header.name] = .outline(one)
    }
    return result
  }

  private func outline(of layer: Layer) -> Outline {
    switch layer {
    case .signature(let layer):
      return [
        "kind": "signature", "form": .text(layer.form.rawValue), "state": .text(layer.state.rawValue),
        "signers": .list(layer.signers.map { .outline($0.outline(at: instant)) }),
      ]
    case .encryption(let layer):
      var result: Outline = [
        "kind": "encryption", "state": .text(layer.state.rawValue), "algorithm": .text(layer.algorithm),
        "recipients": .list(layer.recipients.map(Outline.Node.text)),
      ]
      result["nearby"] = .outlines(layer.nearby.map(\.shortOutline))
      result["detail"] = layer.detail.map(Outline.Node.text)
      return result
    case .compression(let layer):
      var result: Outline = ["kind": "compression"]
      result["detail"] = layer.detail.map(Outline.Node.text)
      return result
    case .certificates(let certificates):
      return ["kind": "certificates", "certificates": .list(certificates.map { .outline($0.shortOutline) })]
    }
  }
}
