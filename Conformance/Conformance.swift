import Foundation

/// Runs the outside corpora and prints one table.
///
///     SMIME_CORPUS=/path conformance [SUITE…]
///
/// A case that differs for a reason stands in exceptions.json with that reason (`--exceptions FILE`); an exception whose
/// case no longer differs is an error like any other. What is refused as unsupported stands there once, as
/// `not offered/NAME`, for all cases that need it.
@main struct Conformance {
  static let suites: [Suite] =
    CMSSuites.all + RFC4134Suite.all + SampleSuite.all + PostQuantumSuite.all + KeyFileSuite.all + PKIXSuites.all
    + PathSuites.all + RevocationSuites.all
    + SMIMESuites.all + [WycheproofSuite.all]

  static func main() async throws {
    let environment = ProcessInfo.processInfo.environment
    guard let root = environment["SMIME_CORPUS"] else {
      print("conformance: set SMIME_CORPUS to the folder of the corpora")
      exit(64)
    }
    var chosen = Array(CommandLine.arguments.dropFirst())
    var exceptions: [String: String] = [:]
    if let at = chosen.firstIndex(of: "--exceptions"), at + 1 < chosen.count {
      let data = FileManager.default.contents(atPath: chosen[at + 1]) ?? Data()
      exceptions = try JSONDecoder().decode([String: String].self, from: data)
      chosen.removeSubrange(at...at + 1)
    }
    let corpus = Corpus(root: root)
    var failures: [String] = []
    var missing: Set<String> = []
    print(row("suite", "cases", "as expected", "excepted", "not offered", "wrong"))
    for suite in suites where chosen.isEmpty || chosen.contains(suite.name) {
      let results: [CaseResult]
      do {
        results = try await suite.run(corpus)
      } catch {
        failures.append("\(suite.name): cannot run: \(error)")
        continue
      }
      var counts = (right: 0, excepted: 0, notOffered: 0, wrong: 0)
      for result in results {
        let key = "\(suite.name)/\(result.id)"
        if let name = result.notOffered {
          missing.insert(name)
          counts.notOffered += 1
          continue
        }
        switch (result.difference, exceptions[key]) {
        case (nil, nil): counts.right += 1
        case (.some, .some): counts.excepted += 1
        case (.some(let difference), nil):
          counts.wrong += 1
          failures.append("\(key): \(difference)")
        case (nil, .some):
          counts.wrong += 1
          failures.append("\(key): is as expected now; take it out of the exceptions")
        }
      }
      let ids = Set(results.map { "\(suite.name)/\($0.id)" })
      for key in exceptions.keys.sorted() where key.hasPrefix(suite.name + "/") && !ids.contains(key) {
        failures.append("\(key): is an exception of no case")
      }
      print(
        row(
          suite.name, "\(results.count)", "\(counts.right)", "\(counts.excepted)", "\(counts.notOffered)",
          "\(counts.wrong)"))
    }
    let listed = Set(exceptions.keys.filter { $0.hasPrefix("not offered/") }.map { String($0.dropFirst(12)) })
    for name in missing.subtracting(listed).sorted() { failures.append("not offered/\(name): has no reason") }
    if chosen.isEmpty {
      for name in listed.subtracting(missing).sorted() { failures.append("not offered/\(name): nothing asks for it") }
    }
    for failure in failures { print("  \(failure)") }
    exit(failures.isEmpty ? 0 : 1)
  }

  private static func row(_ name: String, _ numbers: String...) -> String {
    let cells = numbers.map { String(repeating: " ", count: max(0, 13 - $0.count)) + $0 }
    return name + String(repeating: " ", count: max(0, 24 - name.count)) + cells.joined()
  }
}
