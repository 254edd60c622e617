import Foundation
import NIOHTTP1
import PKIX
import SMIMECrypto
import SMIMETestSupport
import Synchronization
import Testing

@testable import Discovery
@testable import Fetching

@Suite struct `HTTP caching` {
  private let now = TestPKI.now

  private func lifetime(_ fields: [(String, String)]) -> TimeInterval {
    CachePolicy(HTTPHeaders(fields), received: now).freshUntil.timeIntervalSince(now)
  }

  /// 2026-09-21T14:13:20Z is ``TestPKI/now``.
  private let date = "Mon, 21 Sep 2026 14:13:20 GMT"

  @Test func `knows how long an answer is fresh`() {
    #expect(lifetime([]) == 0)
    #expect(lifetime([("Cache-Control", "max-age=60")]) == 60)
    #expect(lifetime([("cache-control", "public, MAX-AGE=\"60\", must-revalidate")]) == 60)
    #expect(lifetime([("Cache-Control", "private"), ("Cache-Control", "max-age=60")]) == 60)
    #expect(lifetime([("Cache-Control", "max-age=60, max-age=600")]) == 60)
    #expect(lifetime([("Cache-Control", "max-age=60"), ("Age", "50")]) == 10)
    #expect(lifetime([("Cache-Control", "max-age=60"), ("Age", "61")]) == 0)
    #expect(lifetime([("Cache-Control", "max-age=60"), ("Date", "Mon, 21 Sep 2026 14:12:50 GMT")]) == 30)
    #expect(lifetime([("Cache-Control", "max-age=60"), ("Date", "Mon, 21 Sep 2026 14:15:00 GMT")]) == 60)
    #expect(lifetime([("Cache-Control", "max-age=60, no-cache")]) == 0)
    #expect(lifetime([("Cache-Control", "max-age=-1")]) == 0)
    #expect(lifetime([("Cache-Control", "max-age=x"), ("Expires", "Mon, 21 Sep 2026 14:14:20 GMT")]) == 0)
    #expect(lifetime([("Date", date), ("Expires", "Mon, 21 Sep 2026 14:14:20 GMT")]) == 60)
    #expect(lifetime([("Expires", "Mon, 21 Sep 2026 14:14:20 GMT")]) == 60)
    #expect(lifetime([("Expires", "0")]) == 0)
    #expect(lifetime([("Expires", "Mon, 21 Sep 2026 14:12:20 GMT")]) == 0)
    #expect(lifetime([("Cache-Control", "max-age=0"), ("Expires", "Mon, 21 Sep 2030 14:14:20 GMT")]) == 0)
    #expect(lifetime([("Cache-Control", "s-maxage=60")]) == 0)
    #expect(lifetime([("Cache-Control", "max-age=99999999999999999999")]) == CachePolicy.longest)
  }

  @Test func `knows what may not be kept, or not be used when nobody answers`() {
    func policy(_ fields: (String, String)...) -> CachePolicy { CachePolicy(HTTPHeaders(fields), received: now) }
    #expect(!policy(("Cache-Control", "No-Store, max-age=60")).isStorable)
    #expect(!policy(("Vary", "*")).isStorable)
    #expect(policy(("Cache-Control", "max-age=60"), ("Vary", "Accept")).isStorable)
    #expect(policy(("Cache-Control", "must-revalidate")).mustRevalidate)
    #expect(policy(("Cache-Control", "no-cache")).mustRevalidate)
    #expect(!policy(("Cache-Control", "proxy-revalidate, max-age=1")).mustRevalidate)
  }

  @Test(arguments: [
    "", "Mon", "Mon, 21 Sep 2026 14:13:20", "Mon, 21 Sep 2026 14:13:20 CET", "Mon, 41 Sep 2026 14:13:20 GMT",
    "Mon, 21 Sop 2026 14:13:20 GMT", "Mon, 21 Sep 2026 14:13 GMT", "Monday, 21-Sep-26 14:13:20 GMT",
  ]) func `takes no other dates`(text: String) {
    #expect(CachePolicy.date(text) == nil)
    #expect(CachePolicy.date(date) == now)
  }
}

@Suite struct `The cache` {
  /// A clock that stands where it is put.
  private final class Clock: Sendable {
    private let time = Mutex(TestPKI.now)
    var now: Date { time.withLock { $0 } }
    func advance(_ seconds: TimeInterval) { time.withLock { $0 += seconds } }
  }

  /// A server whose reply can be changed, and the cache in front of it.
  private final class Scene: Sendable {
    let workshop: Workshop
    let clock = Clock()
    let server: ScriptedServer
    let fetcher: Fetcher
    private let reply: Box

    private final class Box: Sendable {
      let value: Mutex<ScriptedServer.Reply>
      init(_ value: ScriptedServer.Reply) { self.value = Mutex(value) }
    }

    init(_ reply: ScriptedServer.Reply, _ change: (inout FetchRules) -> Void = { _ in }) throws {
      workshop = try Workshop()
      let box = Box(reply)
      self.reply = box
      server = try ScriptedServer { _ in box.value.withLock { $0 } }
      var rules = Stage.rules(change)
      rules.cacheFolder = workshop.file("cache")
      let clock = clock
      fetcher = Fetcher(rules, resolver: TestResolver(), now: { clock.now })
    }

    func answer(_ path: String = "/l") async -> Result<FetchAnswer, FetchFailure> {
      await fetcher.answer(to: FetchRequest(.revocationList, url: server.url(path)))
    }

    func set(_ reply: ScriptedServer.Reply) { self.reply.value.withLock { $0 = reply } }

    var files: [String] {
      ((try? FileManager.default.contentsOfDirectory(atPath: workshop.file("cache"))) ?? []).map {
        workshop.file("cache/\($0)")
      }
    }
  }

  private func list(_ control: String?, _ bytes: [UInt8], _ more: [String: String] = [:]) -> ScriptedServer.Reply {
    var headers = Stage.crlType.merging(more) { $1 }
    headers["Cache-Control"] = control
    return .http(200, headers, bytes)
  }

  @Test func `answers what is fresh, and asks again when it is not`() async throws {
    let stage = try await Stage()
    let scene = try Scene(list("max-age=60", stage.list))
    #expect(try await !scene.answer().get().isFromCache)
    scene.clock.advance(59)
    let kept = try await scene.answer().get()
    #expect(kept.isFromCache && kept.fetched == TestPKI.now && kept.bytes == stage.list)
    #expect(scene.server.requests.count == 1)
    scene.clock.advance(2)
    #expect(try await !scene.answer().get().isFromCache)
    #expect(scene.server.requests.count == 2)
  }

  @Test func `is its owner's alone`() async throws {
    let stage = try await Stage()
    let scene = try Scene(list("max-age=60", stage.list))
    _ = try await scene.answer().get()
    let file = try #require(scene.files.first)
    for (path, mode) in [(scene.workshop.file("cache"), 0o700), (file, 0o600)] {
      #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == mode)
    }
  }

  @Test func `asks each time where HTTP says so, and sees what is new at once`() async throws {
    let stage = try await Stage()
    let newer = Array(try await stage.pki.revocationList(number: 2).derBytes)
    for control in ["max-age=0, must-revalidate", "no-cache", "no-store", nil] {
      let scene = try Scene(list(control, stage.list))
      #expect(try await scene.answer().get().bytes == stage.list)
      scene.set(list(control, newer))
      let second = try await scene.answer().get()
      #expect(second.bytes == newer && !second.isFromCache, "\(control ?? "nothing")")
    }
  }

  @Test func `asks whether it changed, and takes 304 for an answer of now`() async throws {
    let stage = try await Stage()
    let date = "Mon, 21 Sep 2026 10:00:00 GMT"
    let scene = try Scene(list("max-age=60", stage.list, ["ETag": "\"a\"", "Last-Modified": date]))
    _ = try await scene.answer().get()
    scene.clock.advance(100)
    scene.set(.http(304, ["Cache-Control": "max-age=30"]))
    let confirmed = try await scene.answer().get()
    #expect(confirmed.bytes == stage.list && !confirmed.isFromCache)
    #expect(confirmed.fetched == TestPKI.now.addingTimeInterval(100))
    let request = try #require(scene.server.requests.last)
    #expect(request.headers["if-none-match"] == "\"a\"" && request.headers["if-modified-since"] == date)
    scene.clock.advance(29)
    #expect(try await scene.answer().get().isFromCache)
    scene.clock.advance(2)
    _ = try await scene.answer().get()
    #expect(scene.server.requests.count == 3)
  }

  @Test func `stands in where nobody answers, until the list's own end`() async throws {
    let stage = try await Stage()
    let scene = try Scene(list("max-age=1", stage.list))
    _ = try await scene.answer().get()
    scene.clock.advance(3_600)
    for broken in [
      ScriptedServer.Reply.http(503), .raw(""), .http(200, ["Content-Type": "text/html"], Array("<p>Log in</p>".utf8)),
      .http(200, Stage.crlType, Array("no list".utf8)),
    ] {
      scene.set(broken)
      let kept = try await scene.answer().get()
      #expect(kept.isFromCache && kept.bytes == stage.list && kept.fetched == TestPKI.now)
    }
    scene.clock.advance(7 * 86_400)
    await #expect(throws: FetchFailure.self) { try await scene.answer().get() }
  }

  @Test func `does not stand in for what must be asked`() async throws {
    let stage = try await Stage()
    for control in ["max-age=1, must-revalidate", "no-cache", "no-store"] {
      let scene = try Scene(list(control, stage.list))
      _ = try await scene.answer().get()
      scene.clock.advance(3_600)
      scene.set(.http(503))
      await #expect(throws: FetchFailure.self, "\(control)") { try await scene.answer().get() }
    }
  }

  @Test func `is never used past the list's own end, however fresh HTTP calls it`() async throws {
    let pki = try await TestPKI()
    // It runs out a week from now; HTTP says a year, of which a day is believed.
    let bytes = Array(try await pki.revocationList().derBytes)
    let scene = try Scene(list("max-age=31536000", bytes))
    scene.clock.advance(7 * 86_400 - 60)
    _ = try await scene.answer().get()
    scene.clock.advance(59)
    #expect(try await scene.answer().get().isFromCache)
    scene.clock.advance(2)
    #expect(try await !scene.answer().get().isFromCache)
  }

  @Test func `keeps nothing of the future, and nothing damaged`() async throws {
    let stage = try await Stage()
    let scene = try Scene(list("max-age=600", stage.list))
    _ = try await scene.answer().get()
    scene.clock.advance(-3_600)
    #expect(try await !scene.answer().get().isFromCache)
    let file = try #require(scene.files.first)
    let whole = try Data(contentsOf: URL(fileURLWithPath: file))
    var flipped = whole
    flipped[whole.count - 1] ^= 1
    for damaged in [
      Data(), Data("{}".utf8), Data("{}\n".utf8), whole.prefix(40), whole.dropLast(), whole + [0], flipped,
    ] {
      try damaged.write(to: URL(fileURLWithPath: file))
      let count = scene.server.requests.count
      let answer = try await scene.answer().get()
      #expect(answer.bytes == stage.list && !answer.isFromCache)
      #expect(scene.server.requests.count == count + 1)
      #expect(try await scene.answer().get().isFromCache)
    }
  }

  @Test func `makes room for what is new, by number and by size`() async throws {
    let stage = try await Stage()
    let scene = try Scene(list("max-age=600", stage.list)) { $0.cacheEntries = 3 }
    for number in 1...6 { _ = try await scene.answer("/\(number)").get() }
    #expect(scene.files.count == 3)
    #expect(try await scene.answer("/6").get().isFromCache)
    let size = try #require(FileManager.default.attributesOfItem(atPath: scene.files[0])[.size] as? Int)
    let small = try Scene(list("max-age=600", stage.list)) { $0.cacheBytes = size * 5 / 2 }
    for number in 1...4 { _ = try await small.answer("/\(number)").get() }
    #expect(small.files.count == 2)
  }

  @Test func `serves several at once`() async throws {
    let stage = try await Stage()
    let workshop = try Workshop()
    let server = try ScriptedServer { _ in .http(200, Stage.crlType, stage.list) }
    var rules = Stage.rules()
    rules.cacheFolder = workshop.file("cache")
    rules.cacheEntries = 2
    let (shared, url) = (rules, server.url())
    await withTaskGroup(of: Bool.self) { group in
      for worker in 0..<4 {
        group.addTask {
          let fetcher = Stage.fetcher(shared)
          for number in 0..<8 {
            let request = FetchRequest(.revocationList, url: "\(url)\(number % 3)?\(worker % 2)")
            guard case .success(let answer) = await fetcher.answer(to: request), answer.bytes == stage.list else {
              return false
            }
          }
          return true
        }
      }
      for await isGood in group { #expect(isGood) }
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: workshop.file("cache"))
    #expect(names.count <= 2 && names.allSatisfy { $0.count == 64 }, "\(names)")
  }

  @Test func `is not kept in a folder that is somebody else's or none`() async throws {
    let stage = try await Stage()
    let workshop = try Workshop()
    try workshop.write([], to: "file")
    try FileManager.default.createSymbolicLink(atPath: workshop.file("link"), withDestinationPath: workshop.path)
    let server = try ScriptedServer { _ in .http(200, Stage.crlType, stage.list) }
    for folder in ["file", "link", "file/below"] {
      var rules = Stage.rules()
      rules.cacheFolder = workshop.file(folder)
      let answer = await Stage.fetcher(rules).answer(to: FetchRequest(.revocationList, url: server.url()))
      #expect(try answer.get().bytes == stage.list)
    }
    #expect(workshop.names == ["file", "link"])
  }
}
