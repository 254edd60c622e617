// swift-tools-version: 6.3
import PackageDescription

let package = Package(
  name: "smime-benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "swift-smime", path: "..")],
  targets: [
    // The reference: the same work done by libcrypto's CMS.
    .target(name: "CReference", linkerSettings: [.linkedLibrary("crypto")]),
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
  ]
)
