#if PostgreSQL
  import Foundation
  import SMIMEPostgres
  import SMIMEStore
  import Testing

  /// The suite of the store runs on PostgreSQL too, or this says why it does not.
  @Suite struct PostgreSQLTests {
    @Test(.enabled(if: PostgresServer.isExpected, "the programs of a PostgreSQL server are not installed"))
    func `The store is tested on PostgreSQL, by a server that nobody else reaches`() throws {
      #expect(Engine.allCases.contains(.postgres))
      let store = try Place(.postgres).store()
      let addresses = try store.database.read { session in
        try session.rows("SHOW listen_addresses", []).first?.text("listen_addresses")
      }
      #expect(addresses == "")
      #expect(try store.identities().isEmpty)
    }
  }

  /// A server of PostgreSQL that the tests start, reached over a socket in its folder, and gone when they end.
  struct PostgresServer {
    static let shared = Result { try PostgresServer() }

    /// Where a server is installed, and, for root, whom to run it as. In CI one has to be.
    static let isExpected = ProcessInfo.processInfo.environment["CI"] == "true" || isInstalled

    private static var isInstalled: Bool {
      let look = """
        PATH="$(ls -d /usr/lib/postgresql/*/bin 2> /dev/null | sort -V | tail -1):$PATH"
        command -v initdb && command -v pg_ctl && { [ "$(id -u)" != 0 ] || runuser -u postgres true; }
        """
      return (try? run(["/bin/sh", "-c", look])) == 0
    }

    private let folder: String
    private let admin: Store

    private init() throws {
      folder = "/tmp/smime-pg-\(getpid())"
      // A server refuses to run as root. It is started by a user who may do nothing.
      let script = """
        set -e
        bin=$(ls -d /usr/lib/postgresql/*/bin 2> /dev/null | sort -V | tail -1)
        PATH="$bin:$PATH"
        as() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- env PATH="$PATH" "$@"; else "$@"; fi; }
        rm -rf "$1" && mkdir -m 700 "$1"
        if [ "$(id -u)" = 0 ]; then chown postgres "$1"; fi
        as initdb --pgdata "$1/data" --username postgres --auth trust --encoding UTF8 --locale C --no-sync
        as pg_ctl --pgdata "$1/data" --log "$1/log" --wait \
          --options "-c listen_addresses= -c unix_socket_directories=$1 -c fsync=off" start
        # It ends with the tests, however they end.
        (while kill -0 $2 2> /dev/null; do sleep 1; done
          as pg_ctl --pgdata "$1/data" --mode immediate stop; rm -rf "$1") > /dev/null 2>&1 < /dev/null &
        """
      guard try Self.run(["/bin/sh", "-c", script, "sh", folder, "\(getpid())"]) == 0 else {
        throw CocoaError(.executableLoad)
      }
      admin = try Store(postgres: "host=\(folder) dbname=postgres user=postgres")
    }

    /// Runs a program to its own end. Foundation's would wait for the server too, which the program leaves behind.
    private static func run(_ words: [String]) throws -> Int32 {
      var actions = posix_spawn_file_actions_t()
      posix_spawn_file_actions_init(&actions)
      defer { posix_spawn_file_actions_destroy(&actions) }
      posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
      posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
      posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
      var attributes = posix_spawnattr_t()
      posix_spawnattr_init(&attributes)
      defer { posix_spawnattr_destroy(&attributes) }
      // The threads that tests run on block signals, which a server waits for.
      var none = sigset_t()
      sigemptyset(&none)
      posix_spawnattr_setsigmask(&attributes, &none)
      posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
      var strings: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
      defer { strings.forEach { free($0) } }
      var process = pid_t()
      guard posix_spawn(&process, words[0], &actions, &attributes, &strings, environ) == 0 else {
        throw CocoaError(.executableNotLoadable)
      }
      var status: Int32 = 0
      while waitpid(process, &status, 0) < 0 && errno == EINTR {}
      return status
    }

    func connection(_ schema: String) -> String {
      "host=\(folder) dbname=postgres user=postgres options='-c search_path=\(schema)'"
    }

    func makeSchema(_ name: String) throws {
      try admin.database.write { try $0.run("CREATE SCHEMA \(name)", []) }
    }
  }
#endif
