import Foundation

/// How often something can be done.
enum Rate {
  /// Operations a second of CPU time, over `seconds` of it at least.
  static func measure(_ seconds: Double, _ body: () async throws -> Void) async rethrows -> Double {
    var count = 0
    var batch = 1
    let start = clock()
    var used = 0.0
    while used < seconds {
      for _ in 0..<batch { try await body() }
      count += batch
      used = Double(clock() - start) / Double(CLOCKS_PER_SEC)
      // The clock costs as much as hashing a hundred bytes.
      if used * 200 < seconds { batch *= 2 }
    }
    return Double(count) / used
  }

  static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
}

/// Lines of cells: the first to the left, the others to the right.
enum Table {
  static func row(_ cells: [String], width: Int = 13, first: Int = 46) -> String {
    cells.enumerated().map { index, cell in
      index == 0
        ? cell.padding(toLength: first, withPad: " ", startingAt: 0)
        : String(repeating: " ", count: max(1, width - cell.count)) + cell
    }.joined()
  }

  static func number(_ value: Double) -> String {
    value >= 100 ? String(Int(value.rounded())) : String(format: value >= 10 ? "%.1f" : "%.2f", value)
  }

  /// A ratio beside what it is to be, marked where it is less.
  static func ratio(_ value: Double?, _ target: Double?) -> String {
    guard let value else { return "-" }
    guard let target else { return String(format: "%.2f", value) }
    return String(format: "%.2f%@(%.3g)", value, value < target ? "! " : " ", target)
  }

  static func share(_ value: Double?, _ target: Double?) -> String {
    guard let value else { return "-" }
    guard let target else { return String(format: "%.0f %%", value * 100) }
    return String(format: "%.0f %%%@(%.0f)", value * 100, value < target ? "! " : " ", target * 100)
  }
}
