import CertificateAuthority
import PKIX
import SMIMECrypto

extension IssuedRecord {
  var outline: Outline {
    var result: Outline = [
      "serial": .text(serialNumber.description), "subject": .text(subject), "purpose": .text(purpose.rawValue),
      "addresses": .list(addresses.map(Outline.Node.text)), "date": .text(date.rfc3339),
      "notAfter": .text(notAfter.rfc3339), "state": .text(revoked == nil ? stage.rawValue : "revoked"),
    ]
    result["revoked"] = revoked.map {
      .outline(["date": .text($0.date.rfc3339), "reason": .text($0.reason.name)])
    }
    return result
  }
}

extension CertificateRequest {
  var outline: Outline {
    var result: Outline = [
      "id": .text(id), "state": .text(stateName), "subject": .text(subject),
      "addresses": .list(addresses.map(Outline.Node.text)), "key": .text(key), "received": .text(received.rfc3339),
    ]
    result["from"] = from.map(Outline.Node.text)
    result["proved"] = .outlines(
      addresses.compactMap { address in
        proofs[address.lowercased()].map { ["address": .text(address), "date": .text($0.rfc3339)] }
      })
    switch state {
    case .waiting: break
    case .approved(let approver, let date, let evidence, let serialNumber):
      result["by"] = .text(approver)
      result["date"] = .text(date.rfc3339)
      result["evidence"] = evidence.map(Outline.Node.text)
      result["serial"] = serialNumber.map { .text($0.description) }
    case .rejected(let approver, let date, let reason):
      result["by"] = .text(approver)
      result["date"] = .text(date.rfc3339)
      result["reason"] = .text(reason)
    }
    return result
  }

  private var stateName: String {
    switch state {
    case .waiting: "waiting"
    case .approved: "approved"
    case .rejected: "rejected"
    }
  }
}
