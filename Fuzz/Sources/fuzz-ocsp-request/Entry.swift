import CertificateAuthority
import Foundation
import Issuance
import PKIX
import SMIMECrypto

/// libFuzzer's own start, which calls the entry below.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ entry: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

@_cdecl("fuzz_ocsp_request_main")
public func start(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> CInt {
  var (count, arguments) = (count, arguments)
  return runDriver(&count, &arguments, fuzz)
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: data, count: count))
  // Whatever comes in, a response goes out that can be read.
  let answered = DispatchSemaphore(value: 0)
  Task {
    let answer = await Stage.responder.answer(bytes[...], at: Date())
    let response = try! OCSPResponse(der: answer.bytes[...])
    precondition((response.status == .successful) == (response.basic != nil))
    answered.signal()
  }
  answered.wait()
  return 0
}

/// A responder with one certificate, made once.
enum Stage {
  static let responder: OCSPResponder = {
    let made = DispatchSemaphore(value: 0)
    nonisolated(unsafe) var result: OCSPResponder?
    Task {
      let folder = NSTemporaryDirectory() + "/smime-fuzz-\(UUID().uuidString)"
      let password = Password("fuzz")
      let plan = AuthorityPlan(name: "Fuzz", key: .ec(.p256))
      let authority = try! await Authority.create(in: folder, plan, password: password)
      let issuing = try! authority.identity(.issuing, password: password)
      let responder = try! OCSPResponder(authority: authority, issuer: issuing)
      try! await responder.renew(at: Date())
      result = responder
      made.signal()
    }
    made.wait()
    return result!
  }()
}
