import ArgumentParser
import SMIMECrypto

/// The kinds of key that are made for people.
struct KeyChoice: ExpressibleByArgument {
  let kind: PrivateKey.Kind

  private static let all: [PrivateKey.Kind] = [
    .rsa(bits: 2048), .rsa(bits: 3072), .rsa(bits: 4096), .ec(.p256), .ec(.p384), .ec(.p521), .ec(.brainpoolP256r1),
    .ec(.brainpoolP384r1), .ec(.brainpoolP512r1), .ed25519, .ed448, .x25519, .x448, .mlDSA65, .mlDSA87, .mlKEM768,
    .mlKEM1024,
  ]

  static let rsa3072 = KeyChoice(kind: .rsa(bits: 3072))

  static let help = ArgumentHelp("The kind of key: \(all.map(\.argument).joined(separator: ", ")).", valueName: "kind")

  init?(argument: String) {
    guard let kind = Self.all.first(where: { $0.argument == argument.lowercased() }) else { return nil }
    self.kind = kind
  }

  private init(kind: PrivateKey.Kind) { self.kind = kind }

  var defaultValueDescription: String { kind.argument }
}

/// The kinds of key that an authority is made of.
struct AuthorityKeyChoice: ExpressibleByArgument {
  let kind: PrivateKey.Kind

  private static let all: [PrivateKey.Kind] = [
    .ec(.p256), .ec(.p384), .ec(.p521), .rsa(bits: 3072), .rsa(bits: 4096), .mlDSA65, .mlDSA87,
  ]

  static let p384 = AuthorityKeyChoice(kind: .ec(.p384))

  static let help = ArgumentHelp("The kind of key: \(all.map(\.argument).joined(separator: ", ")).", valueName: "kind")

  init?(argument: String) {
    guard let kind = Self.all.first(where: { $0.argument == argument.lowercased() }) else { return nil }
    self.kind = kind
  }

  private init(kind: PrivateKey.Kind) { self.kind = kind }

  var defaultValueDescription: String { kind.argument }
}

extension PrivateKey.Kind {
  /// As it is typed: `rsa-3072`, `p-256`, `ml-dsa-65`.
  fileprivate var argument: String { name.lowercased().replacing(" ", with: "-") }
}
