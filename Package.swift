// swift-tools-version: 6.3
import PackageDescription

let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .enableUpcomingFeature("InferIsolatedConformances"),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
]

/// Tests may use full Foundation and processes; memory safety annotations would say nothing there.
let tests: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .treatAllWarnings(as: .error),
]

let asn1: Target.Dependency = .product(name: "SwiftASN1", package: "swift-asn1")

let package = Package(
  name: "swift-smime",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "SMIME", targets: ["SMIME"]),
    .library(name: "CMS", targets: ["CMS"]),
    .library(name: "MIME", targets: ["MIME"]),
    .library(name: "PKIX", targets: ["PKIX"]),
    .library(name: "SMIMECrypto", targets: ["SMIMECrypto"]),
    .library(name: "SMIMEPKCS11", targets: ["SMIMEPKCS11"]),
    .library(name: "ByteIO", targets: ["ByteIO"]),
    .library(name: "Issuance", targets: ["Issuance"]),
    .library(name: "SMIMEStore", targets: ["SMIMEStore"]),
    .library(name: "SMIMEPostgres", targets: ["SMIMEPostgres"]),
    .library(name: "Discovery", targets: ["Discovery", "Fetching"]),
    .library(name: "CertificateAuthority", targets: ["CertificateAuthority"]),
    .library(name: "AuthorityService", targets: ["AuthorityService"]),
    .executable(name: "smime", targets: ["smime-cli"]),
    .executable(name: "smime-net", targets: ["smime-net"]),
    .executable(name: "smimed", targets: ["smimed"]),
  ],
  traits: [
    .default(enabledTraits: ["OpenSSL", "PKCS11", "LDAP", "DNSSEC"]),
    .trait(
      name: "OpenSSL",
      description: "Use the system's libcrypto for what swift-crypto lacks or does slowly."),
    .trait(
      name: "PKCS11",
      description: "Use keys on tokens through p11-kit, which is loaded when a token is first named."),
    .trait(name: "LDAP", description: "Ask directories, by the system's libldap."),
    .trait(name: "DNSSEC", description: "Ask for SMIMEA records, by the system's libunbound."),
    .trait(name: "PostgreSQL", description: "Keep a store on a PostgreSQL server, by the system's libpq."),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: ["JSON"]),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0", traits: []),
  ],
  targets: [
    .systemLibrary(
      name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    // The header alone, from where it always is: with pkg-config's flags every program would be linked with the library.
    .systemLibrary(name: "CP11Kit", providers: [.apt(["libp11-kit-dev"]), .brew(["p11-kit"])]),
    .systemLibrary(name: "CLDAP", pkgConfig: "ldap", providers: [.apt(["libldap-dev"])]),
    .systemLibrary(name: "CUnbound", pkgConfig: "libunbound", providers: [.apt(["libunbound-dev"])]),
    // Base64 and the lines of mail by vector instructions, which Swift cannot choose while it runs.
    .target(name: "CVector"),
    .target(name: "ByteIO", dependencies: ["CVector"], swiftSettings: strict),
    .target(
      name: "SMIMECrypto",
      dependencies: [
        "ByteIO", asn1,
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "CryptoExtras", package: "swift-crypto"),
        .target(name: "COpenSSL", condition: .when(traits: ["OpenSSL"])),
      ],
      swiftSettings: strict),
    .target(name: "PKIX", dependencies: ["ByteIO", "SMIMECrypto", asn1], swiftSettings: strict),
    .target(
      name: "SMIMEPKCS11",
      dependencies: ["PKIX", "SMIMECrypto", .target(name: "CP11Kit", condition: .when(traits: ["PKCS11"]))],
      swiftSettings: strict),
    .target(
      name: "CMS", dependencies: ["ByteIO", "CZlib", "PKIX", "SMIMECrypto", asn1], swiftSettings: strict),
    .target(name: "MIME", dependencies: ["ByteIO", "CVector"], swiftSettings: strict),
    .target(
      name: "SMIME", dependencies: ["ByteIO", "CMS", "MIME", "PKIX", "SMIMECrypto"],
      swiftSettings: strict),
    .target(
      name: "Issuance", dependencies: ["PKIX", "SMIMECrypto", asn1], swiftSettings: strict),
    .target(name: "SMIMEStore", dependencies: ["ByteIO", "CSQLite", "PKIX", "SMIMECrypto"], swiftSettings: strict),
    .target(
      name: "SMIMEPostgres",
      dependencies: ["SMIMEStore", .target(name: "CLibPQ", condition: .when(traits: ["PostgreSQL"]))],
      swiftSettings: strict),
    // What is asked of the network, what came back, and what asks: values and their form on a pipe, without a network.
    .target(
      name: "Fetching", dependencies: ["ByteIO", "CMS", "MIME", "PKIX", "SMIMECrypto"], swiftSettings: strict),
    .target(
      name: "Discovery",
      dependencies: [
        "ByteIO", "CMS", "Fetching", "MIME", "PKIX", "SMIMECrypto",
        .target(name: "CLDAP", condition: .when(traits: ["LDAP"])),
        .target(name: "CUnbound", condition: .when(traits: ["DNSSEC"])),
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "smime-net", dependencies: ["ByteIO", "Discovery", "Fetching"], swiftSettings: strict),
    .target(
      name: "CertificateAuthority",
      dependencies: ["ByteIO", "CMS", "Issuance", "PKIX", "SMIMECrypto", asn1], swiftSettings: strict),
    .target(
      name: "AuthorityService",
      dependencies: [
        "ByteIO", "CMS", "CertificateAuthority", "Issuance", "PKIX", "SMIMECrypto",
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "HummingbirdTLS", package: "hummingbird"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Metrics", package: "swift-metrics"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "smimed",
      dependencies: [
        "ByteIO", "AuthorityService", "CertificateAuthority", "PKIX", "SMIMECrypto",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Configuration", package: "swift-configuration"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "smime-cli",
      dependencies: [
        "ByteIO", "CMS", "CertificateAuthority", "Fetching", "Issuance", "MIME", "PKIX", "SMIME", "SMIMECrypto",
        "SMIMEPKCS11",
        "SMIMEStore",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Crypto", package: "swift-crypto"), asn1,
      ],
      swiftSettings: strict),

    .target(
      name: "SMIMETestSupport",
      dependencies: [
        "ByteIO", "CMS", "CertificateAuthority", "Issuance", "MIME", "PKIX", "SMIME", "SMIMECrypto", asn1,
      ],
      path: "Tests/SMIMETestSupport", swiftSettings: tests),
    .testTarget(name: "ByteIOTests", dependencies: ["ByteIO"], swiftSettings: tests),
    .testTarget(
      name: "SMIMECryptoTests",
      dependencies: [
        "ByteIO", "SMIMECrypto", "SMIMETestSupport", asn1,
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "CryptoExtras", package: "swift-crypto"),
      ],
      swiftSettings: tests),
    .testTarget(
      name: "PKIXTests", dependencies: ["ByteIO", "Issuance", "PKIX", "SMIMECrypto", "SMIMETestSupport", asn1],
      swiftSettings: tests),
    .testTarget(
      name: "IssuanceTests", dependencies: ["Issuance", "PKIX", "SMIMECrypto", "SMIMETestSupport", asn1],
      swiftSettings: tests),
    .testTarget(
      name: "SMIMEStoreTests",
      dependencies: [
        "ByteIO", "Issuance", "PKIX", "SMIMECrypto", "SMIMEPostgres", "SMIMEStore", "SMIMETestSupport",
      ],
      swiftSettings: tests),
    .testTarget(
      name: "CertificateAuthorityTests",
      dependencies: ["ByteIO", "CertificateAuthority", "Issuance", "PKIX", "SMIMECrypto", "SMIMETestSupport"],
      swiftSettings: tests),
    .testTarget(
      name: "SMIMEPKCS11Tests", dependencies: ["PKIX", "SMIMECrypto", "SMIMEPKCS11", "SMIMETestSupport"],
      swiftSettings: tests),
    .testTarget(
      name: "CMSTests",
      dependencies: ["ByteIO", "CMS", "Issuance", "PKIX", "SMIMECrypto", "SMIMETestSupport", asn1],
      swiftSettings: tests),
    .testTarget(name: "MIMETests", dependencies: ["ByteIO", "MIME", "SMIMETestSupport"], swiftSettings: tests),
    .testTarget(
      name: "SMIMETests",
      dependencies: ["ByteIO", "CMS", "Issuance", "MIME", "PKIX", "SMIME", "SMIMECrypto", "SMIMETestSupport"],
      swiftSettings: tests),
    .testTarget(
      name: "DiscoveryTests",
      dependencies: [
        "ByteIO", "CMS", "Discovery", "Fetching", "Issuance", "MIME", "PKIX", "SMIME", "SMIMECrypto",
        "SMIMETestSupport", .product(name: "NIOHTTP1", package: "swift-nio"),
      ],
      swiftSettings: tests),
    .testTarget(
      name: "AuthorityServiceTests",
      dependencies: [
        "AuthorityService", "ByteIO", "CertificateAuthority", "PKIX", "SMIMECrypto", "SMIMETestSupport", "smimed",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      swiftSettings: tests),
    .testTarget(
      name: "CommandTests",
      dependencies: [
        "CMS", "Issuance", "PKIX", "SMIMECrypto", "SMIMETestSupport", "smime-cli", "smime-net", "smimed",
      ],
      swiftSettings: tests),
    .testTarget(
      name: "InteropTests",
      dependencies: [
        "ByteIO", "CMS", "CertificateAuthority", "Discovery", "Fetching", "Issuance", "MIME", "PKIX", "SMIME",
        "SMIMECrypto", "SMIMEPKCS11", "SMIMETestSupport", "smimed",
      ],
      swiftSettings: tests),
    .executableTarget(
      name: "conformance",
      dependencies: [
        "ByteIO", "CMS", "Discovery", "Fetching", "MIME", "PKIX", "SMIME", "SMIMECrypto", "SMIMEStore",
        "SMIMETestSupport",
      ],
      path: "Conformance", exclude: ["exceptions.json"], swiftSettings: strict),
  ]
)
