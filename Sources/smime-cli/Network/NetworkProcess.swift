import ByteIO
import Fetching
import Glibc
import Synchronization

/// `smime-net`, started when something is asked for the first time, and ended with the command.
final class NetworkProcess: AnswerSource {
  private let program: String
  private let rules: FetchRules
  private let state = Mutex(State.waiting)

  private enum State {
    case waiting
    case running(Conversation)
    /// It could not be started, or broke off.
    case broken(String)
  }

  init(_ program: String, _ rules: FetchRules) {
    self.program = program
    self.rules = rules
  }

  /// The program's path: beside this one, or in `PATH`.
  static func program() throws -> String {
    var path = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = unsafe readlink("/proc/self/exe", &path, path.count)
    if count > 0 {
      let own = String(decoding: path[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
      let beside = own.prefix(through: own.lastIndex(of: "/") ?? own.startIndex) + "smime-net"
      if unsafe access(String(beside), X_OK) == 0 { return String(beside) }
    }
    guard let found = Subprocess.find("smime-net") else {
      throw CommandFailure(
        .unavailable, "smime-net, which asks the network, is not installed",
        hint: "put it beside smime or into PATH, or ask nobody: --offline")
    }
    return found
  }

  func answer(to request: FetchRequest) async -> Result<FetchAnswer, FetchFailure> {
    state.withLock { state in
      do {
        // What cannot be asked is that question's own fault, and not the end of the conversation.
        guard (try? FetchPipe.encode(request)) != nil else {
          throw FetchFailure(.url, "it is too long to be asked")
        }
        let conversation: Conversation
        switch state {
        case .waiting:
          conversation = try Conversation(program, rules)
          state = .running(conversation)
        case .running(let running): conversation = running
        case .broken(let why): throw FetchFailure(.unavailable, why)
        }
        return try conversation.answer(to: request, limit: rules.byteLimit(request.kind))
      } catch let failure as FetchFailure {
        return .failure(failure)
      } catch {
        // What it would say next belongs to another question.
        let why = "smime-net failed: \(error)"
        state = .broken(why)
        return .failure(FetchFailure(.unavailable, why))
      }
    }
  }
}

/// A running `smime-net`: a socket is its standard input and output.
private final class Conversation: Sendable {
  private let socket: Int32
  private let process: pid_t
  private let answers: Mutex<FetchPipe.Answers>

  init(_ program: String, _ rules: FetchRules) throws {
    var ends: [Int32] = [-1, -1]
    guard unsafe socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
      throw IOFailure(.cannotOpen, program, detail: systemError())
    }
    socket = ends[0]
    defer { close(ends[1]) }
    do {
      process = try Subprocess([program]).start(input: ends[1], output: ends[1])
    } catch {
      close(ends[0])
      throw error
    }
    answers = Mutex(FetchPipe.Answers(DescriptorReader(ends[0], named: program)))
    try send(FetchPipe.encode(rules))
  }

  deinit {
    close(socket)
    var status: Int32 = 0
    while unsafe waitpid(process, &status, 0) < 0 && errno == EINTR {}
  }

  func answer(to request: FetchRequest, limit: Int) throws -> Result<FetchAnswer, FetchFailure> {
    try send(FetchPipe.encode(request))
    return try answers.withLock { try $0.next(limit: limit) }
  }

  /// A process that has ended is an error here, and no signal.
  private func send(_ bytes: [UInt8]) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { bytes in
        unsafe Glibc.send(socket, bytes.baseAddress, bytes.count, CInt(MSG_NOSIGNAL))
      }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if errno != EINTR {
        throw IOFailure(.cannotWrite, "smime-net", detail: systemError())
      }
    }
  }
}
