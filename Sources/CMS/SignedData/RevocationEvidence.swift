package import PKIX

extension SignedData {
  /// The lists and OCSP responses that the object carries (RFC 5652 §10.2.1, RFC 5940), as evidence about its signers. They
  /// are not signed with it: each is worth what its own signature proves.
  package var revocationEvidence: [RevocationEvidence] {
    crls.map { RevocationEvidence(.list($0), from: .given) }
      + ocspResponses.map { RevocationEvidence(.response($0, nonce: nil), from: .given) }
  }
}
