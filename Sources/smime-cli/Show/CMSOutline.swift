import ByteIO
import CMS
import PKIX
import SMIMECrypto

/// The structure of CMS objects. Nothing is judged here, and nothing decrypted.
enum CMSOutline {
  static func outline(of stream: any ByteStream) throws -> Outline {
    let type = try ContentInfo.contentType(of: stream)
    var result: Outline = ["contentType": .text(type.description)]
    switch type {
    case .signedData: try add(try SignedDataReader(stream).read(), to: &result)
    case .envelopedData, .authEnvelopedData: try add(try EnvelopedDataReader(stream), to: &result)
    case .encryptedData:
      let object = try EncryptedDataReader(stream)
      result["version"] = .number(object.version)
      result["content"] = .text(object.contentType.description)
      result["encryption"] = .text(
        (try? object.contentCipher().encryption.name) ?? encryption(object.contentEncryptionAlgorithm))
    case .authenticatedData:
      let object = try AuthenticatedDataReader(stream)
      result["version"] = .number(object.version)
      result["content"] = .text(object.contentType.description)
      result["mac"] = .text(
        (try? MessageAuthenticationCode(object.macAlgorithm).name) ?? OID.name(object.macAlgorithm.algorithm))
      result["recipients"] = .outlines(object.recipients.map(outline))
    case .digestedData:
      let object = try DigestedDataReader(stream).read()
      result["version"] = .number(object.version)
      result["content"] = .text(object.hasContent ? "\(object.contentType), \(object.contentCount) bytes" : "detached")
      result["digest"] = .text(AlgorithmName.digest(object.digestAlgorithm))
      result["value"] = .text(object.digest.hexText)
      result["defects"] = .texts(object.defects.map(\.description))
    case .compressedData:
      let object = try CompressedDataReader(stream).read(content: NullSink())
      result["content"] = .text("\(object.contentType), \(object.contentCount) bytes")
      result["defects"] = .texts(object.defects.map(\.description))
    case .data:
      let object = try DataContentReader(stream).read(content: NullSink())
      result["content"] = .text("\(object.contentCount) bytes")
      result["defects"] = .texts(object.defects.map(\.description))
    default: break
    }
    return result
  }

  private static func add(_ signed: SignedData, to result: inout Outline) throws {
    result["version"] = .number(signed.version)
    result["content"] = .text(signed.hasContent ? "\(signed.contentType), \(signed.contentCount) bytes" : "detached")
    result["digestAlgorithms"] = .texts(signed.digestAlgorithms.map { AlgorithmName.digest($0) })
    result["signers"] = .outlines(
      signed.signerInfos.map { info in
        switch info {
        case .success(let info): outline(of: info)
        case .failure(let fault): ["malformed": .text(fault.description)]
        }
      })
    result["certificates"] = .outlines(signed.certificates.map(\.shortOutline))
    result["crls"] = .outlines(signed.crls.map(\.outline))
    result["defects"] = .texts(signed.defects.map(\.description))
  }

  private static func outline(of info: SignerInfo) -> Outline {
    var result: Outline = [
      "version": .number(info.version), "signer": .text(info.signer.description),
      "digest": .text(AlgorithmName.digest(info.digestAlgorithm)),
      "signature": .text(AlgorithmName.signature(info.signatureAlgorithm, info.digestAlgorithm)),
    ]
    result["claimedTime"] = info.signingTime.map { .text($0.rfc3339) }
    result["signedAttributes"] = .texts(info.signedAttributes?.all.map { AlgorithmName.attribute($0.type) } ?? [])
    result["countersigners"] = .outlines(
      info.countersignatures.map { result in
        switch result {
        case .success(let info): outline(of: info)
        case .failure(let fault): ["malformed": .text(fault.description)]
        }
      })
    result["timestamps"] = .texts(
      info.timestamps.map { result in
        switch result {
        case .success(let stamp): stamp.info.time.rfc3339
        case .failure(let fault): fault.description
        }
      })
    result["unsignedAttributes"] = .texts(info.unsignedAttributes?.all.map { AlgorithmName.attribute($0.type) } ?? [])
    return result
  }

  private static func add(_ enveloped: EnvelopedDataReader, to result: inout Outline) throws {
    result["version"] = .number(enveloped.version)
    result["content"] = .text(enveloped.contentType.description)
    result["encryption"] = .text(
      (try? enveloped.contentCipher().encryption.name) ?? encryption(enveloped.contentEncryptionAlgorithm))
    result["recipients"] = .outlines(enveloped.recipients.map(outline))
  }

  private static func encryption(_ identifier: AlgorithmIdentifier) -> String {
    (try? ContentCipherParameters(identifier).encryption.name) ?? OID.name(identifier.algorithm)
  }

  private static func outline(of recipient: RecipientInfo) -> Outline {
    var one = Outline()
    one["for"] = .texts(recipient.descriptions)
    one["key"] = .text(recipient.algorithmName)
    return one
  }
}

/// The contents of a PKCS#12 file.
enum PKCS12Outline {
  static func outline(of bytes: [UInt8], named name: String, unlock: Unlock) throws -> Outline {
    let file = try unlock.open(named: name) { try PKCS12.read(bytes, password: $0) }
    var result = Outline()
    result["keys"] = .outlines(
      file.keys.map { key in
        var one: Outline = ["key": .text(key.privateKey.publicKey.summary)]
        one["name"] = key.friendlyName.map(Outline.Node.text)
        return one
      })
    result["keptKeys"] = .outlines(
      file.keptKeys.map { key in
        var one = key.privateKey.outline
        one["name"] = key.friendlyName.map(Outline.Node.text)
        return one
      })
    result["certificates"] = .outlines(file.certificates.map { $0.certificate.outline })
    result["defects"] = .texts(file.defects.map(\.description))
    return result
  }
}

extension OpaquePrivateKey {
  /// A key that is kept for other software: what it is, and why it is not used.
  var outline: Outline { ["key": .text(name), "reason": .text(reason)] }
}
