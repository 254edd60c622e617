import CReference
import Foundation
import Issuance
import PKIX
import SMIMECrypto

/// A CRL of many entries, made by this package and by libcrypto: each in a process of its own, so that its memory can be
/// told from the other's.
struct ListBench {
  let count: Int

  func run() async throws {
    var times: [Double] = []
    for side in ["ours", "libcrypto"] {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0])
      process.arguments = ["list-\(side)", "\(count)"]
      let pipe = Pipe()
      process.standardOutput = pipe
      try process.run()
      let line = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      process.waitUntilExit()
      let fields = line.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
      guard fields.count == 3 else { throw Unsupported("no figures from \(side): \(line)") }
      times.append(fields[0])
      print(
        "CRL of \(count) entries, \(side): \(Int(fields[0])) ms CPU, \(Int(fields[1])) bytes, peak \(Int(fields[2])) MiB"
      )
    }
    print(String(format: "ours / libcrypto: 1/%.1f of the time", times[1] / times[0]))
  }

  /// One side's work in this process: prints CPU milliseconds, the list's size and the peak of memory in MiB.
  func measure(ours: Bool) async throws {
    let key = try PrivateKey(generate: .rsa(bits: 2048))
    let root = try await CertificateTemplate.root(
      subject: DistinguishedName(commonName: "Root"), publicKey: key.publicKey,
      validity: Validity(from: Date(timeIntervalSince1970: 1_789_000_000), days: 3_650)
    ).prepared(issuer: nil, signatureAlgorithm: .rsaPKCS1(.sha256)).signed(by: key)
    let identity = try Identity(certificate: root, chain: [], privateKey: key)
    let start = clock()
    let size: Int
    if ours {
      size = try await list(identity).derBytes.count
    } else {
      let (p8, certificate) = (key.pkcs8, Array(root.derBytes))
      size = reference_crl(p8, p8.count, certificate, certificate.count, count)
    }
    let milliseconds = Double(clock() - start) * 1_000 / Double(CLOCKS_PER_SEC)
    print(milliseconds, size, try peak())
  }

  private func list(_ issuer: Identity) async throws -> CertificateRevocationList {
    let now = Date(timeIntervalSince1970: 1_790_000_000)
    return try await RevocationListTemplate(
      number: 1, thisUpdate: now, nextUpdate: now.addingTimeInterval(7 * 86_400), entries: try entries()
    ).signed(by: issuer)
  }

  /// As many entries as wanted, always the same.
  func entries() throws -> [RevokedEntry] {
    var generator = SplitMix()
    var entries: [RevokedEntry] = []
    entries.reserveCapacity(count)
    for index in 0..<count {
      let (high, low) = (generator.next(), generator.next())
      var serial: [UInt8] = [1]
      for word in [high, low] {
        for byte in 0..<8 { serial.append(UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * byte))) }
      }
      entries.append(
        try RevokedEntry(
          serialNumber: SerialNumber(serial[...]),
          date: Date(timeIntervalSince1970: Double(1_780_000_000 + high % 9_000_000)),
          reason: index % 2 == 1 ? .keyCompromise : .unspecified))
    }
    return entries
  }

  private func peak() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM") } ?? ""
    return (Int(line.filter(\.isNumber)) ?? 0) / 1_024
  }
}

/// The generator that the reference has too.
struct SplitMix {
  private var state: UInt64 = 1

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
