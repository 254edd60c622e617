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

  /// Whom to encrypt for, and the store's own identity of the sender, who can always read what was sent.
  func readers(andSenders senders: [String]) throws -> [KnownReader] {
    var result = try zip(recipients, RecipientFiles.certificates(recipients)).map { name, certificate in
      try KnownReader(certificate, named: name)
    }
    let own = try Home.identities().filter { one in
      one.certificate.isForEncryption && senders.contains { one.certificate.names($0) }
    }
    if !own.contains(where: { one in result.contains { $0.certificate == one.certificate } }), let newest = own.newest {
      result.append(try KnownReader(newest.certificate, named: newest.name))
    }
    return result
  }
}

/// The certificates of recipients, by file or by address.
enum RecipientFiles {
  /// Of a file its first certificate, of an address the store's newest. Their faults are warned of.
  static func certificates(_ names: [String]) throws -> [Certificate] {
    try names.map { name in
      let certificate = isFile(name) ? try CertificateFile.first(in: name) : try Home.certificate(for: name)
      for fault in certificate.faultsAsRecipient(at: Date()) { Terminal.warning("\(certificate.subject): \(fault)") }
      return certificate
    }
  }

  /// True if `name` is that of a file, and no address.
  static func isFile(_ name: String) -> Bool { !name.contains("@") || CertificateFile.exists(name) }
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
