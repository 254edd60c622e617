import Fetching
import FuzzEntry

@_cdecl("fuzz_entry") public func entry() { Entry.start() }

/// What tells where certificates are: directories' URLs with their filters, and SMIMEA records. Certificate stores answer in
/// MIME and DER, which have entries of their own.
enum Entry {
  static func start() {
    FuzzEntry.run { bytes in
      _ = FindingPlace.isDirectoryURL(String(decoding: bytes, as: UTF8.self))
      if let association = try? CertificateAssociation(record: bytes[...]) { _ = try? association.certificate }
    }
  }
}
