import ArgumentParser
import ByteIO
import Glibc

struct AgentCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "agent",
    abstract: "Keep keys for a while, so that a passphrase is not asked for every time.",
    discussion: """
      Starts a process that keeps what a typed passphrase opened, for as many minutes as are said, in memory only; then it \
      forgets it, and when it has nothing to keep it ends. It keeps no passphrase. Only processes of the same user are \
      answered, over a socket in $XDG_RUNTIME_DIR/smime, or in $SMIME_HOME. Passphrases that options give are not kept.

      EXAMPLES:
        smime agent
        smime agent --minutes 60
        smime agent --stop
      """)

  @Option(help: ArgumentHelp("How long a key is kept after its passphrase was typed.", valueName: "minutes"))
  var minutes = 15

  @Flag(help: "Forget everything and end.")
  var stop = false

  @Flag(help: "Stay in the foreground, for a supervisor.")
  var foreground = false

  @Flag(help: .hidden)
  var apart = false

  func validate() throws {
    guard (1...1_440).contains(minutes) else { throw ValidationError("--minutes takes 1 to 1440") }
    guard !(stop && foreground) else { throw ValidationError("--stop and --foreground exclude each other") }
  }

  func run() async throws {
    if stop {
      if !KeptKeys.stop() { Terminal.note("no agent is running") }
      return
    }
    if foreground {
      // Apart from the terminal that it was started from: neither its end nor its signals matter, nor what is said on it.
      if apart {
        setsid()
        close(STDERR_FILENO)
      }
      var agent = try Agent(.standard, time: minutes * 60)
      agent.run()
      return
    }
    guard AgentSocket.standard.connect() == nil else {
      Terminal.note("the agent is running already; 'smime agent --stop' ends it")
      return
    }
    try start()
  }

  /// Starts this program again, away from the terminal, and waits until it listens.
  private func start() throws {
    let nothing = unsafe open("/dev/null", O_RDWR | O_CLOEXEC)
    guard nothing >= 0 else { throw IOFailure(.cannotOpen, "/dev/null", detail: systemError()) }
    defer { close(nothing) }
    _ = try Subprocess("/proc/self/exe", "agent", "--foreground", "--apart", "--minutes", "\(minutes)")
      .start(input: nothing, output: nothing)
    for _ in 0..<100 {
      if AgentSocket.standard.connect() != nil {
        Terminal.note("the agent keeps keys for \(minutes) minutes after their passphrase was typed")
        return
      }
      usleep(50_000)
    }
    throw CommandFailure(
      .unavailable, "the agent did not start", hint: "'smime agent --foreground' says why")
  }
}
