import Synchronization

/// A key on one of the NIST curves: swift-crypto has a type for signing and another for agreement, and each is made with
/// the work of a multiplication on the curve. Most keys do one of the two only, so the second is made when it is first
/// needed.
final class CurveKey<Signing: Sendable, Agreement: Sendable>: Sendable {
  let signing: Signing
  private let made = Mutex<Agreement?>(nil)

  init(_ signing: Signing) { self.signing = signing }

  /// The key for agreement, by `make` if there is none yet.
  func agreement(_ make: (Signing) throws -> Agreement) throws -> Agreement {
    try made.withLock { made in
      if let made { return made }
      let new = try make(signing)
      made = new
      return new
    }
  }
}
