import Foundation
import PKIX
import SMIMECrypto

/// Whole processes: the released command beside `openssl cms`, on the same files; wall time, and the most memory that was
/// resident.
struct ProcessRows {
  let program: String
  let stage: Stage
  let folder: URL
  let rounds: Int

  private func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  private struct Run {
    let seconds: Double
    /// In MiB.
    let resident: Double
  }

  private struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  private func run(_ command: [String]) throws -> Run {
    let process = Process()
    let (output, errors) = (Pipe(), Pipe())
    process.executableURL = ReferenceProcess.program
    process.arguments = ["--timed"] + command
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    let words = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let figures = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      .split { $0.isWhitespace }.compactMap { Double($0) }
    process.waitUntilExit()
    guard process.terminationStatus == 0, figures.count == 2 else {
      throw Failure(description: "\(command.joined(separator: " ")):\n\(words)")
    }
    return Run(seconds: figures[0], resident: figures[1])
  }

  private func row(_ name: String, _ ours: [String], _ theirs: [String], rounds: Int, target: Double) throws {
    var (mine, other): ([Run], [Run]) = ([], [])
    for _ in 0..<rounds {
      mine.append(try run(ours))
      other.append(try run(theirs))
    }
    let ratio = Rate.median(zip(mine, other).map { $1.seconds / $0.seconds })
    func time(_ runs: [Run]) -> String { String(format: "%.1f ms", Rate.median(runs.map(\.seconds)) * 1_000) }
    func memory(_ runs: [Run]) -> String { String(format: "%.1f MiB", runs.map(\.resident).max() ?? 0) }
    print(Table.row([name, time(mine), time(other), Table.ratio(ratio, target), memory(mine), memory(other)]))
  }

  func run() throws {
    setenv("SMIME_HOME", path("home"), 1)
    let leaf = pem("CERTIFICATE", stage.alice.certificate.derBytes)
    let issuing = pem("CERTIFICATE", stage.issuing.derBytes)
    let key = pem("PRIVATE KEY", stage.key.pkcs8[...])
    for (name, text) in [
      ("key.pem", key), ("leaf.pem", leaf), ("issuing.pem", issuing), ("all.pem", key + leaf + issuing),
      ("root.pem", pem("CERTIFICATE", stage.root.derBytes)),
    ] { try Data(text.utf8).write(to: URL(fileURLWithPath: path(name))) }
    let identity = ["--identity", path("all.pem")]
    print(Table.row(["whole processes", "smime", "openssl cms", "ratio", "resident", "openssl cms"]))
    try jobs("2 KiB", Stage.mail(2_048), identity, rounds: 5 * rounds, [1, 1, 1, 1])
    try jobs("256 MiB", Self.largeMail(256 << 20), identity, rounds: max(3, rounds / 2), [1.6, 15, 2.2, 9])
  }

  private func pem(_ label: String, _ der: ArraySlice<UInt8>) -> String {
    let text = Data(der).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
    return "-----BEGIN \(label)-----\n\(text)\n-----END \(label)-----\n"
  }

  private func jobs(
    _ label: String, _ mail: [UInt8], _ identity: [String], rounds: Int, _ targets: [Double]
  ) throws {
    let (input, out, theirs) = (path("mail"), path("out"), path("theirs"))
    try Data(mail).write(to: URL(fileURLWithPath: input))
    let key = ["-inkey", path("key.pem")]
    try row(
      "\(label) sign", [program, "sign", input, "--out", out, "--force"] + identity,
      [
        "openssl", "cms", "-sign", "-in", input, "-signer", path("leaf.pem"), "-certfile", path("issuing.pem"), "-out",
        theirs,
      ] + key,
      rounds: rounds, target: targets[0])
    let signed = path("signed")
    try FileManager.default.moveItem(atPath: out, toPath: signed)
    try row(
      "\(label) verify", [program, "verify", signed, "--anchor", path("root.pem")],
      ["openssl", "cms", "-verify", "-in", signed, "-CAfile", path("root.pem"), "-out", "/dev/null"], rounds: rounds,
      target: targets[1])
    try row(
      "\(label) encrypt GCM",
      [program, "encrypt", input, "--modern", "--recipient", path("leaf.pem"), "--out", out, "--force"],
      ["openssl", "cms", "-encrypt", "-stream", "-aes-256-gcm", "-in", input, "-out", theirs, path("leaf.pem")],
      rounds: rounds, target: targets[2])
    let sealed = path("sealed")
    try FileManager.default.moveItem(atPath: out, toPath: sealed)
    try row(
      "\(label) decrypt GCM", [program, "decrypt", sealed, "--out", out, "--force"] + identity,
      ["openssl", "cms", "-decrypt", "-in", sealed, "-recip", path("leaf.pem"), "-out", theirs] + key, rounds: rounds,
      target: targets[3])
    for file in [input, out, theirs, signed, sealed] { try? FileManager.default.removeItem(atPath: file) }
  }

  /// A mail with an attachment in base64.
  private static func largeMail(_ count: Int) -> [UInt8] {
    var bytes = Array(
      """
      From: alice@example.com\r
      To: bob@example.com\r
      Subject: large\r
      MIME-Version: 1.0\r
      Content-Type: multipart/mixed; boundary=b\r
      \r
      --b\r
      Content-Type: application/octet-stream\r
      Content-Transfer-Encoding: base64\r
      \r

      """.utf8)
    bytes.reserveCapacity(count + 1_024)
    var block: [UInt8] = []
    let characters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var state: UInt64 = 1
    for _ in 0..<4_096 {
      for _ in 0..<76 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        block.append(characters[Int(state >> 58)])
      }
      block += [0x0D, 0x0A]
    }
    while bytes.count + block.count < count { bytes += block }
    return bytes + Array("--b--\r\n".utf8)
  }
}
