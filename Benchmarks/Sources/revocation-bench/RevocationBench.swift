import Foundation

/// What revocation costs: `list [COUNT]`, `index [COUNT]`, `ocsp [ROUNDS]`; all if nothing is named.
@main struct RevocationBench {
  static func main() async throws {
    let arguments = Array(CommandLine.arguments.dropFirst())
    let number = arguments.dropFirst().first.flatMap(Int.init)
    switch arguments.first {
    case "list-ours": try await ListBench(count: number ?? 1_000_000).measure(ours: true)
    case "list-libcrypto": try await ListBench(count: number ?? 1_000_000).measure(ours: false)
    case "list": try await ListBench(count: number ?? 1_000_000).run()
    case "index": try await IndexBench(count: number ?? 1_000_000).run()
    case "index-list" where arguments.count == 3: try IndexBench.index(arguments[1], root: arguments[2])
    case "index-lookup" where arguments.count == 3: try IndexBench.lookUp(arguments[1], arguments[2])
    case "ocsp": try await ResponderBench(rounds: number ?? 7).run()
    default:
      try await ListBench(count: 1_000_000).run()
      try await IndexBench(count: 1_000_000).run()
      try await ResponderBench(rounds: 7).run()
    }
  }
}
