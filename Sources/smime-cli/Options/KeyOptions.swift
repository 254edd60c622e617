import ArgumentParser
import SMIMECrypto

/// A kind of key as it is typed: `rsa-3072`, `p-256`, `ml-dsa-65`.
protocol KeyArgument: ExpressibleByArgument {
  static var kinds: [PrivateKey.Kind] { get }
  var kind: PrivateKey.Kind { get }
  init(_ kind: PrivateKey.Kind)
}

extension KeyArgument {
  static var help: ArgumentHelp {
    ArgumentHelp("The kind of key: \(kinds.map(\.argument).joined(separator: ", ")).", valueName: "kind")
  }

  init?(argument: String) {
    guard let kind = Self.kinds.first(where: { $0.argument == argument.lowercased() }) else { return nil }
    self.init(kind)
  }

  var defaultValueDescription: String { kind.argument }
}

/// The kinds of key that are made for people.
struct KeyChoice: KeyArgument {
  static let kinds: [PrivateKey.Kind] = [
    .rsa(bits: 2048), .rsa(bits: 3072), .rsa(bits: 4096), .ec(.p256), .ec(.p384), .ec(.p521), .ec(.brainpoolP256r1),
    .ec(.brainpoolP384r1), .ec(.brainpoolP512r1), .ed25519, .ed448, .x25519, .x448, .mlDSA65, .mlDSA87, .mlKEM768,
    .mlKEM1024,
  ]

  let kind: PrivateKey.Kind

  init(_ kind: PrivateKey.Kind) { self.kind = kind }
}

/// The kinds of key that an authority is made of.
struct AuthorityKeyChoice: KeyArgument {
  static let kinds: [PrivateKey.Kind] = [
    .ec(.p256), .ec(.p384), .ec(.p521), .rsa(bits: 3072), .rsa(bits: 4096), .mlDSA65, .mlDSA87,
  ]

  let kind: PrivateKey.Kind

  init(_ kind: PrivateKey.Kind) { self.kind = kind }
}

extension PrivateKey.Kind {
  fileprivate var argument: String { name.lowercased().replacing(" ", with: "-") }
}
