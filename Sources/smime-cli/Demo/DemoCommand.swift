import ArgumentParser
import ByteIO
import Glibc

struct Demo: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Show all of it once: an authority, two people, a secured mail, and what is refused.",
    discussion: """
      Every step is an ordinary command, printed before it runs, so that it can be copied. The files stay in a folder \
      that is named at the end. Nothing outside that folder is touched.

      EXAMPLES:
        smime demo
        smime demo --mail invoice.eml --dir ./demo
      """)

  @Option(help: ArgumentHelp("A mail of your own to secure, instead of the sample.", valueName: "file"))
  var mail: String?

  @Option(help: ArgumentHelp("Where to leave the files; a new folder in /tmp if left out.", valueName: "folder"))
  var dir: String?

  func run() async throws {
    let folder = try Self.folder(dir)
    let bytes = try mail.map { try Input.bytes(of: $0) } ?? Array(DemoSample.mail.utf8)
    try Files.write(bytes, to: "\(folder)/mail.eml", overwrite: .replace, mode: 0o644)
    var stage = try DemoStage(folder: folder)
    let script = DemoScript(people: try DemoPeople(inMail: bytes), port: try LoopbackPort.free())
    defer { Daemon.stop(processFile: "\(folder)/smimed.pid") }
    for step in script.opening { try stage.perform(step) }
    let byte = ChangedByte(inMail: try Input.bytes(of: "\(folder)/signed.eml"))
    for step in script.closing(changing: byte) { try stage.perform(step) }
    stage.end()
  }

  private static func folder(_ path: String?) throws -> String {
    if let path {
      guard !Files.exists("\(path)/ca") else { throw IOFailure(.exists, "\(path)/ca") }
      try Files.makeFolder(path)
      guard let absolute = unsafe realpath(path, nil) else { throw IOFailure(.cannotOpen, path, detail: systemError()) }
      defer { unsafe free(absolute) }
      return unsafe String(cString: absolute)
    }
    var template = Array("/tmp/smime-demo-XXXXXX".utf8CString)
    guard unsafe mkdtemp(&template) != nil else { throw IOFailure(.cannotCreate, "/tmp", detail: systemError()) }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
