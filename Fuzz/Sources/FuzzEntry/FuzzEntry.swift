import Dispatch

/// What this entry tries, set by its `fuzz_entry` before the first input.
nonisolated(unsafe) private var trial: ([UInt8]) -> Void = { _ in }

/// The entry's own function.
@_silgen_name("fuzz_entry") private func entry()

/// libFuzzer has `main`, calls this once,
@_cdecl("LLVMFuzzerInitialize")
public func initialize(_ count: UnsafeMutableRawPointer?, _ arguments: UnsafeMutableRawPointer?) -> CInt {
  entry()
  return 0
}

/// and this with one input after another.
@_cdecl("LLVMFuzzerTestOneInput")
public func tryOne(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  trial(Array(UnsafeBufferPointer(start: data, count: count)))
  return 0
}

/// One parser that inputs are tried on. An entry is a function `fuzz_entry` that calls ``run(_:)``.
public enum FuzzEntry {
  /// Has `body` tried on inputs for as long as libFuzzer's options say. What traps or takes too long is a finding.
  public static func run(_ body: @escaping ([UInt8]) -> Void) { trial = body }

  /// Waits for `body` to end.
  public static func wait<Value: Sendable>(for body: @escaping @Sendable () async -> Value) -> Value {
    let done = DispatchSemaphore(value: 0)
    nonisolated(unsafe) var result: Value?
    Task {
      result = await body()
      done.signal()
    }
    done.wait()
    return result!
  }
}
