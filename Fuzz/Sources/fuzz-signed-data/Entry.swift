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
        for case .success(let signer) in data.signerInfos {
          _ = "\(signer.signer) \(String(describing: signer.signingTime)) \(String(describing: signer.capabilities))"
          for certificate in signer.certificates(in: data.certificates) {
            _ = signer.verify(in: data, certificate: certificate, policy: .legacy)
          }
        }
      }
    }
  }
}
