import ArgumentParser

/// CMS objects by themselves: signed documents, encrypted files, lists of certificates.
struct CMSCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cms",
    abstract: "Work on CMS objects that are not mail: signed documents, encrypted files.",
    discussion: """
      Content is taken and given byte for byte. Objects are read as DER or BER, PEM (also with words before the block) or \
      base64, and written as DER, or as PEM with --pem. Files of any size are worked on in little memory, and so is what \
      comes through a pipe.

      EXAMPLES:
        smime cms sign --detached report.pdf --out report.pdf.p7s
        smime cms verify --content report.pdf report.pdf.p7s
        smime cms encrypt --recipient bob.pem backup.tar --out backup.tar.p7m
        smime cms decrypt --identity bob.p12 backup.tar.p7m --out backup.tar
        smime cms show report.pdf.p7s
      """,
    groupedSubcommands: [
      CommandGroup(
        name: "Signing",
        subcommands: [
          CMSSign.self, CMSVerify.self, CMSAdd.self, CMSCountersign.self, CMSTimestamp.self, CMSCertificates.self,
        ]),
      CommandGroup(name: "Encrypting", subcommands: [CMSEncrypt.self, CMSDecrypt.self, CMSAuthenticate.self]),
      CommandGroup(
        name: "Other forms",
        subcommands: [
          CMSDigest.self, CMSCheck.self, CMSCompress.self, CMSExpand.self, CMSWrap.self, CMSUnwrap.self,
        ]),
      CommandGroup(name: "Looking", subcommands: [CMSShow.self]),
    ])
}
