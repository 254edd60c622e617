// swift-tools-version: 6.3
import PackageDescription

/// One entry for each parser that strangers feed. Built with `--sanitize fuzzer`; see scripts/fuzz.
let entries: [(name: String, products: [String])] = [
  ("fuzz-ocsp-request", ["CertificateAuthority", "Issuance", "PKIX", "SMIMECrypto"]),
  ("fuzz-ocsp-response", ["PKIX"]),
  ("fuzz-certificate-request", ["PKIX"]),
  ("fuzz-revocation-list", ["PKIX"]),
]

let package = Package(
  name: "smime-fuzz",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "swift-smime", path: "..")],
  targets: entries.map { entry in
    .executableTarget(
      name: entry.name, dependencies: entry.products.map { .product(name: $0, package: "swift-smime") },
      swiftSettings: [.unsafeFlags(["-parse-as-library"])], linkerSettings: [.unsafeFlags(["-use-ld=lld"])])
  })
