import PKIX
import SMIMECrypto

extension Certificate {
  /// Enough to tell which certificate it is.
  var shortOutline: Outline {
    var result: Outline = [
      "subject": .text(subject.description), "issuer": .text(issuer.description),
      "serial": .text(serialNumber.description),
    ]
    result["sha256"] = .text(fingerprint.hexText)
    return result
  }

  /// Everything that people ask a certificate. An extension that cannot be read is shown as such.
  var outline: Outline {
    var result = shortOutline
    result["addresses"] = .texts(emailAddresses)
    result["notBefore"] = .text(validity.notBefore.rfc3339)
    result["notAfter"] = .text(validity.notAfter.rfc3339)
    result["key"] = .text(publicKey.summary)
    result["signature"] = .text(AlgorithmName.signature(signatureAlgorithm, nil))
    result["extension"] = .outlines(extensions.all.map { $0.outline(in: extensions) })
    if !defects.isEmpty { result["malformed"] = .texts(defects.map(\.description)) }
    return result
  }
}

extension CertificateSigningRequest {
  var outline: Outline {
    var result: Outline = ["subject": .text(subject.description)]
    result["addresses"] = .texts(emailAddresses)
    result["key"] = .text(publicKey.summary)
    result["signature"] = .text(AlgorithmName.signature(signatureAlgorithm, nil))
    result["signedByItsKey"] = (try? provesPossession()).map(Outline.Node.flag)
    result["extension"] = .outlines(requestedExtensions.all.map { $0.outline(in: requestedExtensions) })
    return result
  }
}

extension CertificateRevocationList {
  var outline: Outline {
    var result: Outline = ["issuer": .text(issuer.description), "thisUpdate": .text(thisUpdate.rfc3339)]
    result["nextUpdate"] = nextUpdate.map { .text($0.rfc3339) }
    if let number = try? number, let value = Int(number.description, radix: 16) { result["number"] = .number(value) }
    result["signature"] = .text(AlgorithmName.signature(signatureAlgorithm, nil))
    result["entries"] = (try? entryCount).map(Outline.Node.number)
    result["extension"] = .outlines(extensions.all.map { $0.outline(in: extensions) })
    return result
  }
}

extension Certificate.Extension {
  /// The extension by name, and its value in words if those are known.
  func outline(in all: Extensions) -> Outline {
    var result: Outline = ["name": .text(AlgorithmName.certificateExtension(oid))]
    if isCritical { result["critical"] = .flag(true) }
    do {
      result["value"] = .texts(try words(in: all))
    } catch {
      result["malformed"] = .text("\(error)")
    }
    return result
  }

  private func words(in all: Extensions) throws -> [String] {
    switch oid {
    case OID.basicConstraints:
      guard let constraints = try all.basicConstraints else { return [] }
      return [constraints.isAuthority ? "authority" : "end entity"]
        + (constraints.pathLength.map { ["path length \($0)"] } ?? [])
    case OID.keyUsage: return try all.keyUsage?.names ?? []
    case OID.extendedKeyUsage: return try all.extendedKeyUsage?.map(\.description) ?? []
    case OID.subjectAlternativeName: return try all.subjectAlternativeName.map(\.description)
    case OID.subjectKeyIdentifier: return try all.subjectKeyIdentifier.map { [$0.hexText] } ?? []
    case OID.authorityKeyIdentifier: return try all.authorityKeyIdentifier.map { [$0.hexText] } ?? []
    case OID.crlDistributionPoints: return try all.crlURIs
    case OID.authorityInformationAccess: return try all.ocspURIs + all.issuerURIs
    case OID.smimeCapabilities: return try all.capabilities?.contentCiphers.map(\.name) ?? []
    case OID.certificatePolicies: return try all.certificatePolicies.map { "\($0)" }
    default: return []
    }
  }
}

extension PublicKey {
  var outline: Outline {
    ["key": .text(summary), "keyIdentifier": .text(subjectKeyIdentifier.hexText)]
  }
}
