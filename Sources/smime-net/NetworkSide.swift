import ByteIO
import Discovery
import Fetching

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The network side of `smime`: reads requests from standard input, answers on standard output, and ends with its input.
@main enum NetworkSide {
  private static let words = """
    smime-net fetches certificates, revocation lists, OCSP responses and time stamps for 'smime --online', which starts it.
    It is not meant for people: use 'smime verify --online' instead.

    """

  static func main() async {
    // A peer that goes away ends its connection, and nothing else.
    signal(SIGPIPE, SIG_IGN)
    // libldap reads no settings file, of which one may lie in the working folder, and no variable.
    unsafe setenv("LDAPNOINIT", "1", 1)
    guard CommandLine.arguments.count == 1, isatty(STDIN_FILENO) == 0 else {
      let asksForHelp = CommandLine.arguments.dropFirst().first == "--help"
      try? DescriptorSink(asksForHelp ? STDOUT_FILENO : STDERR_FILENO, named: "terminal").write(Array(words.utf8))
      exit(asksForHelp ? 0 : 64)
    }
    do {
      try await serve()
    } catch {
      try? DescriptorSink(STDERR_FILENO, named: "standard error").write(Array("smime-net: error: \(error)\n".utf8))
      exit(65)
    }
  }

  private static func serve() async throws {
    let requests = FetchPipe.Requests(DescriptorReader(STDIN_FILENO))
    let output = DescriptorSink(STDOUT_FILENO, named: "standard output")
    guard let rules = try requests.rules() else { return }
    let fetcher = Fetcher(rules)
    while let request = try requests.next() {
      let answer = await fetcher.answer(to: request)
      let encoded: [UInt8]
      do { encoded = try FetchPipe.encode(answer) } catch {
        encoded = try FetchPipe.encode(.failure(FetchFailure(.malformed, "its answer cannot be passed on: \(error)")))
      }
      try output.write(encoded)
    }
  }
}
