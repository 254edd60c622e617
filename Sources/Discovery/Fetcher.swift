import CMS
public import Fetching
import PKIX
import Synchronization

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Asks the network by rules: http and https only, hosts that are allowed, answers of bounded size in bounded time that are
/// what was asked for, and a cache as HTTP has it.
public final class Fetcher: AnswerSource {
  private let rules: FetchRules
  private let resolver: any HostResolver
  private let now: @Sendable () -> Date
  private let cache: FetchCache?
  private let budget: Mutex<Budget>

  /// What is left of what one process may do.
  private struct Budget {
    var fetches: Int
    /// Hosts that kept somebody waiting once. They do not get to do it again.
    var silent: Set<String> = []
  }

  public convenience init(_ rules: FetchRules) { self.init(rules, resolver: SystemResolver(), now: { Date() }) }

  init(_ rules: FetchRules, resolver: any HostResolver, now: @escaping @Sendable () -> Date) {
    self.rules = rules
    self.resolver = resolver
    self.now = now
    cache = FetchCache(rules)
    budget = Mutex(Budget(fetches: rules.fetches))
  }

  public func answer(to request: FetchRequest) async -> Result<FetchAnswer, FetchFailure> {
    do throws(FetchFailure) {
      return .success(try await fetch(Plan(request)))
    } catch { return .failure(error) }
  }

  /// A request as HTTP sends it.
  private struct Plan {
    let request: FetchRequest
    let query: HTTPExchange.Query
    /// nil for what is asked afresh each time.
    let name: String?

    /// RFC 5019 §5, RFC 6960 A.1: a GET, which caches on the way may answer, as long as the URL stays within 255 bytes and
    /// the question is not one of its kind.
    init(_ request: FetchRequest) throws(FetchFailure) {
      self.request = request
      let address = try WebAddress(request.url)
      if request.kind == .timestamp {
        guard (try? TimestampRequest(der: request.body[...])) != nil else {
          throw FetchFailure(.malformed, "the request is no time stamp request")
        }
        query = HTTPExchange.Query(
          address: address, body: request.body, headers: [("Content-Type", "application/timestamp-query")])
        name = nil
        return
      }
      guard request.kind == .ocsp else {
        query = HTTPExchange.Query(address: address)
        name = FetchCache.name(method: "GET \(request.kind)", url: "\(address)", body: [])
        return
      }
      guard let asked = try? OCSPRequest(der: request.body[...]) else {
        throw FetchFailure(.malformed, "the request is no OCSP request")
      }
      let long = try address.appending(base64: Self.base64(request.body))
      if asked.nonce == nil, long.description.utf8.count <= 255 {
        query = HTTPExchange.Query(address: long)
        name = FetchCache.name(method: "GET", url: "\(long)", body: [])
      } else {
        query = HTTPExchange.Query(
          address: address, body: request.body, headers: [("Content-Type", "application/ocsp-request")])
        name = asked.nonce == nil ? FetchCache.name(method: "POST", url: "\(address)", body: request.body) : nil
      }
    }

    private static func base64(_ bytes: [UInt8]) -> [UInt8] { [UInt8](Data(bytes).base64EncodedData()) }
  }

  private func fetch(_ plan: Plan) async throws(FetchFailure) -> FetchAnswer {
    let entry = plan.name.flatMap { cache?.entry($0, byteLimit: rules.byteLimit(plan.request.kind)) }
    let mayKeep = plan.request.freshness == .kept
    if let entry, mayKeep, entry.isFresh(at: now()) { return entry.answer(.cache) }
    let origin = "\(plan.query.address.host):\(plan.query.address.port)"
    let (mayAsk, isSilent) = budget.withLock { budget in
      guard budget.fetches > 0 else { return (false, false) }
      budget.fetches -= 1
      return (true, budget.silent.contains(origin))
    }
    guard mayAsk else { throw FetchFailure(.budget, "more than \(rules.fetches) fetches") }
    do throws(FetchFailure) {
      guard !isSilent else { throw FetchFailure(.timeout, "the host did not answer in time before") }
      let asked = now()
      let (reply, address) = try await Deadline.run(milliseconds: rules.milliseconds) { [self] in
        do throws(FetchFailure) {
          return .success(try await follow(plan, mayKeep ? entry : nil))
        } catch { return .failure(error) }
      }.get()
      return try take(reply, from: address, asked: asked, plan, entry)
    } catch {
      if error.reason == .timeout { budget.withLock { _ = $0.silent.insert(origin) } }
      guard error.mayPass, mayKeep, let entry, entry.mayStandIn(at: now()) else { throw error }
      return entry.answer(.cache)
    }
  }

  /// Sends the request, and again to wherever redirects lead; each place is checked like the first.
  private func follow(_ plan: Plan, _ entry: CacheEntry?) async throws(FetchFailure) -> (HTTPExchange.Reply, WebAddress)
  {
    var address = plan.query.address
    var seen: Set<WebAddress> = [address]
    while true {
      var query = HTTPExchange.Query(address: address, body: plan.query.body, headers: plan.query.headers)
      if let entry, entry.head.url == "\(address)" {
        if let tag = entry.head.entityTag { query.headers.append(("If-None-Match", tag)) }
        if let date = entry.head.lastModified { query.headers.append(("If-Modified-Since", date)) }
      }
      let reply = try await reply(query, byteLimit: rules.byteLimit(plan.request.kind))
      guard let location = try Self.redirect(reply, isPost: !query.body.isEmpty) else { return (reply, address) }
      address = try address.resolving(location)
      guard seen.insert(address).inserted else { throw FetchFailure(.redirectLoop, "it redirects in a circle") }
      guard seen.count <= rules.redirects + 1 else {
        throw FetchFailure(.tooManyRedirects, "it redirects more than \(rules.redirects) times")
      }
    }
  }

  /// RFC 9110 §15.4; nil when the reply is none. What is posted is posted again, so that 303 leads nowhere.
  private static func redirect(_ reply: HTTPExchange.Reply, isPost: Bool) throws(FetchFailure) -> String? {
    guard [301, 302, 303, 307, 308].contains(reply.status) else { return nil }
    guard let location = reply.header("Location"), !(isPost && reply.status == 303) else {
      throw FetchFailure(.status, "it answers \(reply.status) and leads nowhere")
    }
    return location
  }

  /// Looks the host up once, refuses it if any of its addresses is, and asks those in turn until one takes the connection.
  private func reply(_ query: HTTPExchange.Query, byteLimit: Int) async throws(FetchFailure) -> HTTPExchange.Reply {
    let host = query.address.host
    let addresses: [NetworkAddress]
    do {
      addresses = try await resolver.addresses(of: host)
    } catch {
      throw error as? FetchFailure ?? FetchFailure(.name, "the address of \(host) is not known")
    }
    if let refused = addresses.first(where: { !$0.isAllowed(by: rules.addresses) }) {
      let why = refused.reach == .own ? ": it is private" : ""
      throw FetchFailure(.address, "\(host) is at \(refused), which is not asked\(why)")
    }
    var failure = FetchFailure(.name, "\(host) has no address")
    for address in addresses.prefix(4) {
      do throws(FetchFailure) {
        return try await HTTPExchange(
          query: query, target: address, byteLimit: byteLimit, milliseconds: rules.milliseconds
        ).reply()
      } catch {
        guard error.reason == .connection else { throw error }
        failure = error
      }
    }
    throw failure
  }

  // MARK: What came

  private func take(
    _ reply: HTTPExchange.Reply, from address: WebAddress, asked: Date, _ plan: Plan, _ entry: CacheEntry?
  ) throws(FetchFailure) -> FetchAnswer {
    if reply.status == 304, let entry, entry.head.url == "\(address)", plan.request.freshness == .kept,
      let name = plan.name
    {
      // RFC 9111 §4.3.4: what it says now replaces what it said then.
      let policy = CachePolicy(reply.headers, received: asked)
      var confirmed = entry
      confirmed.head.fetched = asked
      confirmed.head.freshUntil = policy.freshUntil
      confirmed.head.mustRevalidate = policy.mustRevalidate
      confirmed.head.entityTag = reply.header("ETag") ?? entry.head.entityTag
      if policy.isStorable { cache?.store(confirmed, as: name) } else { cache?.remove(name) }
      return confirmed.answer(.network)
    }
    guard reply.status == 200 else { throw FetchFailure(.status, "it answers \(reply.status)") }
    try AnswerContent.check(contentType: reply.header("Content-Type"), for: plan.request.kind)
    let content = try AnswerContent(reply.body, for: plan.request)
    let policy = CachePolicy(reply.headers, received: asked)
    if let name = plan.name {
      if policy.isStorable, content.isKeepable, content.expires.map({ $0 > asked }) ?? true {
        cache?.store(CacheEntry(reply, from: address, asked: asked, policy, expires: content.expires), as: name)
      } else if entry != nil, content.isAnswer {
        cache?.remove(name)
      }
    }
    return FetchAnswer(reply.body, url: "\(address)", fetched: asked, isFromCache: false)
  }
}

extension FetchFailure {
  /// True for what may be over when one asks again: an older answer stands in for it.
  fileprivate var mayPass: Bool {
    switch reason {
    case .name, .connection, .timeout, .truncated, .status, .contentType, .tooLarge, .malformed, .redirectLoop,
      .tooManyRedirects:
      true
    case .scheme, .url, .address, .budget, .unavailable: false
    }
  }
}

extension CacheEntry {
  fileprivate init(
    _ reply: HTTPExchange.Reply, from address: WebAddress, asked: Date, _ policy: CachePolicy, expires: Date?
  ) {
    bytes = reply.body
    head = Head(
      url: "\(address)", fetched: asked, freshUntil: policy.freshUntil, expires: expires,
      mustRevalidate: policy.mustRevalidate, entityTag: reply.header("ETag"),
      lastModified: reply.header("Last-Modified"), length: reply.body.count, sha256: Self.digest(reply.body))
  }
}
