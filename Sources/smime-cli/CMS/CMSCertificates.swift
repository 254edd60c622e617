import ArgumentParser
import ByteIO
import CMS
import PKIX

struct CMSCertificates: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "certificates",
    abstract: "Put certificates and revocation lists into one object, signed by nobody.",
    discussion: """
      Writes the form that mail software imports certificates from (.p7c). The files may hold PEM with one or many, DER, \
      or such an object.

      EXAMPLES:
        smime cms certificates alice.pem issuing.pem root.pem --out alice.p7c
      """)

  @Argument(help: ArgumentHelp("Files with certificates and revocation lists.", valueName: "file"))
  var files: [String]

  @OptionGroup var output: ObjectOptions

  func run() async throws {
    var certificates: [Certificate] = []
    var lists: [CertificateRevocationList] = []
    for file in files {
      let bundle = try CertificateFile.bundle(in: file)
      certificates += bundle.certificates
      lists += bundle.lists
    }
    let object = SignedDataWriter.certificatesOnly(certificates, crls: lists)
    try await output.write { try $0.write(object) }
  }
}
