import Foundation
import PKIX
import SMIMETestSupport

/// A program that serves on the loopback, ended at the latest when the test lets go of it.
final class ServingPeer: Sendable {
  private let process: Process

  init(_ program: String, _ arguments: [String], log: String) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    // Daemons lie where only the administrator's path leads.
    process.arguments = ["PATH=\(Self.path)", program] + arguments
    try Data().write(to: URL(fileURLWithPath: log))
    let output = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
    process.standardOutput = output
    process.standardError = output
    try process.run()
    self.process = process
  }

  var isRunning: Bool { process.isRunning }

  deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

  static var path: String { "/usr/sbin:/sbin:\(ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")" }

  static func has(_ program: String) -> Bool {
    isAvailable(program)
      || path.split(separator: ":").contains {
        FileManager.default.isExecutableFile(atPath: "\($0)/\(program)")
      }
  }

  /// A port of the loopback that was free a moment ago.
  static func freePort() throws -> Int { try ScriptedServer.freePort() }
}

/// OpenLDAP's slapd with a few entries, plain, with StartTLS and with ldaps; its certificate is for ``host``.
final class DirectoryPeer: Sendable {
  /// Not localhost, which libldap takes for another name.
  static let host = "ldap.example"
  let workshop: Workshop
  let port: Int
  let securePort: Int
  private let server: ServingPeer

  var anchors: String { workshop.file("tls-ca.pem") }

  func url(_ tail: String, host: String = "127.0.0.1") -> String { "ldap://\(host):\(port)/\(tail)" }

  func secureURL(_ tail: String, host: String = DirectoryPeer.host) -> String {
    "ldaps://\(host):\(securePort)/\(tail)"
  }

  struct Entry {
    let name: String
    let lines: [String]

    static func person(_ name: String, mail: String, _ values: [(String, [UInt8])]) -> Entry {
      Entry(
        name: "cn=\(name)",
        lines: ["objectClass: inetOrgPerson", "cn: \(name)", "sn: \(name)", "mail: \(mail)"] + encoded(values))
    }

    static func authority(_ name: String, _ values: [(String, [UInt8])]) -> Entry {
      let lines = ["objectClass: applicationProcess", "objectClass: pkiCA", "cn: \(name)"]
      return Entry(name: "cn=\(name)", lines: lines + encoded(values))
    }

    private static func encoded(_ values: [(String, [UInt8])]) -> [String] {
      values.map { "\($0.0):: \(Data($0.1).base64EncodedString())" }
    }
  }

  static var isInstalled: Bool { ServingPeer.has("slapd") && ServingPeer.has("openssl") }

  init(_ entries: [Entry]) async throws {
    workshop = try Workshop()
    let folder = workshop.path
    try Self.makeTLSCertificates(in: folder)
    try FileManager.default.createDirectory(atPath: "\(folder)/db", withIntermediateDirectories: true)
    let schemas = ["core", "cosine", "inetorgperson"].map { "include /etc/ldap/schema/\($0).schema" }
    let settings =
      schemas + [
        "TLSCertificateFile \(folder)/tls.pem", "TLSCertificateKeyFile \(folder)/tls.key", "database ldif",
        "suffix \"dc=example,dc=com\"", "directory \(folder)/db",
      ]
    try workshop.write(Array((settings.joined(separator: "\n") + "\n").utf8), to: "slapd.conf")
    let top = [
      "dn: dc=example,dc=com", "objectClass: dcObject", "objectClass: organization", "dc: example", "o: Example",
    ]
    let all = [top] + entries.map { ["dn: \($0.name),dc=example,dc=com"] + $0.lines }
    try workshop.write(Array(all.map { $0.joined(separator: "\n") + "\n\n" }.joined().utf8), to: "entries.ldif")
    let loaded = try run(
      "/usr/bin/env", ["PATH=\(ServingPeer.path)", "slapadd", "-f", "slapd.conf", "-l", "entries.ldif"], in: folder)
    guard loaded.status == 0 else { throw PeerFailure("slapadd: \(loaded.errors)\(loaded.text)") }
    port = try ServingPeer.freePort()
    securePort = try ServingPeer.freePort()
    server = try ServingPeer(
      "slapd",
      [
        "-f", "\(folder)/slapd.conf", "-h", "ldap://127.0.0.1:\(port)/ ldaps://127.0.0.1:\(securePort)/", "-d", "0",
      ], log: "\(folder)/slapd.log")
    let url = "ldap://127.0.0.1:\(port)/"
    let isUp = try await eventually(within: 60) { [server] in
      guard server.isRunning else { return true }
      return try run("ldapsearch", ["-x", "-LLL", "-H", url, "-s", "base", "-b", "", "1.1"]).status == 0
    }
    guard isUp, server.isRunning else {
      throw PeerFailure("slapd: \((try? String(contentsOfFile: "\(folder)/slapd.log", encoding: .utf8)) ?? "")")
    }
  }

  private static func makeTLSCertificates(in folder: String) throws {
    let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    try Data("subjectAltName=DNS:\(host)\n".utf8).write(to: URL(fileURLWithPath: "\(folder)/tls.ext"))
    for arguments in [
      ["req", "-x509"] + curve + ["-keyout", "tls-ca.key", "-out", "tls-ca.pem", "-subj", "/CN=TLS CA", "-days", "2"],
      ["req"] + curve + ["-keyout", "tls.key", "-out", "tls.csr", "-subj", "/CN=\(host)"],
      [
        "x509", "-req", "-in", "tls.csr", "-CA", "tls-ca.pem", "-CAkey", "tls-ca.key", "-CAcreateserial", "-days", "2",
        "-extfile", "tls.ext", "-out", "tls.pem",
      ],
    ] {
      let result = try run("openssl", arguments, in: folder)
      guard result.status == 0 else { throw PeerFailure("openssl: \(result.errors)") }
    }
  }
}

/// Knot DNS with the zone example.com, which it signs itself, and which resolvers are told to trust.
final class NameServerPeer: Sendable {
  let workshop: Workshop
  let port: Int
  private let server: ServingPeer

  /// A name server as smime takes it.
  var address: String { "127.0.0.1@\(port)" }

  /// The zone's key as a trust anchor.
  var anchors: String { workshop.file("anchors") }

  static var isInstalled: Bool { ServingPeer.has("knotd") && ServingPeer.has("keymgr") }

  /// - Parameter records: the owner's name below the zone, and the SMIMEA record's content.
  init(_ records: [(name: String, content: [UInt8])]) async throws {
    workshop = try Workshop()
    let folder = workshop.path
    port = try ServingPeer.freePort()
    for name in ["db", "run"] {
      try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
    }
    for zone in ["example.com", "unsigned.test"] {
      var lines = [
        "@ 300 SOA ns hostmaster 1 300 300 3000 300", "@ 300 NS ns", "ns 300 A 127.0.0.1",
      ]
      // RFC 3597 §5: a record of any type by its number.
      for (name, content) in records {
        lines.append("\(name) 300 TYPE53 \\# \(content.count) \(content.map { String(format: "%02X", $0) }.joined())")
      }
      try workshop.write(Array((lines.joined(separator: "\n") + "\n").utf8), to: "\(zone).zone")
    }
    let settings = """
      server:
          rundir: "\(folder)/run"
          listen: 127.0.0.1@\(port)
      database:
          storage: "\(folder)/db"
      log:
        - target: stderr
          any: warning
      policy:
        - id: elliptic
          algorithm: ecdsap256sha256
      template:
        - id: default
          storage: "\(folder)"
          zonefile-sync: -1
          zonefile-load: difference
          journal-content: all
      zone:
        - domain: example.com
          file: example.com.zone
          dnssec-signing: on
          dnssec-policy: elliptic
        - domain: unsigned.test
          file: unsigned.test.zone

      """
    try workshop.write(Array(settings.utf8), to: "knot.conf")
    server = try ServingPeer("knotd", ["-c", "\(folder)/knot.conf"], log: "\(folder)/knot.log")
    var anchor = ""
    let isUp = try await eventually(within: 60) { [server] in
      guard server.isRunning else { return true }
      let keys = try run(
        "/usr/bin/env", ["PATH=\(ServingPeer.path)", "keymgr", "-c", "\(folder)/knot.conf", "example.com", "dnskey"])
      anchor = keys.text
      return keys.status == 0 && anchor.contains("DNSKEY")
    }
    guard isUp, server.isRunning else {
      throw PeerFailure("knotd: \((try? String(contentsOfFile: "\(folder)/knot.log", encoding: .utf8)) ?? "")")
    }
    // QUIRK of keymgr: it leaves out the class, which zone files may do too.
    try workshop.write(Array(anchor.utf8), to: "anchors")
  }
}
