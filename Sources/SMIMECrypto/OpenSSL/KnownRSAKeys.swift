#if OpenSSL
  import ByteIO
  import Synchronization

  /// RSA keys that were used lately. An issuer's key verifies many certificates, a recipient's gets many messages: for a
  /// key that is known already nothing is read or computed again, which takes a third off each use.
  enum KnownRSAKeys {
    /// An RSAPublicKey by its octets.
    private struct Encoding: Hashable {
      let octets: ArraySlice<UInt8>

      static func == (left: Self, right: Self) -> Bool { Bytes.areEqual(left.octets, right.octets) }

      func hash(into hasher: inout Hasher) { Bytes.hash(octets, into: &hasher) }
    }

    /// A stranger can send as many keys as he likes: a megabyte of them is kept, or four of the longest.
    private static let keys = Mutex(RecentValues<Encoding, RSAPublicHandle>(count: 512))

    /// The key for libcrypto's use.
    ///
    /// - Throws: ``Unsupported`` for octets that are no RSA key, and for one that may not be used.
    static func handle(_ octets: ArraySlice<UInt8>) throws(Unsupported) -> RSAPublicHandle {
      if let known = keys.withLock({ $0.value(Encoding(octets: octets)) }) { return known }
      guard let numbers = RSAPublicNumbers(octets) else { throw Unsupported("an RSA key that cannot be read") }
      if let objection = numbers.objection { throw Unsupported(objection) }
      let handle = try RSAPublicHandle(numbers)
      // A copy: the octets are a part of a certificate or a message, which would be kept along with them.
      keys.withLock { $0.keep(handle, Encoding(octets: Array(octets)[...])) }
      return handle
    }
  }
#endif
