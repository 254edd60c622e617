import Fetching
import NIOPosix

/// Asks DNS for the SMIMEA records of a name, and believes what DNSSEC vouches for only (RFC 8162 §6). The validation is
/// made here, from trust anchors that are here: no name server's word is taken for it.
struct AssociationLookup: Sendable {
  let name: AssociationName
  /// nil is the system's.
  let nameServer: String?
  /// nil is the system's.
  let anchors: String?
  let milliseconds: Int
  let byteLimit: Int

  /// The content of each record. Waits on a thread where that disturbs nobody.
  ///
  /// - Throws: ``FetchFailure``: `.insecure`, `.bogus`, `.absent` where DNSSEC proves that there is none, `.timeout`, …
  func records() async throws(FetchFailure) -> [[UInt8]] {
    do {
      return try await NIOThreadPool.singleton.runIfActive {
        #if DNSSEC
          return try ValidatingResolver(self).records()
        #else
          throw FetchFailure(.unavailable, "this build does not ask DNS")
        #endif
      }
    } catch {
      throw error as? FetchFailure ?? FetchFailure(.unavailable, "DNS cannot be asked")
    }
  }
}
