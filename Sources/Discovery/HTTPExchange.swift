import AsyncHTTPClient
import Fetching
import NIOCore
import NIOHTTP1
import NIOSSL

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// One request to one address and its reply: no cookies, no credentials, no referrer, no proxy, no compression, and no
/// redirects, which the caller looks at first.
struct HTTPExchange {
  /// What is sent.
  struct Query: Sendable {
    let address: WebAddress
    /// Posted if there are any; the request is a GET otherwise.
    var body: [UInt8] = []
    var headers: [(name: String, value: String)] = []
  }

  /// What came back. The body is read only where the status is 200.
  struct Reply: Sendable {
    let status: Int
    let headers: HTTPHeaders
    let body: [UInt8]

    func header(_ name: String) -> String? { headers.first(name: name) }
  }

  let query: Query
  /// The address that was looked up and checked; nothing is looked up again.
  let target: NetworkAddress
  let byteLimit: Int
  let milliseconds: Int
  /// A file of certificates that the host's is held against; nil is the system's.
  let hostAnchors: String?

  static let userAgent = "swift-smime"

  func reply() async throws(FetchFailure) -> Reply {
    do {
      return try await HTTPClient.withHTTPClient(configuration: configuration) { client in
        let response = try await client.execute(request, timeout: .milliseconds(Int64(milliseconds)))
        guard response.status == .ok else {
          return Reply(status: Int(response.status.code), headers: response.headers, body: [])
        }
        return Reply(status: 200, headers: response.headers, body: try await body(of: response))
      }
    } catch let failure as FetchFailure {
      throw failure
    } catch {
      throw FetchFailure(reaching: error)
    }
  }

  private var configuration: HTTPClient.Configuration {
    var configuration = HTTPClient.Configuration(
      redirectConfiguration: .disallow, timeout: .init(connect: .milliseconds(Int64(milliseconds))),
      decompression: .disabled)
    configuration.httpVersion = .http1Only
    configuration.connectionPool.retryConnectionEstablishment = false
    // The host keeps its name in the request and, with https, in the handshake. An IPv6 literal is its own address.
    let host = query.address.host
    if !host.isIPv6Literal { configuration.dnsOverride = [host.name: target.description] }
    if let hostAnchors {
      configuration.tlsConfiguration = .makeClientConfiguration()
      configuration.tlsConfiguration?.trustRoots = .file(hostAnchors)
    }
    return configuration
  }

  private var request: HTTPClientRequest {
    var request = HTTPClientRequest(url: query.address.description)
    request.headers.add(name: "User-Agent", value: Self.userAgent)
    request.headers.add(name: "Connection", value: "close")
    for (name, value) in query.headers { request.headers.add(name: name, value: value) }
    if !query.body.isEmpty {
      request.method = .POST
      request.body = .bytes(query.body)
    }
    return request
  }

  private func body(of response: HTTPClientResponse) async throws -> [UInt8] {
    let tooLarge = FetchFailure(.tooLarge, "the answer is larger than \(byteLimit) bytes")
    let announced = response.headers.first(name: "Content-Length").flatMap { Int($0) }
    if let announced, announced > byteLimit { throw tooLarge }
    if let coding = response.headers.first(name: "Content-Encoding"), coding.lowercased() != "identity" {
      throw FetchFailure(.contentType, "the answer is compressed, which was not asked for")
    }
    var bytes: [UInt8] = []
    do {
      for try await piece in response.body {
        guard bytes.count + piece.readableBytes <= byteLimit else { throw tooLarge }
        bytes.append(contentsOf: piece.readableBytesView)
      }
    } catch let failure as FetchFailure {
      throw failure
    } catch {
      let failure = FetchFailure(reaching: error)
      throw failure.reason == .timeout
        ? failure : FetchFailure(.truncated, "the answer ends after \(bytes.count) bytes")
    }
    if let announced, bytes.count != announced {
      throw FetchFailure(.truncated, "the answer ends after \(bytes.count) of \(announced) bytes")
    }
    return bytes
  }
}

extension FetchFailure {
  /// What an error of the client means before there is an answer.
  init(reaching error: any Error) {
    switch error {
    case let error as HTTPClientError
    where [
      .deadlineExceeded, .connectTimeout, .readTimeout, .writeTimeout, .tlsHandshakeTimeout,
      .getConnectionFromPoolTimeout, .cancelled,
    ].contains(error):
      self.init(.timeout, "no answer in time")
    case is CancellationError: self.init(.timeout, "no answer in time")
    case let error as HTTPClientError where error == .remoteConnectionClosed:
      self.init(.connection, "the connection was closed without an answer")
    case let error as IOError: self.init(.connection, Self.words(error))
    case is HTTPParserError: self.init(.malformed, "the answer is no HTTP")
    default: self.init(.connection, "no connection: \("\(error)".prefix(200))")
    }
  }

  private static func words(_ error: IOError) -> String {
    switch error.errnoCode {
    case ECONNREFUSED: "the connection was refused"
    case ECONNRESET, EPIPE: "the connection was closed without an answer"
    case ENETUNREACH, EHOSTUNREACH: "the host cannot be reached"
    case ETIMEDOUT: "no answer in time"
    default: "no connection (error \(error.errnoCode))"
    }
  }
}
