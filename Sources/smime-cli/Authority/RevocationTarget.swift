import CertificateAuthority
import PKIX

/// Which certificates `ca revoke` means: the one in a file, the one with a serial number, or all for an address.
struct RevocationTarget {
  private enum Kind {
    case serialNumber(SerialNumber)
    case address(String)
    /// Neither a file nor a number: no certificate.
    case nothing
  }

  private let kind: Kind

  init(_ text: String) throws {
    if Files.exists(text) {
      kind = .serialNumber(try CertificateFile.first(in: text).serialNumber)
    } else if text.contains("@") {
      kind = .address(text.lowercased())
    } else {
      kind = SerialNumber(hex: text).map(Kind.serialNumber) ?? .nothing
    }
  }

  func matches(_ record: IssuedRecord) -> Bool {
    switch kind {
    case .serialNumber(let number): record.serialNumber == number
    case .address(let address): record.addresses.contains { $0.lowercased() == address }
    case .nothing: false
    }
  }
}
