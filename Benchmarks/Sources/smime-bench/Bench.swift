import Foundation
import PKIX
import SMIMECrypto

/// The same jobs by this package and by libcrypto's CMS, on the same keys and the same mail, in turn on one core; medians
/// of CPU time. Beside the package's libcrypto stands a newer one, if `scripts/setup-reference` has fetched it.
///
///     smime-bench [--rounds N] [--row TEXT] [--profile SECONDS] [--smime PROGRAM]
///       [messages|certificates|content|small|ec-small|processes …]
@main struct Bench {
  static func main() async throws {
    var arguments = Array(CommandLine.arguments.dropFirst())
    func option(_ name: String) -> String? {
      guard let at = arguments.firstIndex(of: name), at + 1 < arguments.count else { return nil }
      defer { arguments.removeSubrange(at...at + 1) }
      return arguments[at + 1]
    }
    let rounds = max(1, option("--rounds").flatMap(Int.init) ?? 7)
    let only = option("--row")
    let profiled = option("--profile").flatMap(Double.init)
    let program = option("--smime")
    func isWanted(_ what: String) -> Bool { arguments.isEmpty || arguments.contains(what) }
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("smime-bench-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    print("medians of \(rounds) rounds, in turn on one core; ! is less than the target in brackets\n")
    let rsa = try await Stage("RSA-2048", .rsa(bits: 2048), in: folder)
    if isWanted("messages") { try await messages(rsa, in: folder, rounds: rounds, only: only, profiled: profiled) }
    if isWanted("certificates") { try await certificates(rsa, rounds: rounds, only: only, profiled: profiled) }
    let steps = StageRows(stage: rsa, rounds: rounds, only: only)
    if isWanted("content") { try await steps.runContent() }
    if isWanted("small") { try await steps.runSmall() }
    if isWanted("ec-small") {
      try await StageRows(stage: Stage("P-256", .ec(.p256), in: folder), rounds: rounds, only: only).runSmall()
    }
    if isWanted("processes") {
      if let program {
        try ProcessRows(program: program, stage: rsa, folder: folder, rounds: rounds).run()
      } else {
        print("whole processes: --smime names no program")
      }
    }
  }

  private static func messages(_ rsa: Stage, in folder: URL, rounds: Int, only: String?, profiled: Double?) async throws
  {
    let ec = try await Stage("P-256", .ec(.p256), in: folder)
    let people =
      profiled == nil || only?.contains("signers") == true ? try await rsa.people(1_000, keys: 10) : [rsa.alice]
    let recipients = people.prefix(100).map(\.certificate)
    try rsa.pack("recipients.pack", recipients.map { Array($0.derBytes) })
    for stage in [rsa, ec] {
      let references = try references(for: stage)
      // Nobody wants these in a profile.
      let primitives =
        profiled == nil
        ? try await Primitives.measured(stage, references, rounds: min(rounds, 5)) : Primitives()
      print("\n" + MessageRows.heading(references))
      let rows = MessageRows(
        stage: stage, references: references, primitives: primitives, rounds: rounds, only: only, profiled: profiled)
      try await rows.run(2_048, stage.name == "P-256" ? Self.ecSmall : Self.rsaSmall)
      if stage.name == "P-256" {
        try await rows.run(76_800, [:])
      } else {
        try await rows.runMany(Array(recipients), 2_048, Targets(1.3, 1.2, share: 0.65))
        try await rows.runSigners(
          people, 2_048, cold: Targets(5, 2.2, share: 0.55), cached: Targets(8, 4))
        try await rows.run(76_800, Self.rsaLarge)
      }
      print()
    }
  }

  private static func certificates(_ rsa: Stage, rounds: Int, only: String?, profiled: Double?) async throws {
    let chains = try await rsa.chains(1_000, keys: 40)
    // What is read at the start.
    try rsa.pack("chains.pack", chains.map { $0.flatMap { Array($0.derBytes) } })
    let references = try references(for: rsa)
    let primitives =
      profiled == nil ? try await Primitives.measured(rsa, references, rounds: min(rounds, 5)) : Primitives()
    print("\n" + MessageRows.heading(references, of: "certificates and paths"))
    let rows = MessageRows(
      stage: rsa, references: references, primitives: primitives, rounds: rounds, only: only, profiled: profiled)
    try await rows.runReading(Targets(10, 3))
    try await rows.runChains(chains, cold: Targets(2.5, 1.3), cached: Targets(20, 20))
    print()
  }

  /// The system's libcrypto on the stage's files, and the newer one if there is one.
  private static func references(for stage: Stage) throws -> [ReferenceProcess] {
    guard let system = ReferenceProcess(stage.folder, library: nil) else {
      throw Unsupported("smime-reference beside smime-bench")
    }
    if let library = newerLibrary, let newer = ReferenceProcess(stage.folder, library: library) {
      return [system, newer]
    }
    print("no newer libcrypto: scripts/setup-reference was not run")
    return [system]
  }

  private static let rsaSmall = [
    "sign": Targets(1.03, 1.0, share: 0.92), "check": Targets(8, 3.5, share: 0.45),
    "encrypt": Targets(1.6, 1.4, share: 0.65), "decrypt": Targets(1.03, 1.0, share: 0.90),
  ]
  private static let ecSmall = [
    "sign": Targets(1.8, 1.5, share: 0.55), "decrypt": Targets(2, 1.3, share: 0.70),
  ]
  private static let rsaLarge = [
    "sign": Targets(1.6, 1.4, share: 0.60), "check": Targets(18, 11, share: 0.60), "verify": Targets(),
    "encrypt": Targets(7, 6, share: 0.60), "decrypt": Targets(2.3, 2.2, share: 0.60),
  ]

  /// Where `scripts/setup-reference` put it.
  private static var newerLibrary: String? {
    let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../..")
    let folder = package.appendingPathComponent(".build/libcrypto").standardizedFileURL.path
    return FileManager.default.fileExists(atPath: folder + "/libcrypto.so.3") ? folder : nil
  }
}
