import Foundation
import Issuance
import PKIX
import SMIMECrypto

/// Certificates and paths by us and by libcrypto.
extension MessageRows {
  /// Reads one certificate with everything in it, DER to values.
  func runReading(_ targets: Targets) async throws {
    let certificate = try await stage.wideCertificate()
    let bytes = Array(certificate.derBytes)
    try stage.pack("wide", [bytes])
    try await row("certificate, everything in it read", "parse", "wide", limit: 0, targets) {
      guard try Self.read(bytes[...]) >= 8 else { throw Unsupported("a certificate that says too little") }
    }
  }

  /// What ``reference_parse`` reads: key, names, validity, and the known extensions. Returns how many there were.
  private static func read(_ bytes: ArraySlice<UInt8>) throws -> Int {
    let certificate = try Certificate(der: bytes)
    guard case .rsa = certificate.publicKey.kind, !certificate.subject.isEmpty, !certificate.issuer.isEmpty,
      certificate.validity.notBefore < certificate.validity.notAfter
    else { throw Unsupported("another certificate") }
    let extensions = certificate.extensions
    var found = 0
    if try extensions.basicConstraints != nil { found += 1 }
    if try extensions.keyUsage != nil { found += 1 }
    if try extensions.extendedKeyUsage != nil { found += 1 }
    if try !extensions.subjectAlternativeName.isEmpty { found += 1 }
    if try extensions.subjectKeyIdentifier != nil { found += 1 }
    if try extensions.authorityKeyIdentifier != nil { found += 1 }
    if try !extensions.crlURIs.isEmpty { found += 1 }
    if try !extensions.issuerURIs.isEmpty && !extensions.ocspURIs.isEmpty { found += 1 }
    if try !extensions.certificatePolicies.isEmpty { found += 1 }
    if try !extensions.policyMappings.isEmpty { found += 1 }
    if try extensions.policyConstraints != nil { found += 1 }
    if try extensions.inhibitAnyPolicy != nil { found += 1 }
    return found
  }

  /// Paths of three certificates: every chain with a leaf and an issuing authority of its own, from DER to the verdict with
  /// nothing remembered; then the same chains as values on both sides, every path remembered by ours.
  func runChains(_ chains: [[Certificate]], cold: Targets, cached: Targets) async throws {
    let encoded = chains.map { $0.map { Array($0.derBytes) } }
    let now = Date()
    let paths = PathValidator(anchors: TrustAnchors([stage.root]))
    var next = 0
    try await row("path of 3, \(chains.count) chains, cold", "validate", "chains.pack", limit: 2 * cost("verify"), cold)
    {
      let chain = encoded[next]
      next = (next + 1) % encoded.count
      let (leaf, issuer) = (try Certificate(der: chain[0][...]), try Certificate(der: chain[1][...]))
      guard case .success = await paths.validate(leaf, with: [issuer], at: now, use: .signing) else {
        throw Unsupported("a path that is not good")
      }
    }
    let remembering = paths.remembering(2 * chains.count)
    func validateNext() async throws {
      let chain = chains[next]
      next = (next + 1) % chains.count
      guard case .success = await remembering.validate(chain[0], with: [chain[1]], at: now, use: .signing) else {
        throw Unsupported("a path that is not good")
      }
    }
    for _ in chains { try await validateNext() }
    try await row("path of 3, \(chains.count) chains, remembered", "validate-read", "chains.pack", limit: 0, cached) {
      try await validateNext()
    }
  }
}
