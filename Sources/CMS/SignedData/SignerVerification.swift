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

extension SignerInfo {
  /// Verifies the signature with the key of `certificate` (RFC 5652 §5.4, §5.6).
  ///
  /// The answers come in the order of ``SignerVerification``: a message that was altered is never called merely weak.
  public func verify(
    in data: SignedData, certificate: Certificate, policy: AlgorithmPolicy = .standard
  ) -> SignerVerification {
    let algorithms: (digest: DigestAlgorithm, signature: SignatureAlgorithm)
    do throws(Objection) {
      algorithms = try checkStructure(in: data)
      try checkContent(in: data, algorithms.digest)
      try checkSignature(in: data, certificate.publicKey, algorithms)
    } catch { return error.verdict }
    let why =
      policy.objection(to: algorithms.digest)
      ?? policy.objection(to: algorithms.signature, with: certificate.publicKey)
    return why.map { .weakAlgorithm($0) } ?? .valid
  }

  /// What speaks against the signer whatever its certificate may be; nil when nothing does. For signers whose
  /// certificate is not at hand: it is never a reason to call a signature good.
  public func objection(in data: SignedData, policy: AlgorithmPolicy = .standard) -> SignerVerification? {
    do throws(Objection) {
      let algorithms = try checkStructure(in: data)
      try checkContent(in: data, algorithms.digest)
      return policy.objection(to: algorithms.digest).map { .weakAlgorithm($0) }
    } catch { return error.verdict }
  }

  private func checkStructure(
    in data: SignedData
  ) throws(Objection) -> (digest: DigestAlgorithm, signature: SignatureAlgorithm) {
    if let fault { throw Objection(.malformed(fault)) }
    if signedAttributes == nil {
      // RFC 5652 §5.3: signed attributes may be absent only where the content is data.
      guard data.contentType == .data else {
        throw Objection("signed attributes are missing over content of type \(data.contentType)", "signedAttrs")
      }
      guard !data.contentLooksLikeAttributes else {
        throw Objection("the content is signed attributes, and none are given (ForgedAttributes)", "signedAttrs")
      }
    } else if contentType != data.contentType {
      throw Objection("contentType is not that of the content (\(data.contentType))", "signedAttrs")
    }
    if let protection = algorithmProtection,
      !protection.covers(digest: digestAlgorithm, signature: signatureAlgorithm)
    {
      throw Objection("CMSAlgorithmProtection names other algorithms than the SignerInfo (RFC 6211)", "signedAttrs")
    }
    guard data.contentPlace != .nowhere else { throw Objection("the content is missing", "eContent") }

    let digest: DigestAlgorithm
    let signature: SignatureAlgorithm
    do {
      digest = try DigestAlgorithm(digestAlgorithm)
      // QUIRK: Apple writes id-ecPublicKey, nearly everybody rsaEncryption; RFC 3370 §3.2; the hash is digestAlgorithm's.
      signature = try SignatureAlgorithm(signatureAlgorithm, digest: digest)
    } catch let error as Malformed {
      throw Objection(.malformed(error))
    } catch let error as Unsupported {
      throw Objection(.unsupported(error))
    } catch { throw Objection(.unsupported(Unsupported("\(signatureAlgorithm.algorithm)"))) }
    // RFC 8933 §3: one digest algorithm for content and attributes. RFC 8419 §3.1: Ed25519 goes with SHA-512.
    let demanded = signature.digest ?? (signedAttributes == nil ? digest : .sha512)
    guard demanded == digest else {
      throw Objection("\(signature.name) does not go with the digest \(digest.name) (RFC 8933)", "digestAlgorithm")
    }
    return (digest, signature)
  }

  private func checkContent(in data: SignedData, _ digest: DigestAlgorithm) throws(Objection) {
    guard data.contentPlace != .both else {
      throw Objection(.contentAltered("the object holds content of its own beside the content it came with"))
    }
    guard signedAttributes != nil else { return }
    guard let found = data.digests[digest] else { throw Objection(.unsupported(Unsupported(digest.name))) }
    guard let messageDigest, messageDigest.elementsEqual(found) else {
      throw Objection(.contentAltered("the content is not what was signed"))
    }
  }

  private func checkSignature(
    in data: SignedData, _ key: PublicKey, _ algorithms: (digest: DigestAlgorithm, signature: SignatureAlgorithm)
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
      } else if algorithms.signature == .ed25519 {
        guard let content = data.wholeContent else {
          throw Unsupported("Ed25519 without signed attributes over more than 32 MiB")
        }
        holds = try key.isValid(signature, of: content[...], algorithms.signature)
      } else if let digest = data.digests[algorithms.digest] {
        holds = try key.isValid(signature, ofDigest: digest, algorithms.signature)
      } else {
        throw Unsupported(algorithms.digest.name)
      }
    } catch {
      throw Objection(.unsupported(error))
    }
    guard holds else { throw Objection(.contentAltered("the signature does not hold for this certificate's key")) }
  }
}

/// A verdict that ends the verification.
private struct Objection: Error {
  let verdict: SignerVerification

  init(_ verdict: SignerVerification) { self.verdict = verdict }

  init(_ reason: String, _ path: String) { verdict = .malformed(Malformed(reason, path: "SignerInfo.\(path)")) }
}
