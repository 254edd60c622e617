@_spi(Benchmarks) import AuthorityService
import CertificateAuthority
import Foundation
import Logging
import PKIX
import SMIMECrypto

/// Answers that were signed ahead, by GET and by POST, and a fixed body of their size, from one server; wrk asks for each in
/// turn on loopback. Usage: http-bench [ROUNDS [SECONDS]]
@main struct HTTPBench {
  static func main() async throws {
    let numbers = CommandLine.arguments.dropFirst().compactMap { Int($0) }
    let (rounds, seconds) = (numbers.first ?? 5, numbers.dropFirst().first ?? 3)
    let folder = NSTemporaryDirectory() + "/http-bench-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let password = Password("bench")
    let authority = try await Authority.create(
      in: folder, AuthorityPlan(name: "Bench", key: .ec(.p256)), password: password)
    let issuing = try authority.identity(.issuing, password: password)
    let certificate = try await authority.issue(
      MailboxOrder(addresses: ["a@example.org"], publicKey: try PrivateKey(generate: .ec(.p256)).publicKey),
      with: issuing)
    let responder = try OCSPResponder(authority: authority, issuer: issuing)
    try await responder.renew(at: Date())
    let request = OCSPRequest([try OCSPCertificateID(certificate.serialNumber, of: issuing.certificate)]).encoded
    let size = await responder.answer(request[...], at: Date()).bytes.count

    var settings = Settings(listen: Endpoint(host: "127.0.0.1", port: 0))
    settings.limits.rate = 0
    settings.limits.connectionsPerAddress = 0
    var logger = Logger(label: "http-bench")
    logger.logLevel = .critical
    let (addresses, arrived) = AsyncStream.makeStream(of: Endpoint.self)
    let server = try AuthorityServer(
      authority: authority, issuer: issuing, settings: settings, logger: logger, fixedBodySize: size
    ) { arrived.yield($0.address) }
    let serving = Task { try await server.run() }
    defer { serving.cancel() }
    var iterator = addresses.makeAsyncIterator()
    guard let address = await iterator.next() else { throw CocoaError(.featureUnsupported) }

    let post = folder + "/post.lua"
    let body = request.map { "\\\($0)" }.joined()
    try """
    wrk.method = "POST"
    wrk.body = "\(body)"
    wrk.headers["Content-Type"] = "application/ocsp-request"
    """.write(toFile: post, atomically: true, encoding: .utf8)
    let encoded =
      Data(request).base64EncodedString().addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    let jobs = [
      ("fixed body", ["http://\(address)/fixed"]), ("OCSP, GET", ["http://\(address)/ocsp/\(encoded)"]),
      ("OCSP, POST", ["-s", post, "http://\(address)/ocsp"]),
    ]
    var rates = jobs.map { _ in [Double]() }
    for _ in 0..<rounds {
      for (index, job) in jobs.enumerated() { rates[index].append(try wrk(job.1, seconds: seconds)) }
    }
    print("\(size) bytes an answer, 16 connections, median of \(rounds) rounds of \(seconds) s")
    for (index, job) in jobs.enumerated() {
      let ratio = zip(rates[index], rates[0]).map { $0 / $1 }.sorted()[rounds / 2]
      print(
        "\(job.0): \(Int(rates[index].sorted()[rounds / 2])) requests/s,",
        String(format: "%.2f of the fixed body", ratio))
    }
  }

  /// The requests a second that wrk counts; none may have failed.
  private static func wrk(_ arguments: [String], seconds: Int) throws -> Double {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["wrk", "-t1", "-c16", "-d\(seconds)s"] + arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard !text.contains("Non-2xx"), !text.contains("Socket errors"),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix("Requests/sec:") }),
      let rate = Double(line.dropFirst("Requests/sec:".count).trimmingCharacters(in: .whitespaces))
    else { throw CocoaError(.fileReadCorruptFile, userInfo: ["wrk": text]) }
    return rate
  }
}
