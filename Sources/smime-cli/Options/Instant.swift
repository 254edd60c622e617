import ArgumentParser
import SMIMECrypto

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A point in time, as RFC 3339 writes it.
struct Instant: ExpressibleByArgument {
  let date: Date

  init?(argument: String) {
    guard let date = RFC3339.date(argument.utf8) else { return nil }
    self.date = date
  }
}
