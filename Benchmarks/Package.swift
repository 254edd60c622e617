// swift-tools-version: 6.3
import PackageDescription

let package = Package(
  name: "smime-benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(name: "swift-smime", path: ".."),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
  ],
  targets: [
    // The reference: the same work done by libcrypto's CMS.
    .target(name: "CReference", linkerSettings: [.linkedLibrary("crypto")]),
    // The same in a process of its own, which runs on another libcrypto as well.
    .executableTarget(name: "smime-reference", dependencies: ["CReference"]),
    // Messages beside the same work by libcrypto, and stages beside their primitives.
    .executableTarget(
      name: "smime-bench",
      dependencies: [
        "CReference",
        .product(name: "ByteIO", package: "swift-smime"),
        .product(name: "CMS", package: "swift-smime"),
        .product(name: "Issuance", package: "swift-smime"),
        .product(name: "MIME", package: "swift-smime"),
        .product(name: "PKIX", package: "swift-smime"),
        .product(name: "SMIME", package: "swift-smime"),
        .product(name: "SMIMECrypto", package: "swift-smime"),
      ]),
    // Lists and OCSP answers beside libcrypto and the bare primitives.
    .executableTarget(
      name: "revocation-bench",
      dependencies: [
        "CReference",
        .product(name: "CertificateAuthority", package: "swift-smime"),
        .product(name: "Issuance", package: "swift-smime"),
        .product(name: "PKIX", package: "swift-smime"),
        .product(name: "SMIMECrypto", package: "swift-smime"),
      ]),
    // OCSP over HTTP beside a fixed body of the same size from the same server; wrk is the client.
    .executableTarget(
      name: "http-bench",
      dependencies: [
        .product(name: "AuthorityService", package: "swift-smime"),
        .product(name: "CertificateAuthority", package: "swift-smime"),
        .product(name: "PKIX", package: "swift-smime"),
        .product(name: "SMIMECrypto", package: "swift-smime"),
        .product(name: "Logging", package: "swift-log"),
      ]),
  ]
)
