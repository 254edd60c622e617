import ArgumentParser
import SMIMECrypto

/// The kinds of key that are made for people.
enum KeyChoice: String, ExpressibleByArgument, CaseIterable {
  case rsa2048 = "rsa-2048"
  case rsa3072 = "rsa-3072"
  case rsa4096 = "rsa-4096"
  case p256 = "p-256"
  case p384 = "p-384"

  var kind: PrivateKey.Kind {
    switch self {
    case .rsa2048: .rsa(bits: 2048)
    case .rsa3072: .rsa(bits: 3072)
    case .rsa4096: .rsa(bits: 4096)
    case .p256: .ec(.p256)
    case .p384: .ec(.p384)
    }
  }

  static let help = ArgumentHelp("The kind of key.", valueName: "kind")
}

/// The kinds of key that an authority is made of.
enum AuthorityKeyChoice: String, ExpressibleByArgument, CaseIterable {
  case p384 = "p-384"
  case rsa4096 = "rsa-4096"

  var kind: PrivateKey.Kind { self == .p384 ? .ec(.p384) : .rsa(bits: 4096) }

  static let help = ArgumentHelp("The kind of key.", valueName: "kind")
}
