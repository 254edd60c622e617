import PKIX

/// Which certificates `ca revoke` means: the one in a file, the one with a serial number, or all for an address.
struct RevocationTarget {
  private enum Kind {
    case serial(String)
    case address(String)
  }

  private let kind: Kind

  init(_ text: String) throws {
    if Files.exists(text) {
      kind = .serial(try CertificateFile.first(in: text).serialNumber.description)
    } else if text.contains("@") {
      kind = .address(text.lowercased())
    } else {
      kind = .serial(text.lowercased())
    }
  }

  func matches(_ record: AuthorityState.Record) -> Bool {
    switch kind {
    case .serial(let serial): record.serial == serial
    case .address(let address): record.addresses.contains { $0.lowercased() == address }
    }
  }
}
