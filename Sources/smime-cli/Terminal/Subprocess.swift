import ByteIO
import Glibc

/// Another program, run to its end.
struct Subprocess {
  /// What it left behind.
  struct Result {
    let status: Int32
    let output: [UInt8]
  }

  private let arguments: [String]

  init(_ arguments: String...) { self.arguments = arguments }
  init(_ arguments: [String]) { self.arguments = arguments }

  /// The path of the program `name`, if it is installed.
  static func find(_ name: String) -> String? {
    (Environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":").map { "\($0)/\(name)" }
      .first { unsafe access($0, X_OK) == 0 }
  }

  /// What becomes of a program's words on standard error.
  enum Errors { case dropped, kept }

  /// Runs the program with nothing to read, and keeps what it prints.
  func run(errors: Errors) throws(IOFailure) -> Result {
    guard let path = arguments.first else { throw IOFailure(.cannotOpen, "program") }
    let output = try temporary()
    defer { close(output) }
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    unsafe posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
    switch errors {
    case .kept: unsafe posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO)
    case .dropped: unsafe posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
    }

    let process = try unsafe spawn(path, &actions)
    var status: Int32 = 0
    while unsafe waitpid(process, &status, 0) < 0 && errno == EINTR {}
    let hasExited = status & 0x7F == 0
    return Result(
      status: hasExited ? status >> 8 & 0xFF : 128 + status & 0x7F, output: try contents(of: output))
  }

  /// Starts the program with these descriptors as its standard input and output, and this process's standard error.
  /// Whoever starts it waits for its end.
  func start(input: Int32, output: Int32) throws(IOFailure) -> pid_t {
    guard let path = arguments.first else { throw IOFailure(.cannotOpen, "program") }
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
    unsafe posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
    return try unsafe spawn(path, &actions)
  }

  private func spawn(_ path: String, _ actions: inout posix_spawn_file_actions_t) throws(IOFailure) -> pid_t {
    var strings: [UnsafeMutablePointer<CChar>?] = unsafe arguments.map { unsafe strdup($0) } + [nil]
    defer { unsafe strings.forEach { unsafe free($0) } }
    // The threads that work is done on block signals, which the program may wait for.
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    unsafe sigemptyset(&none)
    unsafe posix_spawnattr_setsigmask(&attributes, &none)
    unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))

    var process = pid_t()
    let refused = unsafe posix_spawn(&process, path, &actions, &attributes, &strings, environ)
    guard refused == 0 else { throw IOFailure(.cannotOpen, path, detail: unsafe String(cString: strerror(refused))) }
    return process
  }

  /// A file without a name for what the program prints.
  private func temporary() throws(IOFailure) -> Int32 {
    var template = Array("/tmp/smime-output-XXXXXX".utf8CString)
    let descriptor = unsafe mkstemp(&template)
    guard descriptor >= 0 else { throw IOFailure(.cannotCreate, "/tmp", detail: systemError()) }
    unsafe unlink(template)
    return descriptor
  }

  private func contents(of descriptor: Int32) throws(IOFailure) -> [UInt8] {
    guard lseek(descriptor, 0, SEEK_SET) == 0 else { throw IOFailure(.cannotRead, "temporary file") }
    let reader = DescriptorReader(descriptor)
    var result: [UInt8] = []
    var window = [UInt8](repeating: 0, count: windowSize)
    while let count = try? reader.read(into: &window), count > 0 { result.append(contentsOf: window[..<count]) }
    return result
  }
}
