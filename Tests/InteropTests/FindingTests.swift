import Fetching
import Foundation
import MIME
import PKIX
import SMIMECrypto
import SMIMETestSupport
import Testing

@testable import Discovery

/// Certificates and lists from a directory and a name server that others wrote.
@Suite(.serialized) struct FindingTests {
  private func fetcher(_ change: (inout FetchRules) -> Void = { _ in }) -> Fetcher {
    var rules = FetchRules(.own)
    rules.milliseconds = 60_000
    rules.allMilliseconds = 600_000
    change(&rules)
    return Fetcher(rules, resolver: Loopback(), now: { TestPKI.now })
  }

  /// Everybody is here.
  private struct Loopback: HostResolver {
    func addresses(of host: String) async throws -> [NetworkAddress] { [NetworkAddress(octets: [127, 0, 0, 1])] }
  }

  private func reason<Value>(_ result: Result<Value, FetchFailure>) -> FetchFailure.Reason? {
    if case .failure(let failure) = result { failure.reason } else { nil }
  }

  // MARK: LDAP

  @Test(.enabled(if: DirectoryPeer.isInstalled, "slapd is not installed"))
  func `slapd gives the certificates of a user, plain, by StartTLS and by ldaps`() async throws {
    let pki = try await TestPKI()
    let bob = try await pki.mailbox("bob@example.com").certificate
    let other = try await pki.mailbox("bob@example.com").certificate
    let star = try await pki.mailbox("bob@example.com").certificate
    let peer = try await DirectoryPeer([
      .person(
        "Bob", mail: "bob@example.com",
        [("userCertificate;binary", Array(bob.derBytes)), ("userCertificate;binary", Array(other.derBytes))]),
      .person("Star", mail: "b*b@example.com", [("userCertificate;binary", Array(star.derBytes))]),
      .person("Carol", mail: "carol@example.com", []),
    ])
    let search = CertificateSearch(fetcher { $0.hostAnchors = peer.anchors })
    for url in [
      peer.url("dc=example,dc=com"), peer.url("dc=example,dc=com????!StartTLS", host: DirectoryPeer.host),
      peer.secureURL("dc=example,dc=com"),
    ] {
      let found = await search.certificates(of: "bob@example.com", inDirectory: url)
      #expect(try Set(found.get()) == [bob, other], "\(url)")
    }
    // An asterisk in an address is one, and finds no others.
    let plain = peer.url("dc=example,dc=com")
    #expect(try await search.certificates(of: "b*b@example.com", inDirectory: plain).get() == [star])
    #expect(reason(await search.certificates(of: "*", inDirectory: plain)) == .absent)
    #expect(reason(await search.certificates(of: "x)(mail=*", inDirectory: plain)) == .absent)
    #expect(reason(await search.certificates(of: "carol@example.com", inDirectory: plain)) == .absent)
    #expect(reason(await search.certificates(of: "bob@example.com", inDirectory: peer.url("dc=nowhere"))) != nil)
  }

  @Test(.enabled(if: DirectoryPeer.isInstalled, "slapd is not installed"))
  func `slapd under another name, or with a certificate that nobody knows, is not asked`() async throws {
    let peer = try await DirectoryPeer([])
    let named = CertificateSearch(fetcher { $0.hostAnchors = peer.anchors })
    // Its certificate is for another name.
    for url in [peer.secureURL("dc=example,dc=com", host: "127.0.0.1"), peer.url("dc=example,dc=com????!StartTLS")] {
      #expect(reason(await named.certificates(of: "bob@example.com", inDirectory: url)) == .connection, "\(url)")
    }
    let unknown = CertificateSearch(fetcher())
    let url = peer.secureURL("dc=example,dc=com")
    #expect(reason(await unknown.certificates(of: "bob@example.com", inDirectory: url)) == .connection)
    let right = await named.certificates(of: "bob@example.com", inDirectory: url)
    #expect(reason(right) == .absent)
  }

  @Test(.enabled(if: DirectoryPeer.isInstalled, "slapd is not installed"))
  func `slapd gives the lists and issuers that certificates name`() async throws {
    let pki = try await TestPKI()
    let list = try await pki.revocationList()
    let peer = try await DirectoryPeer([
      .authority(
        "Issuing",
        [
          ("cACertificate;binary", Array(pki.issuing.certificate.derBytes)),
          ("certificateRevocationList;binary", Array(list.derBytes)),
          ("authorityRevocationList;binary", Array(try await pki.rootRevocationList().derBytes)),
        ])
    ])
    let place = peer.url("cn=Issuing,dc=example,dc=com")
    let fetcher = fetcher()
    let alice = try await pki.mailbox("alice@example.com") { template in
      template.extensions += [
        .crlDistributionPoints(uris: ["\(place)?certificateRevocationList;binary?base?objectClass=pkiCA"]),
        .authorityInformationAccess(ocsp: [], caIssuers: ["\(place)?cACertificate;binary"]),
      ]
    }.certificate
    let validator = PathValidator(
      anchors: TrustAnchors([pki.root.certificate]), issuers: [IssuerSource(fetcher)],
      revocation: .hard([RevocationListSource(fetcher), RevocationFiles([try await pki.rootRevocationList()])]))
    let path = try await validator.validate(alice, at: TestPKI.now).get()
    #expect(path.certificates.map(\.subject) == [alice, pki.issuing.certificate, pki.root.certificate].map(\.subject))
    #expect(path.revocation.first?.inquiries.first?.provenance.url?.hasPrefix("ldap://") == true)
    let both = await fetcher.answer(to: FetchRequest(.revocationList, url: place))
    #expect(try CertificateRevocationList.all(in: both.get().bytes).count == 2)
  }

  @Test(.enabled(if: DirectoryPeer.isInstalled, "slapd is not installed"))
  func `slapd is heard as far as the limits go`() async throws {
    let pki = try await TestPKI()
    let certificate = Array(try await pki.mailbox("bob@example.com").certificate.derBytes)
    let peer = try await DirectoryPeer(
      (0..<5).map { .person("Bob \($0)", mail: "bob@example.com", [("userCertificate;binary", certificate)]) })
    let url = peer.url("dc=example,dc=com")
    let few = CertificateSearch(fetcher { $0.directoryEntries = 3 })
    // slapd keeps the limit that it is told, and what it sent is used.
    #expect(try await few.certificates(of: "bob@example.com", inDirectory: url).get().count == 3)
    let small = CertificateSearch(fetcher { $0.certificateBytes = certificate.count * 2 })
    #expect(reason(await small.certificates(of: "bob@example.com", inDirectory: url)) == .tooLarge)
  }

  // MARK: DNS

  @Test(.enabled(if: NameServerPeer.isInstalled, "knot is not installed"))
  func `knot's signed records are used, and no others`() async throws {
    let pki = try await TestPKI()
    let bob = try await pki.mailbox("bob@example.com").certificate
    let name = try AssociationName(localPart: "bob", domain: "example.com").name
    let owner = String(name.dropLast(".example.com".count))
    let peer = try await NameServerPeer([(owner, [3, 0, 0] + bob.derBytes), (owner, [255, 0, 0, 1])])
    func look(
      _ address: String, _ change: (inout FetchRules) -> Void = { _ in }
    ) async throws -> Result<(associations: [CertificateAssociation], faults: [String]), FetchFailure> {
      let fetcher = fetcher { rules in
        rules.nameServer = peer.address
        rules.nameAnchors = peer.anchors
        change(&rules)
      }
      return await CertificateSearch(fetcher).associations(of: try #require(EmailAddress(address)))
    }
    let found = try await look("bob@example.com").get()
    #expect(try found.associations.map { try $0.certificate } == [bob] && found.faults.count == 1)
    #expect(reason(try await look("nobody@example.com")) == .absent)
    // Nobody vouches for a zone that is not signed, whatever it says.
    #expect(reason(try await look("bob@unsigned.test")) == .insecure)
    // The same zone under another key is a forged one.
    let other = try peer.workshop.write(
      Array("example.com. DS 12345 13 2 \(String(repeating: "AB", count: 32))\n".utf8), to: "other")
    #expect(reason(try await look("bob@example.com") { $0.nameAnchors = other }) == .bogus)
    // An anchor for another zone vouches for nothing here.
    let elsewhere = try peer.workshop.write(
      Array("example.org. DS 12345 13 2 \(String(repeating: "AB", count: 32))\n".utf8), to: "elsewhere")
    #expect(reason(try await look("bob@example.com") { $0.nameAnchors = elsewhere }) == .insecure)
  }

  @Test(
    .enabled(
      if: NameServerPeer.isInstalled && DirectoryPeer.isInstalled, "knot and slapd are not installed"))
  func `A certificate in slapd is used when knot's record has its hash`() async throws {
    let pki = try await TestPKI()
    let bob = try await pki.mailbox("bob@example.com").certificate
    let forged = try await TestPKI(name: "Forger").mailbox("bob@example.com").certificate
    let directory = try await DirectoryPeer([
      .person(
        "Bob", mail: "bob@example.com",
        [("userCertificate;binary", Array(forged.derBytes)), ("userCertificate;binary", Array(bob.derBytes))])
    ])
    let name = try AssociationName(localPart: "bob", domain: "example.com").name
    let hash = [3, 1, 1] + MessageDigest.sha256(bob.publicKey.spki)
    let names = try await NameServerPeer([(String(name.dropLast(".example.com".count)), hash)])
    let network = fetcher { rules in
      rules.nameServer = names.address
      rules.nameAnchors = names.anchors
    }
    let finder = CertificateFinder(PathValidator(anchors: TrustAnchors([])), network)
    let report = await finder.certificates(
      of: EmailAddress(localPart: "bob", domain: "example.com"), known: [],
      places: [.directory(directory.url("dc=example,dc=com")), .dns], at: TestPKI.now)
    #expect(report.certificates.map(\.certificate) == [bob, forged])
    #expect(report.certificates.map(\.isUsable) == [true, false] && report.certificates[0].trust == .dns("3 1 1"))
  }
}
