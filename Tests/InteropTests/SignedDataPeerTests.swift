import ByteIO
import CMS
import Foundation
import PKIX
import SMIMECrypto
import SMIMETestSupport
import Testing

/// What is added to signatures, stamped and wrapped, held against OpenSSL: it adds to ours, we add to its, and its
/// time-stamping authority answers our requests.
@Suite(.enabled(if: isAvailable("openssl"))) struct `SignedData and OpenSSL` {
  private static let content = Array("Dear peer,\r\n\ttake this.\r\n".utf8)

  /// A folder with the cast's certificates and keys, and OpenSSL in it.
  private struct Bench {
    let workshop: Workshop
    let cast: Cast

    init() async throws {
      cast = try await Cast.shared.value
      workshop = try Workshop()
      try workshop.write(cast.rootPEM.utf8, to: "root.pem")
      try workshop.write(cast.issuingPEM.utf8, to: "issuing.pem")
      try workshop.write(`SignedData and OpenSSL`.content, to: "body")
      for member in cast.members {
        try workshop.write(member.pkcs12, to: "member.p12")
        try workshop.write(member.certificatePEM.utf8, to: "\(member.choice).pem")
        try openssl(
          "pkcs12", "-in", "member.p12", "-passin", "pass:\(Cast.password)", "-nodes", "-nocerts", "-out",
          "\(member.choice).key")
      }
    }

    @discardableResult func openssl(_ arguments: String...) throws -> ProgramResult {
      try perform("openssl", arguments, in: workshop.path)
    }

    /// Signs there, attached.
    func sign(_ choice: KeyChoice, _ more: String...) throws -> [UInt8] {
      try perform(
        "openssl",
        [
          "cms", "-sign", "-binary", "-nodetach", "-in", "body", "-signer", "\(choice).pem", "-inkey", "\(choice).key",
          "-certfile", "issuing.pem", "-outform", "DER", "-out", "object",
        ] + more, in: workshop.path)
      return try workshop.read("object")
    }

    /// Throws unless OpenSSL calls every signer good.
    func verify(_ object: [UInt8], _ more: String...) throws {
      try workshop.write(object, to: "object")
      try perform(
        "openssl",
        [
          "cms", "-verify", "-binary", "-inform", "DER", "-in", "object", "-CAfile", "root.pem", "-certfile",
          "issuing.pem", "-out", "content",
        ] + more, in: workshop.path)
      guard try workshop.read("content") == `SignedData and OpenSSL`.content else { throw PeerFailure("other content") }
    }

    func signer(_ choice: KeyChoice) throws -> SignedDataWriter.Signer { .init(try cast.member(choice).identity) }
  }

  /// The worth of every signer by the certificates in the object.
  private func verdicts(_ object: [UInt8]) throws -> [SignerVerification] {
    let data = try SignedDataReader(BufferSource(object)).read()
    return try data.signerInfos.map { result in
      let info = try result.get()
      let certificate = try #require(info.certificates(in: data.certificates).first)
      return info.verify(in: data, certificate: certificate)
    }
  }

  @Test func `each adds a signer to the other's object`() async throws {
    let bench = try await Bench()
    let theirs = try bench.sign(.rsa2048)
    let ours = BufferSink()
    try await SignedDataWriter.add([try bench.signer(.p256)], to: BufferSource(theirs), writingTo: ours)
    #expect(try verdicts(ours.bytes) == [.valid, .valid])
    try bench.verify(ours.bytes)

    try bench.openssl(
      "cms", "-resign", "-binary", "-nodetach", "-inform", "DER", "-in", "object", "-signer", "p384.pem", "-inkey",
      "p384.key", "-outform", "DER", "-out", "resigned")
    #expect(try verdicts(bench.workshop.read("resigned")) == [.valid, .valid, .valid])
  }

  @Test func `signingCertificate goes both ways, checked by OpenSSL's CAdES`() async throws {
    let bench = try await Bench()
    let ours = BufferSink()
    try await SignedDataWriter.sign(
      BufferSource(Self.content), signers: [try bench.signer(.rsa2048)], form: .attached, to: ours)
    try bench.verify(ours.bytes, "-cades")
    for digest in ["sha256", "sha512"] {
      let theirs = try bench.sign(.p256, "-cades", "-md", digest)
      #expect(try verdicts(theirs) == [.valid])
      let info = try #require(try SignedDataReader(BufferSource(theirs)).read().signerInfos.first).get()
      #expect(info.signingCertificates.count == 1)
    }
  }

  @Test func `a countersigned object verifies there, and shows what it carries`() async throws {
    let bench = try await Bench()
    let object = BufferSink()
    let theirs = try bench.sign(.rsa2048)
    try await SignedDataWriter.countersign(BufferSource(theirs), by: [try bench.signer(.p256)], writingTo: object)
    try bench.verify(object.bytes)
    let shown = try bench.openssl("cms", "-cmsout", "-print", "-inform", "DER", "-in", "object").text
    #expect(shown.contains("countersignature"))
  }

  @Test func `DigestedData goes both ways`() async throws {
    let bench = try await Bench()
    let ours = BufferSink()
    try DigestedDataWriter.write(BufferSource(Self.content), digest: .sha512, to: ours)
    try bench.workshop.write(ours.bytes, to: "digested")
    try bench.openssl("cms", "-digest_verify", "-binary", "-inform", "DER", "-in", "digested", "-out", "content")
    #expect(try bench.workshop.read("content") == Self.content)
    try bench.openssl(
      "cms", "-digest_create", "-binary", "-md", "sha384", "-in", "body", "-outform", "DER", "-out", "theirs")
    let content = BufferSink()
    let read = try DigestedDataReader(BufferSource(try bench.workshop.read("theirs"))).read(content: content)
    #expect(read.state == .intact && content.bytes == Self.content)
  }

  @Test func `data goes both ways, with lengths and without`() async throws {
    let bench = try await Bench()
    // Larger than what is read ahead to learn the size.
    let large = (0..<1_500_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    for (stream, content) in [(BufferSource(Self.content), Self.content), (Unmeasured(bytes: large), large)]
      as [(any ByteStream, [UInt8])]
    {
      let ours = BufferSink()
      try DataContentWriter.write(stream, to: ours)
      try bench.workshop.write(ours.bytes, to: "ours")
      try bench.openssl("cms", "-data_out", "-binary", "-inform", "DER", "-in", "ours", "-out", "content")
      #expect(try bench.workshop.read("content") == content)
      try bench.workshop.write(content, to: "plain")
      for more in [[], ["-stream"]] {
        try perform(
          "openssl",
          ["cms", "-data_create", "-binary", "-in", "plain", "-outform", "DER", "-out", "theirs"] + more,
          in: bench.workshop.path)
        let found = BufferSink()
        let object = BufferSource(try bench.workshop.read("theirs"))
        #expect(try DataContentReader(object).read(content: found).defects.isEmpty)
        #expect(found.bytes == content)
      }
    }
  }

  /// Bytes of which nobody knows how many there are.
  private struct Unmeasured: ByteStream {
    let bytes: [UInt8]
    func makeReader() -> any ByteReader { BufferSource(bytes).makeReader() }
  }

  // MARK: Time stamps

  /// `openssl ts` as an authority.
  private struct Authority: TimestampSource {
    let workshop: Workshop

    private static let configuration = """
      [req]
      distinguished_name = name
      prompt = no
      [name]
      CN = Stamps
      [authority]
      basicConstraints = critical,CA:TRUE
      keyUsage = critical,keyCertSign
      subjectKeyIdentifier = hash
      [stamper]
      extendedKeyUsage = critical,timeStamping
      keyUsage = critical,digitalSignature
      subjectKeyIdentifier = hash
      [stamps]
      serial = serial
      signer_digest = sha256
      default_policy = 1.2.3.4.1
      digests = sha256, sha512
      accuracy = secs:1, millisecs:500
      ordering = yes
      ess_cert_id_alg = sha256
      """

    init() throws {
      workshop = try Workshop()
      try workshop.write(Self.configuration.utf8, to: "openssl.cnf")
      try workshop.write("01".utf8, to: "serial")
      try openssl(
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "root.key", "-out",
        "root.pem", "-days", "30", "-config", "openssl.cnf", "-extensions", "authority")
      try openssl(
        "req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", "tsa.key", "-out", "tsa.csr", "-config",
        "openssl.cnf", "-subj", "/CN=Stamper")
      try openssl(
        "x509", "-req", "-in", "tsa.csr", "-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-out", "tsa.pem",
        "-days", "20", "-extfile", "openssl.cnf", "-extensions", "stamper")
    }

    @discardableResult func openssl(_ arguments: String...) throws -> ProgramResult {
      try perform("openssl", arguments, in: workshop.path)
    }

    func response(to request: [UInt8]) async throws -> [UInt8] {
      try workshop.write(request, to: "request")
      try openssl(
        "ts", "-reply", "-config", "openssl.cnf", "-section", "stamps", "-queryfile", "request", "-signer", "tsa.pem",
        "-inkey", "tsa.key", "-out", "response")
      return try workshop.read("response")
    }
  }

  @Test func `OpenSSL's authority stamps our signatures, and believes its own stamp on them`() async throws {
    let bench = try await Bench()
    let authority = try Authority()
    let before = Date()
    let object = BufferSink()
    var signer = try bench.signer(.p256)
    signer.timestampSource = authority
    try await SignedDataWriter.sign(BufferSource(Self.content), signers: [signer], form: .attached, to: object)
    let info = try #require(try SignedDataReader(BufferSource(object.bytes)).read().signerInfos.first).get()
    let proven = try #require(info.provenTimes().first).get()
    #expect(abs(proven.time.timeIntervalSince(before)) < 60)
    #expect(proven.accuracy == .milliseconds(1_500) && proven.token.info.isOrdered)
    let root = try Certificate.all(in: try authority.workshop.read("root.pem"))
    let paths = PathValidator(anchors: TrustAnchors(root), purpose: .timeStamping)
    let path = await paths.validate(proven.authority, with: proven.certificates, at: proven.time, use: .signing)
    #expect(try path.get().certificates.count == 2)

    // Its own verifier, over the same signature.
    try authority.workshop.write(Array(info.signature), to: "signature")
    try authority.workshop.write(Array(proven.token.encoded), to: "token")
    try authority.openssl(
      "ts", "-verify", "-token_in", "-in", "token", "-data", "signature", "-CAfile", "root.pem", "-untrusted",
      "tsa.pem")
    try bench.verify(object.bytes)
    // Our request, as it reads it.
    let shown = try authority.openssl("ts", "-query", "-in", "request", "-text").text
    #expect(shown.contains("Certificate required: yes") && shown.contains("sha256"))
  }

  @Test func `what OpenSSL's authority refuses is refused in its words`() async throws {
    let bench = try await Bench()
    let authority = try Authority()
    let object = BufferSource(try bench.sign(.rsa2048))
    let info = try #require(try SignedDataReader(object).read().signerInfos.first).get()
    let refusal = await #expect(throws: TimestampRefused.self) {
      try await info.timestamped(by: authority, imprint: .sha384)
    }
    #expect(refusal?.reason.contains("badAlg") == true, "\(refusal?.reason ?? "")")
  }
}
