import ArgumentParser
import ByteIO
import CMS
import SMIMECrypto

struct CMSDigest: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "digest",
    abstract: "Put a digest beside a file, to tell damage.",
    discussion: """
      Writes DigestedData. It proves nothing about who wrote the file: 'smime cms sign' does that. 'smime cms check' \
      tells whether the digest holds.

      EXAMPLES:
        smime cms digest --detached image.iso --out image.iso.p7d
        smime cms check --content image.iso image.iso.p7d
      """)

  @OptionGroup var input: InputOptions

  @Flag(help: "Leave the content out of the object.")
  var detached = false

  @Option(help: ArgumentHelp("The digest: \(DigestChoice.list).", valueName: "name"))
  var digest = DigestChoice.sha256

  @OptionGroup var output: ObjectOptions

  func run() async throws {
    let input = try input.content()
    try await output.write { sink in
      try DigestedDataWriter.write(
        input.stream, digest: digest.algorithm, form: detached ? .detached : .attached, to: sink)
    }
  }
}

struct CMSCheck: ReadingCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Tell whether a file with a digest is damaged.",
    discussion: """
      Exit 0 means that the content has the digest. Nobody vouches for it: whoever changed the file could change the digest \
      too.

      EXAMPLES:
        smime cms check --content image.iso image.iso.p7d
        smime cms check report.p7d --out report.txt
      """)

  @OptionGroup var input: InputOptions

  @Option(
    help: ArgumentHelp(
      "What the digest is of, where the object does not hold it; '-' for standard input.", valueName: "file"))
  var content: String?

  @OptionGroup var algorithms: PolicyOptions
  @OptionGroup var output: OutputOptions
  @OptionGroup var format: FormatOptions

  func validate() throws {
    guard output.out == nil || content == nil else {
      throw ValidationError("--out writes what is inside the object; with --content it is outside")
    }
    guard output.out != "-" else { throw ValidationError("--out needs a file: standard output has the answer") }
    try input.validate(beside: content)
  }

  func run() async throws {
    let file = try output.out.map { _ in try output.open(.open) }
    let input = try CMSInput(input.open())
    _ = try input.type(.digestedData)
    let detached = try self.input.content(beside: content)
    let data: DigestedData
    do {
      data = try DigestedDataReader(input.object).read(
        content: file?.sink ?? NullSink(), detached: detached, policy: algorithms.policy)
    } catch {
      throw CommandFailure(error, in: input.name)
    }
    tell(data, input.name)
    guard data.state == .intact else {
      if case .weakAlgorithm = data.state { Terminal.hint(PolicyOptions.judgingHint) }
      throw ExitCode(.notGood)
    }
    if let file {
      guard data.hasContent else { throw CommandFailure(.notGood, "\(input.name): holds no content") }
      try file.commit()
    }
  }

  /// In words, or as the object that `docs/schema/digest.json` describes.
  private func tell(_ data: DigestedData, _ name: String) {
    let (state, sentence) = data.state.words
    guard !format.json else {
      var content = Outline()
      content["type"] = .text(data.contentType.description)
      content["bytes"] = .number(data.contentCount)
      var report = Outline()
      report["version"] = .number(1)
      report["digest"] = .text(state)
      report["algorithm"] = .text(AlgorithmName.digest(data.digestAlgorithm))
      report["content"] = .outline(content)
      report["defects"] = .list(data.defects.map { .outline(outline(of: $0)) })
      return Terminal.print(report.json)
    }
    Terminal.print(
      VerdictPrinter.line("digest", state, sentence, data.state == .intact ? .yellow : .red)
        + "\ncontent: \(data.contentType), \(data.contentCount) bytes")
    for defect in data.defects { Terminal.warning("\(name): \(defect)") }
  }

  private func outline(of defect: Malformed) -> Outline {
    var result = Outline()
    result["code"] = .text(defect.reason)
    result["where"] = .text(defect.path)
    return result
  }
}

extension DigestedData.State {
  fileprivate var words: (name: String, sentence: String) {
    switch self {
    case .intact: ("intact", "Not damaged. Nobody signed it: whoever changed it could change the digest too.")
    case .altered: ("altered", "Damaged, or changed.")
    case .contentMissing: ("contentMissing", "The content is not here: name it with --content.")
    case .contentDoubled: ("contentDoubled", "The object holds content of its own beside what was named.")
    case .unsupported(let what): ("unsupported", "\(what).")
    case .weakAlgorithm(let what): ("weakAlgorithm", "Not damaged as far as an outdated method can tell: \(what).")
    }
  }
}
