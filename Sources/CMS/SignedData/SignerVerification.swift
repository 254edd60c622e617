public import PKIX
public import SMIMECrypto

/// What one signature is worth by itself. Whether its certificate is trusted is another question.
public enum SignerVerification: Hashable, Sendable {
  /// The content is what the holder of the certificate's key signed, by algorithms that the policy takes.
  case valid
  /// The SignerInfo breaks a rule of the standards.
  case malformed(Malformed)
  /// An algorithm or structure that is not offered.
  case unsupported(Unsupported)
  /// The digest or the signature does not hold; the words say which.
  case contentAltered(String)
  /// Everything holds, by a method that the policy refuses; the words name it.
  case weakAlgorithm(String)
}

/// What a signature is over, as far as verifying it needs to know.
struct SignedContent {
  /// nil for the signature that a countersignature is over.
  let type: ContentType?
  let place: SignedData.ContentPlace
  let digests: [DigestAlgorithm: [UInt8]]
  /// All of it, where it was kept.
  let whole: [UInt8]?
  let looksLikeAttributes: Bool
}

extension SignedData {
  var signedContent: SignedContent {
    SignedContent(
      type: contentType, place: contentPlace, digests: digests, whole: wholeContent,
      looksLikeAttributes: contentLooksLikeAttributes)
  }
}

extension SignerInfo {
  /// Verifies the signature with the key of `certificate` (RFC 5652 §5.4, §5.6).
  ///
  /// The answers come in the order of ``SignerVerification``: a message that was altered is never called merely weak.
  public func verify(
    in data: SignedData, certificate: Certificate, policy: AlgorithmPolicy = .standard
  ) -> SignerVerification {
    verify(over: data.signedContent, certificate: certificate, policy: policy)
  }

  func verify(
    over content: SignedContent, certificate: Certificate, policy: AlgorithmPolicy
  ) -> SignerVerification {
    let algorithms: Algorithms
    do throws(Objection) {
      algorithms = try checkStructure(over: content)
      try checkContent(content, algorithms.digest)
      try checkSigner(certificate)
      try checkSignature(over: content, certificate.publicKey, algorithms)
    } catch { return error.verdict }
    let why =
      algorithms.digest.flatMap { policy.objection(to: $0) }
      ?? policy.objection(to: algorithms.signature, with: certificate.publicKey)
    return why.map { .weakAlgorithm($0) } ?? .valid
  }

  /// What speaks against the signer whatever its certificate may be; nil when nothing does. For signers whose
  /// certificate is not at hand: it is never a reason to call a signature good.
  public func objection(in data: SignedData, policy: AlgorithmPolicy = .standard) -> SignerVerification? {
    let content = data.signedContent
    do throws(Objection) {
      let algorithms = try checkStructure(over: content)
      try checkContent(content, algorithms.digest)
      return algorithms.digest.flatMap { policy.objection(to: $0) }.map { .weakAlgorithm($0) }
    } catch { return error.verdict }
  }

  /// The algorithms of one signature; no digest where the signature is over the content as it is.
  private struct Algorithms {
    let digest: DigestAlgorithm?
    let signature: SignatureAlgorithm
  }

  private func checkStructure(over content: SignedContent) throws(Objection) -> Algorithms {
    if let fault { throw Objection(.malformed(fault)) }
    if signedAttributes == nil {
      // RFC 5652 §5.3: signed attributes may be absent only where the content is data.
      if let type = content.type, type != .data {
        throw Objection(failure("signed attributes are missing over content of type \(type)", .signedAttrs))
      }
      guard !content.looksLikeAttributes else {
        throw Objection(
          failure("the content is signed attributes, and none are given (ForgedAttributes)", .signedAttrs))
      }
    } else if let type = content.type, contentType != type {
      throw Objection(failure("contentType is not that of the content (\(type))", .signedAttrs))
    }
    if let protection = algorithmProtection,
      !protection.covers(digest: digestAlgorithm, signature: signatureAlgorithm)
    {
      let words = "CMSAlgorithmProtection names other algorithms than the SignerInfo (RFC 6211)"
      throw Objection(failure(words, .signedAttrs))
    }
    guard content.place != .nowhere else { throw Objection(failure("the content is missing", .signature)) }
    return try algorithms()
  }

  private func algorithms() throws(Objection) -> Algorithms {
    let digest: Result<DigestAlgorithm, any Error> = Result { try DigestAlgorithm(digestAlgorithm) }
    // QUIRK: Apple writes id-ecPublicKey, nearly everybody rsaEncryption; RFC 3370 §3.2; the hash is digestAlgorithm's.
    let signature = Result { try SignatureAlgorithm(signatureAlgorithm, digest: try? digest.get()) }
    guard case .success(let algorithm) = signature else {
      throw objection(signature, signatureAlgorithm, .signatureAlgorithm)
    }
    // RFC 9882 §3.3: without attributes a message is signed as it is, and digestAlgorithm means nothing.
    if algorithm.digest == nil, signedAttributes == nil { return Algorithms(digest: nil, signature: algorithm) }
    guard case .success(let found) = digest else { throw objection(digest, digestAlgorithm, .digestAlgorithm) }
    guard algorithm.contentDigests.contains(found) else {
      throw Objection(
        failure("\(algorithm.name) does not go with the digest \(found.name) (RFC 8933)", .digestAlgorithm))
    }
    return Algorithms(digest: found, signature: algorithm)
  }

  /// Why an identifier names nothing that can be used, with the place of it.
  private func objection<Value>(
    _ result: Result<Value, any Error>, _ identifier: AlgorithmIdentifier, _ field: Field
  ) -> Objection {
    guard case .failure(let error) = result else { return refusal(identifier.algorithm.digits, field) }
    let here = failure("", field)
    let place = FaultPlace(here.path, offset: here.offset, shift: offset - encoded.startIndex)
    return switch place.placed(error) {
    case let fault as Malformed: Objection(fault)
    case let what as Unsupported: Objection(.unsupported(what))
    default: refusal(identifier.algorithm.digits, field)
    }
  }

  /// Something that is not offered, at `field`.
  private func refusal(_ what: String, _ field: Field) -> Objection {
    let here = failure("", field)
    return Objection(.unsupported(Unsupported(what, path: here.path, offset: here.offset)))
  }

  private func checkContent(_ content: SignedContent, _ digest: DigestAlgorithm?) throws(Objection) {
    guard content.place != .both else {
      throw Objection(.contentAltered("the object holds content of its own beside the content it came with"))
    }
    guard signedAttributes != nil, let digest else { return }
    guard let found = content.digests[digest] else { throw refusal(digest.name, .digestAlgorithm) }
    guard let messageDigest, messageDigest.elementsEqual(found) else {
      throw Objection(.contentAltered("the content is not what was signed"))
    }
  }

  /// RFC 5035 §5: a certificate that the signer does not mean verifies nothing.
  private func checkSigner(_ certificate: Certificate) throws(Objection) {
    for meant in signingCertificates {
      do {
        guard try meant.names(certificate) else {
          throw Objection(.contentAltered("the certificate is not the one that the signer names (signingCertificate)"))
        }
      } catch let error as Objection {
        throw error
      } catch let fault as Malformed {
        throw Objection(failure("signingCertificate: \(fault.reason)", .signedAttrs))
      } catch let what as Unsupported {
        throw refusal(what.what, .signedAttrs)
      } catch { throw refusal("the hash in signingCertificate", .signedAttrs) }
    }
  }

  private func checkSignature(
    over content: SignedContent, _ key: PublicKey, _ algorithms: Algorithms
  ) throws(Objection) {
    let holds: Bool
    do throws(Unsupported) {
      if let signedAttributes {
        let received = signedAttributes.asSet
        if try key.isValid(signature, of: received[...], algorithms.signature) {
          holds = true
        } else if let canonical = CanonicalDER.encode(received), canonical != received {
          // QUIRK: writers that signed DER and sent BER or another order; RFC 5652 §5.4 signs DER whatever is sent.
          holds = try key.isValid(signature, of: canonical[...], algorithms.signature)
        } else {
          holds = false
        }
      } else if let name = algorithms.digest {
        guard let digest = content.digests[name] else { throw Unsupported(name.name) }
        holds = try key.isValid(signature, ofDigest: digest, algorithms.signature)
      } else {
        guard let whole = content.whole else {
          throw Unsupported("\(algorithms.signature.name) without signed attributes over more than 32 MiB")
        }
        holds = try key.isValid(signature, of: whole[...], algorithms.signature)
      }
    } catch { throw refusal(error.what, .signatureAlgorithm) }
    guard holds else { throw Objection(.contentAltered("the signature does not hold for this certificate's key")) }
  }
}

/// A verdict that ends the verification.
private struct Objection: Error {
  let verdict: SignerVerification

  init(_ verdict: SignerVerification) { self.verdict = verdict }

  init(_ fault: Malformed) { verdict = .malformed(fault) }
}
