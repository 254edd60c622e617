import CMS
public import Fetching
import PKIX
import Synchronization

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Asks the network by rules: HTTP, directories and DNS only, hosts that are allowed, answers of bounded size in bounded
/// time that are what was asked for, and a cache as HTTP has it.
public final class Fetcher: AnswerSource {
  private let rules: FetchRules
  private let resolver: any HostResolver
  private let now: @Sendable () -> Date
  private let cache: FetchCache?
  private let budget: Mutex<Budget>

  /// What is left of what one process may do.
  private struct Budget {
    var fetches: Int
    var time: Duration
    /// Hosts that kept somebody waiting once. They do not get to do it again.
    var silent: Set<String> = []
  }

  public convenience init(_ rules: FetchRules) { self.init(rules, resolver: SystemResolver(), now: { Date() }) }

  init(_ rules: FetchRules, resolver: any HostResolver, now: @escaping @Sendable () -> Date) {
    self.rules = rules
    self.resolver = resolver
    self.now = now
    cache = FetchCache(rules)
    budget = Mutex(Budget(fetches: rules.fetches, time: .milliseconds(rules.allMilliseconds)))
  }

  public func answer(to request: FetchRequest) async -> Result<FetchAnswer, FetchFailure> {
    do throws(FetchFailure) {
      if DirectoryURL.isOne(request.url) { return .success(try await search(request)) }
      if AssociationName.isOne(request.url) { return .success(try await lookUp(request)) }
      return .success(try await fetch(Plan(request)))
    } catch { return .failure(error) }
  }

  /// Does `work`, which asks `origin`, within what is left of the budget.
  ///
  /// - Parameter work: is told how many milliseconds it has.
  private func spending<Value: Sendable>(
    on origin: String, _ work: @escaping @Sendable (Int) async -> Result<Value, FetchFailure>
  ) async throws(FetchFailure) -> Value {
    let (left, isSilent): (Duration?, Bool) = budget.withLock { budget in
      guard budget.fetches > 0 else { return (nil, false) }
      budget.fetches -= 1
      return (budget.time, budget.silent.contains(origin))
    }
    guard let left else { throw FetchFailure(.budget, "more than \(rules.fetches) fetches") }
    guard !isSilent else { throw FetchFailure(.timeout, "the host did not answer in time before") }
    guard left > .zero else {
      throw FetchFailure(.budget, "the \(rules.allMilliseconds) ms for all fetches together are over")
    }
    let milliseconds = min(rules.milliseconds, left.milliseconds)
    let start = ContinuousClock.now
    let result = await Deadline.run(milliseconds: milliseconds) { await work(milliseconds) }
    budget.withLock { budget in
      budget.time -= start.duration(to: .now)
      if case .failure(let failure) = result, failure.reason == .timeout { budget.silent.insert(origin) }
    }
    return try result.get()
  }

  // MARK: Directories and DNS

  private func search(_ request: FetchRequest) async throws(FetchFailure) -> FetchAnswer {
    let url = try DirectoryURL(request.url)
    let attributes = try DirectoryAnswer.attributes(request.kind, namedBy: url)
    let asked = now()
    let values = try await spending(on: "\(url.host.name):\(url.host.port)") { [self] milliseconds in
      do throws(FetchFailure) {
        return .success(try await search(url, attributes, milliseconds, rules.byteLimit(request.kind)))
      } catch { return .failure(error) }
    }
    let bytes = try checked(DirectoryAnswer.bytes(of: values, request.kind), request.kind)
    _ = try AnswerContent(bytes, for: request)
    return FetchAnswer(bytes, url: request.url, fetched: asked, isFromCache: false)
  }

  /// An answer that was written anew, such as DER as PEM, is held to the limit once more.
  private func checked(_ bytes: [UInt8], _ kind: FetchRequest.Kind) throws(FetchFailure) -> [UInt8] {
    guard bytes.count <= rules.byteLimit(kind) else {
      throw FetchFailure(.tooLarge, "it has more than \(rules.byteLimit(kind)) octets")
    }
    return bytes
  }

  private func search(
    _ url: DirectoryURL, _ attributes: [String], _ milliseconds: Int, _ byteLimit: Int
  ) async throws(FetchFailure) -> [DirectorySearch.Value] {
    try await askingInTurn(url.host.name) { address async throws(FetchFailure) in
      try await DirectorySearch(
        url: url, attributes: attributes, target: address, byteLimit: byteLimit, entryLimit: rules.directoryEntries,
        milliseconds: milliseconds, hostAnchors: rules.hostAnchors
      ).values()
    }
  }

  private func lookUp(_ request: FetchRequest) async throws(FetchFailure) -> FetchAnswer {
    guard request.kind == .associations else { throw FetchFailure(.scheme, "DNS is not asked for this") }
    let name = try AssociationName(url: request.url)
    let asked = now()
    let records = try await spending(on: "dns") { [self] milliseconds in
      do throws(FetchFailure) {
        return .success(
          try await AssociationLookup(
            name: name, nameServer: rules.nameServer, anchors: rules.nameAnchors, milliseconds: milliseconds,
            byteLimit: rules.byteLimit(.associations)
          ).records())
      } catch { return .failure(error) }
    }
    return FetchAnswer(AssociationRecords.encode(records), url: request.url, fetched: asked, isFromCache: false)
  }

  // MARK: HTTP

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
      name = request.cacheName
      let address = try WebAddress(request.url)
      if request.kind == .timestamp {
        guard (try? TimestampRequest(der: request.body[...])) != nil else {
          throw FetchFailure(.malformed, "the request is no time stamp request")
        }
        query = HTTPExchange.Query(
          address: address, body: request.body, headers: [("Content-Type", "application/timestamp-query")])
        return
      }
      guard request.kind != .associations else { throw FetchFailure(.scheme, "SMIMEA records are in DNS only") }
      guard request.kind == .ocsp else {
        query = HTTPExchange.Query(address: address)
        return
      }
      guard (try? OCSPRequest(der: request.body[...])) != nil else {
        throw FetchFailure(.malformed, "the request is no OCSP request")
      }
      query =
        request.responseAddress.map { HTTPExchange.Query(address: $0) }
        ?? HTTPExchange.Query(
          address: address, body: request.body, headers: [("Content-Type", "application/ocsp-request")])
    }
  }

  private func fetch(_ plan: Plan) async throws(FetchFailure) -> FetchAnswer {
    let entry = plan.name.flatMap { cache?.entry($0, byteLimit: rules.byteLimit(plan.request.kind)) }
    let mayKeep = plan.request.freshness == .kept
    if let entry, mayKeep, entry.isFresh(at: now()) { return entry.answer(.cache) }
    let host = plan.query.address.host
    do throws(FetchFailure) {
      let asked = now()
      let (reply, address) = try await spending(on: "\(host.name):\(host.port)") { [self] milliseconds in
        do throws(FetchFailure) {
          return .success(try await follow(plan, mayKeep ? entry : nil, milliseconds))
        } catch { return .failure(error) }
      }
      return try take(reply, from: address, asked: asked, plan, entry)
    } catch {
      guard error.mayPass, mayKeep, let entry, entry.mayStandIn(at: now()) else { throw error }
      return entry.answer(.cache)
    }
  }

  /// Sends the request, and again to wherever redirects lead; each place is checked like the first.
  private func follow(
    _ plan: Plan, _ entry: CacheEntry?, _ milliseconds: Int
  ) async throws(FetchFailure) -> (HTTPExchange.Reply, WebAddress) {
    var address = plan.query.address
    var seen: Set<WebAddress> = [address]
    while true {
      var query = HTTPExchange.Query(address: address, body: plan.query.body, headers: plan.query.headers)
      if let entry, entry.head.url == "\(address)" {
        if let tag = entry.head.entityTag { query.headers.append(("If-None-Match", tag)) }
        if let date = entry.head.lastModified { query.headers.append(("If-Modified-Since", date)) }
      }
      let reply = try await reply(query, milliseconds, byteLimit: rules.byteLimit(plan.request.kind))
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

  private func reply(
    _ query: HTTPExchange.Query, _ milliseconds: Int, byteLimit: Int
  ) async throws(FetchFailure) -> HTTPExchange.Reply {
    try await askingInTurn(query.address.host.name) { address async throws(FetchFailure) in
      try await HTTPExchange(
        query: query, target: address, byteLimit: byteLimit, milliseconds: milliseconds, hostAnchors: rules.hostAnchors
      ).reply()
    }
  }

  /// Looks the host up once, refuses it if any of its addresses is, and asks those in turn until one takes the connection.
  private func askingInTurn<Value>(
    _ host: String, _ ask: (NetworkAddress) async throws(FetchFailure) -> Value
  ) async throws(FetchFailure) -> Value {
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
        return try await ask(address)
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
    guard reply.status == 200 else {
      let isSearch = plan.request.kind == .certificates && reply.status == 404
      throw FetchFailure(isSearch ? .absent : .status, "it answers \(reply.status)")
    }
    try AnswerContent.check(contentType: reply.header("Content-Type"), for: plan.request.kind)
    let content = try AnswerContent(reply.body, for: plan.request)
    guard plan.request.kind != .certificates else {
      let found = try checked(
        StoreAnswer.bytes(reply.body, contentType: reply.header("Content-Type")), plan.request.kind)
      return FetchAnswer(found, url: "\(address)", fetched: asked, isFromCache: false)
    }
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
    case .scheme, .url, .address, .budget, .unavailable, .absent, .insecure, .bogus: false
    }
  }
}

extension CacheEntry {
  fileprivate init(
    _ reply: HTTPExchange.Reply, from address: WebAddress, asked: Date, _ policy: CachePolicy, expires: Date?
  ) {
    self.init(
      head: Head(
        url: "\(address)", fetched: asked, freshUntil: policy.freshUntil, expires: expires,
        mustRevalidate: policy.mustRevalidate, entityTag: reply.header("ETag"),
        lastModified: reply.header("Last-Modified"), length: reply.body.count, sha256: Self.digest(reply.body)),
      bytes: reply.body)
  }
}

extension Duration {
  /// At least one while anything is left.
  fileprivate var milliseconds: Int {
    max(1, Int(components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000))
  }
}
