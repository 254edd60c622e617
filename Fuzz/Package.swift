// swift-tools-version: 6.3
import PackageDescription

/// One entry for each parser that strangers feed. Built with `--sanitize fuzzer`; see scripts/fuzz.
let entries: [(name: String, products: [String])] = [
  ("fuzz-amend", ["ByteIO", "CMS", "PKIX", "SMIMECrypto"]),
  ("fuzz-certificate-request", ["PKIX"]),
  ("fuzz-enveloped-data", ["ByteIO", "CMS", "PKIX", "SMIMECrypto"]),
  ("fuzz-fetch-pipe", ["ByteIO", "Discovery"]),
  ("fuzz-finding", ["Discovery"]),
  ("fuzz-header", ["ByteIO", "MIME"]),
  ("fuzz-journal", ["CertificateAuthority", "PKIX", "SMIMECrypto"]),
  ("fuzz-mail", ["ByteIO", "CMS", "MIME", "PKIX", "SMIME", "SMIMECrypto"]),
  ("fuzz-ocsp-request", ["CertificateAuthority", "Issuance", "PKIX", "SMIMECrypto"]),
  ("fuzz-ocsp-response", ["PKIX"]),
  ("fuzz-pkcs12", ["ByteIO", "CMS", "PKIX", "SMIMECrypto"]),
  ("fuzz-private-key", ["SMIMECrypto"]),
  ("fuzz-protected-data", ["ByteIO", "CMS", "PKIX", "SMIMECrypto"]),
  ("fuzz-public-key", ["PKIX", "SMIMECrypto"]),
  ("fuzz-revocation-list", ["PKIX"]),
  ("fuzz-signed-data", ["ByteIO", "CMS", "PKIX", "SMIMECrypto"]),
  ("fuzz-timestamp", ["ByteIO", "CMS", "PKIX", "SMIMECrypto"]),
  ("fuzz-tlv", ["ByteIO", "CMS"]),
  ("fuzz-token-address", ["SMIMEPKCS11"]),
  ("fuzz-transfer-encoding", ["ByteIO", "MIME"]),
]

let settings: [SwiftSetting] = [.unsafeFlags(["-parse-as-library"])]
let linking: [LinkerSetting] = [.unsafeFlags(["-use-ld=lld"])]

let package = Package(
  name: "smime-fuzz",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "swift-smime", path: "..")],
  targets: [
    // What every entry is started by.
    .target(
      name: "FuzzEntry",
      dependencies: ["ByteIO", "CMS", "PKIX", "SMIMECrypto"].map { .product(name: $0, package: "swift-smime") },
      path: "Sources/FuzzEntry"),
    // Makes Corpus/: the seeds, and the identity that they name. Not an entry.
    .executableTarget(
      name: "make-seeds",
      dependencies: ["FuzzEntry"] + [
        "ByteIO", "CMS", "CertificateAuthority", "Discovery", "Issuance", "MIME", "PKIX", "SMIME", "SMIMECrypto",
      ].map { .product(name: $0, package: "swift-smime") },
      path: "Sources/make-seeds", swiftSettings: settings, linkerSettings: linking),
  ]
    + entries.map { entry in
      .executableTarget(
        name: entry.name,
        dependencies: ["FuzzEntry"] + entry.products.map { .product(name: $0, package: "swift-smime") },
        swiftSettings: settings, linkerSettings: linking)
    })
