import ArgumentParser
import PKIX
import SMIMECrypto

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// For whom to encrypt.
struct RecipientOptions: ParsableArguments {
  @Option(
    name: [.customLong("recipient"), .customShort("r")],
    help: ArgumentHelp(
      "A file with the recipient's certificate, or an address whose certificate is in the store. May be repeated.",
      valueName: "certificate|address"))
  var recipients: [String] = []

  func validate() throws {
    guard !recipients.isEmpty else {
      throw ValidationError("Missing expected argument '--recipient <certificate|address>'")
    }
  }

  /// The certificates to encrypt to, and the store's own of the sender, who can always read what was sent.
  func certificates(andSenders senders: [String]) throws -> [Certificate] {
    var result = try RecipientFiles.certificates(recipients)
    let own = try Home.identities().filter { one in
      one.certificate.isForEncryption && senders.contains { one.certificate.names($0) }
    }
    if !own.contains(where: { result.contains($0.certificate) }), let newest = own.newest {
      result.append(newest.certificate)
    }
    return result
  }
}

/// The certificates of recipients, by file or by address.
enum RecipientFiles {
  /// Of a file its first certificate, of an address the store's newest. Their faults are warned of.
  static func certificates(_ names: [String]) throws -> [Certificate] {
    try names.map { name in
      let certificate =
        !name.contains("@") || CertificateFile.exists(name)
        ? try CertificateFile.first(in: name) : try Home.certificate(for: name)
      for fault in certificate.faultsAsRecipient(at: Date()) { Terminal.warning("\(certificate.subject): \(fault)") }
      return certificate
    }
  }
}

extension Certificate {
  /// What a sender should know of a certificate that was named, and that is used all the same.
  fileprivate func faultsAsRecipient(at date: Date) -> [String] {
    var faults: [String] = []
    if date > validity.notAfter { faults.append("expired at \(validity.notAfter.rfc3339)") }
    if date < validity.notBefore { faults.append("is not valid before \(validity.notBefore.rfc3339)") }
    if publicKey.isWeak { faults.append("\(publicKey.summary) is too short a key") }
    if let usage = try? extensions.keyUsage, usage.isDisjoint(with: [.keyEncipherment, .keyAgreement]) {
      faults.append("the key is not meant for encryption")
    }
    if let purposes = try? extensions.extendedKeyUsage, !purposes.contains(.emailProtection), !purposes.contains(.any) {
      faults.append("the key is not meant for e-mail")
    }
    return faults
  }
}
