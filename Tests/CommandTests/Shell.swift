import Foundation
import Testing

/// A folder of its own with its own store, in which the built command runs as a user would type it.
struct Shell {
  struct Result {
    let status: Int32
    let output: String
    let errors: String

    /// The lines of standard error that begin with `error:`.
    var errorLines: [Substring] { errors.split(separator: "\n").filter { $0.hasPrefix("error: ") } }
  }

  let folder: URL

  /// A new empty folder, which stays until the tests end.
  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("smime-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  /// Runs `smime` with these arguments, nothing but `input` on standard input, and no terminal.
  @discardableResult
  func smime(
    _ arguments: String..., input: Data = Data(), expect status: Int32? = 0,
    _ location: SourceLocation = #_sourceLocation
  ) throws -> Result {
    try smime(arguments, input: input, expect: status, location)
  }

  @discardableResult
  func smime(
    _ arguments: [String], input: Data = Data(), expect status: Int32? = 0,
    _ location: SourceLocation = #_sourceLocation
  ) throws -> Result {
    let result = try run(Self.binary.path, arguments, input: input)
    if let status {
      #expect(
        result.status == status, "smime \(arguments.joined(separator: " ")): \(result.output)\(result.errors)",
        sourceLocation: location)
    }
    return result
  }

  /// Runs a script of the shell, with `smime` in the path.
  func script(_ text: String) throws -> Result { try run("/bin/sh", ["-e", "-c", text], input: Data()) }

  /// Runs a program in the folder. What it reads and prints lies in files, so that nothing has to be drained meanwhile.
  func run(_ program: String, _ arguments: [String], input: Data) throws -> Result {
    let names = (0..<3).map { _ in folder.appendingPathComponent(".\(UUID().uuidString)") }
    defer { for name in names { try? FileManager.default.removeItem(at: name) } }
    try input.write(to: names[0])
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, names[0].path, O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, names[1].path, O_WRONLY | O_CREAT, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, names[2].path, O_WRONLY | O_CREAT, 0o600)
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    let words =
      [
        "/usr/bin/env", "-C", folder.path, "SMIME_HOME=\(folder.path)/home",
        "PATH=\(Self.binary.deletingLastPathComponent().path):\(path)", program,
      ] + arguments
    var strings: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { strings.forEach { free($0) } }
    // The threads that tests run on block signals, which a shell waits for.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var process = pid_t()
    guard posix_spawn(&process, words[0], &actions, &attributes, &strings, environ) == 0 else {
      throw CocoaError(.executableNotLoadable)
    }
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 && errno == EINTR {}
    return Result(
      status: status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F,
      output: String(decoding: try Data(contentsOf: names[1]), as: UTF8.self),
      errors: String(decoding: try Data(contentsOf: names[2]), as: UTF8.self))
  }

  // MARK: Files

  func url(_ name: String) -> URL { folder.appendingPathComponent(name) }
  func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: url(name).path) }
  func data(_ name: String) throws -> Data { try Data(contentsOf: url(name)) }
  func text(_ name: String) throws -> String { String(decoding: try data(name), as: UTF8.self) }
  func write(_ text: String, to name: String) throws { try Data(text.utf8).write(to: url(name)) }
  func write(_ data: Data, to name: String) throws { try data.write(to: url(name)) }

  func permissions(_ name: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: url(name).path)[.posixPermissions] as? Int
  }

  /// All names in the folder and below it that the tests did not hide with a full stop.
  func names() throws -> Set<String> {
    Set((FileManager.default.enumerator(atPath: folder.path)?.allObjects as? [String] ?? []).filter { $0.first != "." })
  }

  /// A port of this machine on which nobody listens.
  static func freePort() throws -> UInt16 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    var count = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        bind(descriptor, pointer, count) == 0 && getsockname(descriptor, pointer, &count) == 0
      }
    }
    guard isBound else { throw CocoaError(.fileReadUnknown) }
    return UInt16(bigEndian: address.sin_port)
  }

  /// The command, beside the bundle of the tests.
  static let binary: URL = {
    let tests = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
    var folder = tests.deletingLastPathComponent()
    while folder.path != "/" {
      let candidate = folder.appendingPathComponent("smime")
      var isFolder: ObjCBool = false
      if FileManager.default.fileExists(atPath: candidate.path, isDirectory: &isFolder), !isFolder.boolValue {
        return candidate
      }
      folder.deleteLastPathComponent()
    }
    return Bundle.main.bundleURL.appendingPathComponent("smime")
  }()

  /// The folder of the package.
  static let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
}
