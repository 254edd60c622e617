import ByteIO
import CMS
import FuzzEntry
import PKIX
import SMIMECrypto

@_cdecl("fuzz_entry") public func entry() { Entry.start() }

enum Entry {
  static func start() {
    FuzzEntry.run { bytes in
      let object = BufferSource(bytes)
      for detached in [nil, BufferSource(Array("Dear peer,\r\n".utf8))] {
        let content = BufferSink()
        guard let data = try? SignedDataReader(object).read(content: content, detached: detached) else { continue }
        _ = data.ocspResponses.count + data.scvpResponses.count
        for case .success(let signer) in data.signerInfos {
          look(at: signer, in: data) { signer.verify(in: data, certificate: $0, policy: .legacy) }
        }
      }
    }
  }

  /// Everything that a signer says, and what hangs on its signature.
  private static func look(at signer: SignerInfo, in data: SignedData, verify: (Certificate) -> SignerVerification) {
    _ = "\(signer.signer) \(String(describing: signer.signingTime)) \(String(describing: signer.capabilities))"
    for certificate in signer.certificates(in: data.certificates) { _ = verify(certificate) }
    let stamps = signer.timestamps.count
    precondition(signer.provenTimes(certificates: data.certificates, policy: .legacy).count == stamps)
    for case .success(let counter) in signer.countersignatures {
      look(at: counter, in: data) { counter.verify(countersigning: signer, certificate: $0, policy: .legacy) }
    }
  }
}
