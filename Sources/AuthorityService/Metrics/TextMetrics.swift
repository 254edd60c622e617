import CoreMetrics
import Synchronization

/// What swift-metrics records, in the text format that Prometheus reads.
///
/// Counters, gauges and histograms of durations; a duration's label ends in `_seconds`.
final class TextMetrics: MetricsFactory {
  private struct Key: Hashable {
    let label: String
    /// `{a="b"}`, or nothing.
    let dimensions: String
  }

  private struct State {
    var counters: [Key: CounterCell] = [:]
    var gauges: [Key: GaugeCell] = [:]
    var durations: [Key: DurationCell] = [:]
  }

  private let state = Mutex(State())

  private static func key(_ label: String, _ dimensions: [(String, String)]) -> Key {
    Key(label: label, dimensions: text(dimensions.map { ($0.0, $0.1) }))
  }

  private static func text(_ dimensions: [(String, String)]) -> String {
    guard !dimensions.isEmpty else { return "" }
    let pairs = dimensions.map { name, value in
      let escaped = value.unicodeScalars.map { scalar in
        switch scalar {
        case "\\": "\\\\"
        case "\"": "\\\""
        case "\n": "\\n"
        default: String(scalar)
        }
      }
      return "\(name)=\"\(escaped.joined())\""
    }
    return "{\(pairs.joined(separator: ","))}"
  }

  // MARK: MetricsFactory

  func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    state.withLock { $0.counters.cell(Self.key(label, dimensions), CounterCell.init) }
  }

  func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
    state.withLock { $0.gauges.cell(Self.key(label, dimensions), GaugeCell.init) }
  }

  func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    state.withLock { $0.gauges.cell(Self.key(label, dimensions), GaugeCell.init) }
  }

  func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    state.withLock { $0.durations.cell(Self.key(label, dimensions), DurationCell.init) }
  }

  func destroyCounter(_ handler: any CounterHandler) {}
  func destroyRecorder(_ handler: any RecorderHandler) {}
  func destroyMeter(_ handler: any MeterHandler) {}
  func destroyTimer(_ handler: any TimerHandler) {}

  // MARK: Text

  /// Everything, in the order of the labels.
  var text: String {
    let state = state.withLock { $0 }
    var lines: [String] = []
    list(state.counters, "counter", into: &lines) { key, cell in
      ["\(key.label)\(key.dimensions) \(cell.value.load(ordering: .relaxed))"]
    }
    list(state.gauges, "gauge", into: &lines) { key, cell in ["\(key.label)\(key.dimensions) \(number(cell.value))"] }
    list(state.durations, "histogram", into: &lines) { key, cell in histogram(key, cell.values) }
    return lines.map { $0 + "\n" }.joined()
  }

  private func list<Cell>(
    _ cells: [Key: Cell], _ type: String, into lines: inout [String], _ write: (Key, Cell) -> [String]
  ) {
    var last: String?
    for (key, cell) in cells.sorted(by: { ($0.key.label, $0.key.dimensions) < ($1.key.label, $1.key.dimensions) }) {
      if key.label != last { lines.append("# TYPE \(key.label) \(type)") }
      last = key.label
      lines += write(key, cell)
    }
  }

  private func histogram(_ key: Key, _ values: DurationCell.Values) -> [String] {
    let inner = key.dimensions.dropFirst().dropLast()
    let prefix = inner.isEmpty ? "" : inner + ","
    var sum = 0
    var lines: [String] = []
    for (count, bound) in zip(values.counts, DurationCell.bounds.map { number($0) } + ["+Inf"]) {
      sum += count
      lines.append("\(key.label)_bucket{\(prefix)le=\"\(bound)\"} \(sum)")
    }
    lines.append("\(key.label)_sum\(key.dimensions) \(number(Double(values.nanoseconds) / 1e9))")
    lines.append("\(key.label)_count\(key.dimensions) \(sum)")
    return lines
  }

  private func number(_ value: Double) -> String {
    value.rounded() == value && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
  }
}

extension Dictionary {
  fileprivate mutating func cell(_ key: Key, _ make: () -> Value) -> Value {
    if let cell = self[key] { return cell }
    let cell = make()
    self[key] = cell
    return cell
  }
}

private final class CounterCell: CounterHandler {
  let value = Atomic<Int64>(0)

  func increment(by amount: Int64) { value.add(amount, ordering: .relaxed) }
  func reset() { value.store(0, ordering: .relaxed) }
}

private final class GaugeCell: RecorderHandler, MeterHandler {
  private let state = Mutex(0.0)

  var value: Double { state.withLock { $0 } }

  func record(_ value: Int64) { record(Double(value)) }
  func record(_ value: Double) { state.withLock { $0 = value } }
  func set(_ value: Int64) { record(Double(value)) }
  func set(_ value: Double) { record(value) }
  func increment(by amount: Double) { state.withLock { $0 += amount } }
  func decrement(by amount: Double) { state.withLock { $0 -= amount } }
}

private final class DurationCell: TimerHandler {
  struct Values {
    var counts = [Int](repeating: 0, count: DurationCell.bounds.count + 1)
    var nanoseconds: Int64 = 0
  }

  /// In seconds.
  static let bounds = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10]
  private static let nanosecondBounds = bounds.map { Int64($0 * 1e9) }
  private let state = Mutex(Values())

  var values: Values { state.withLock { $0 } }

  func recordNanoseconds(_ duration: Int64) {
    let place = Self.nanosecondBounds.firstIndex { duration <= $0 } ?? Self.bounds.count
    state.withLock { values in
      values.counts[place] += 1
      values.nanoseconds &+= duration
    }
  }
}
