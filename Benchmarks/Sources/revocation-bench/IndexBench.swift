import Foundation
import Issuance
import PKIX
import SMIMECrypto

/// A CRL of many entries in a file: verified, every entry's extensions checked and indexed, beside what `openssl verify
/// -crl_check` does with it; then one look-up. Each in a process of its own.
struct IndexBench {
  let count: Int

  func run() async throws {
    let folder = NSTemporaryDirectory() + "/index-bench-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let (list, root, leaf, serial) = (
      "\(folder)/list.crl", "\(folder)/root.pem", "\(folder)/leaf.pem", try await write(into: folder)
    )
    let this = URL(fileURLWithPath: CommandLine.arguments[0])
    let size = try FileManager.default.attributesOfItem(atPath: list)[.size] as? Int ?? 0
    var ratios: [Double] = []
    var (ours, theirs): ([Double], [Double]) = ([], [])
    for _ in 0..<5 {
      try? FileManager.default.removeItem(atPath: IndexedRevocationList.indexPath(of: list))
      let indexing = try measured(this, ["index-list", list, root])
      let openssl = try measured(
        URL(fileURLWithPath: "/usr/bin/openssl"),
        ["verify", "-crl_check", "-CAfile", root, "-CRLfile", list, leaf])
      guard openssl.status == 0, indexing.status == 0 else { throw Unsupported("a process failed") }
      ours.append(indexing.seconds)
      theirs.append(openssl.seconds)
      ratios.append(openssl.seconds / indexing.seconds)
      if ratios.count == 5 {
        print("CRL of \(count) entries, \(size >> 20) MiB: indexed in \(milliseconds(ours)) ms CPU,", terminator: " ")
        print("peak \(indexing.peak >> 20) MiB;", terminator: " ")
        print("openssl verify -crl_check: \(milliseconds(theirs)) ms, peak \(openssl.peak >> 20) MiB;", terminator: " ")
        print(String(format: "%.1f times as fast (at least 5)", ratios.sorted()[2]))
        print("  peak over the file's size: \((indexing.peak - size) >> 20) MiB (at most 32)")
      }
    }
    var lookups: [Double] = []
    for _ in 0..<21 { lookups.append(Double(try measured(this, ["index-lookup", list, serial]).output) ?? .infinity) }
    print(String(format: "  one look-up in a fresh process: %.1f µs (at most 50)", lookups.sorted()[10]))
  }

  private func milliseconds(_ seconds: [Double]) -> Int { Int(seconds.sorted()[seconds.count / 2] * 1_000) }

  /// Verifies and indexes, in this process.
  static func index(_ path: String, root: String) throws {
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: root)))
    guard let certificate = try Certificate.all(in: bytes).first else { throw Malformed("no certificate") }
    print(try IndexedRevocationList(path: path, signedBy: certificate.publicKey).entryCount)
  }

  /// Opens the list and looks one entry up: prints how many microseconds that took.
  static func lookUp(_ path: String, _ serial: String) throws {
    guard let number = SerialNumber(hex: serial) else { throw Malformed("no number") }
    let clock = ContinuousClock()
    var found = false
    let duration = try clock.measure {
      found = try RevocationListIndex(path: path)?.entry(for: number) != nil
    }
    guard found else { throw Malformed("not found") }
    print(Double(duration.components.attoseconds) / 1e12)
  }

  /// - Returns: the serial number of an entry.
  private func write(into folder: String) async throws -> String {
    let key = try PrivateKey(generate: .rsa(bits: 2048))
    let validity = Validity(from: Date().addingTimeInterval(-86_400), days: 3_650)
    let root = try await CertificateTemplate.root(
      subject: DistinguishedName(commonName: "Root"), publicKey: key.publicKey, validity: validity
    ).prepared(issuer: nil, signatureAlgorithm: .rsaPKCS1(.sha256)).signed(by: key)
    let leafKey = try PrivateKey(generate: .ec(.p256))
    let leaf = try await CertificateTemplate.mailbox(
      addresses: ["a@example.org"], publicKey: leafKey.publicKey, use: .signing,
      validity: Validity(from: Date().addingTimeInterval(-86_400), days: 365)
    ).prepared(issuer: root, signatureAlgorithm: .rsaPKCS1(.sha256)).signed(by: key)
    let entries = try ListBench(count: count).entries()
    let list = try await RevocationListTemplate(
      number: 1, thisUpdate: Date().addingTimeInterval(-60), nextUpdate: Date().addingTimeInterval(7 * 86_400),
      entries: entries
    ).signed(by: Identity(certificate: root, chain: [], privateKey: key))
    try Data(list.derBytes).write(to: URL(fileURLWithPath: folder + "/list.crl"))
    try Data(root.pem.utf8).write(to: URL(fileURLWithPath: folder + "/root.pem"))
    try Data(leaf.pem.utf8).write(to: URL(fileURLWithPath: folder + "/leaf.pem"))
    return entries[count / 2].serialNumber.description
  }

  private func measured(
    _ program: URL, _ arguments: [String]
  ) throws -> (status: Int32, seconds: Double, peak: Int, output: String) {
    let process = Process()
    // What a process used is told by time(1): its children are not told apart afterwards.
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    let usage = NSTemporaryDirectory() + "/usage-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: usage) }
    process.arguments =
      ["python3", "-c", Self.wrapper, usage, program.resolvingSymlinksInPath().path] + arguments
    // What the loader does belongs to the start, not to what is called first.
    process.environment = ProcessInfo.processInfo.environment.merging(["LD_BIND_NOW": "1"]) { $1 }
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    let fields = try String(contentsOfFile: usage, encoding: .utf8).split(separator: " ").compactMap { Double($0) }
    guard fields.count == 2 else { throw Unsupported("no figures") }
    return (
      process.terminationStatus, fields[0], Int(fields[1]) << 10,
      output.trimmingCharacters(in: .whitespacesAndNewlines)
    )
  }

  /// Runs a program and writes its CPU seconds and its peak of memory in KiB to a file.
  private static let wrapper = """
    import os, sys, resource
    pid = os.spawnv(os.P_NOWAIT, sys.argv[2], sys.argv[2:])
    _, status, usage = os.wait4(pid, 0)
    open(sys.argv[1], 'w').write(f'{usage.ru_utime + usage.ru_stime} {usage.ru_maxrss}')
    sys.exit(os.waitstatus_to_exitcode(status))
    """
}
