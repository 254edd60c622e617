import ByteIO
import CMS
import MIME
import PKIX
import SMIME
import SMIMECrypto

/// The first key in a PKCS#12 file, with its certificates.
func identity(_ path: String, _ password: String) throws -> Identity? {
  try PKCS12.read(FileSource(path: path).readAll(limit: 1 << 20), password: Password(password)).identities().first
}

/// Signs a mail as Alice, encrypts it for Bob and herself, opens it as Bob, and says what it is worth.
func exchange(_ alice: Identity, _ bob: Identity, trusting root: Certificate) async throws {
  let mail = try Message(FileSource(path: "draft.eml"))
  let sealed = try await mail.signed(by: alice).encrypted(for: [bob.certificate, alice.certificate])

  let reader = Reader(identities: [bob], paths: PathValidator(anchors: TrustAnchors([root])))
  let opened = try await reader.open(BufferSource(sealed.bytes()))
  switch opened.verdict.signature {
  case .verified: print("signed by", opened.signers.flatMap(\.addresses))
  default: print(opened.verdict.signatureSentence)
  }
}
