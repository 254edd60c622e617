import CertificateAuthority
import Foundation
import PKIX
import SMIMECrypto
import SMIMETestSupport
import Testing

extension Served {
  /// `smimed` as it is started by an administrator.
  @Suite struct `The daemon` {
    private static let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()

    @Test func `it takes requests, sees what other processes do within the second, and stops when told`() async throws {
      let test = try await TestAuthority()
      let certificate = try await test.issue("alice@example.com")
      let question = try test.ask(certificate)
      let daemon = try await Daemon(test)
      let wire = Wire(port: daemon.port)
      func status() async throws -> CertificateStatus? {
        try OCSPResponse(der: ArraySlice(try await wire.post("/ocsp", question).body)).firstStatus
      }
      #expect(try await status() == .good)
      try test.revoke(certificate)
      #expect(try await status() != .good)
      let list = try CertificateRevocationList(der: ArraySlice(try await wire.get("/crl/issuing.crl").body))
      #expect(try list.entry(for: certificate.serialNumber) != nil)
      #expect(try await daemon.stop() == 0)
      #expect(!FileManager.default.fileExists(atPath: daemon.portFile))
      for secret in [TestAuthority.password, "alice"] { #expect(!daemon.log.contains(secret)) }
    }

    @Test func `under load it answers what it took, and stops in time`() async throws {
      let test = try await TestAuthority()
      let question = try test.ask(try await test.issue("alice@example.com"))
      let daemon = try await Daemon(test, ["--shutdown-timeout", "3", "--rate", "0"])
      let wire = Wire(port: daemon.port)
      // Somebody who never ends the request does not keep it.
      let slow = try Connection(port: daemon.port)
      _ = slow.write(Array("POST /ocsp HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nx".utf8))
      let counts = await withTaskGroup(of: (good: Int, broken: Int).self) { group in
        for _ in 0..<8 {
          group.addTask {
            var good = 0
            var broken = 0
            while !Task.isCancelled {
              do {
                let reply = try await wire.post("/ocsp", question)
                if reply.status == 200, (try? OCSPResponse(der: ArraySlice(reply.body)))?.firstStatus == .good {
                  good += 1
                } else {
                  broken += 1
                }
              } catch { return (good, broken) }
            }
            return (good, broken)
          }
        }
        group.addTask {
          try? await Task.sleep(for: .milliseconds(500))
          let start = Date()
          let status = try? await daemon.stop()
          #expect(status == 0)
          #expect(Date().timeIntervalSince(start) < 10)
          return (0, 0)
        }
        return await group.reduce(into: (good: 0, broken: 0)) {
          $0.good += $1.good
          $0.broken += $1.broken
        }
      }
      slow.close()
      #expect(counts.good > 0)
      #expect(counts.broken == 0)
    }

    @Test func `TLS is served when a certificate is given`() async throws {
      guard isInstalled("openssl"), isInstalled("curl") else { return }
      let test = try await TestAuthority()
      let workshop = test.workshop
      let made = try run(
        "openssl",
        [
          "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost",
          "-addext", "subjectAltName=DNS:localhost", "-keyout", "tls.key", "-out", "tls.pem",
        ], in: workshop.path)
      #expect(made.status == 0)
      let daemon = try await Daemon(
        test, ["--tls-certificate", workshop.file("tls.pem"), "--tls-key", workshop.file("tls.key")])
      let fetched = try run(
        "curl", ["-sS", "--cacert", "tls.pem", "https://localhost:\(daemon.port)/health", "--noproxy", "*"],
        in: workshop.path)
      #expect(fetched.text == "{\"alive\":true}\n", "\(fetched.errors)")
      let old = try run(
        "curl",
        [
          "-sS", "--cacert", "tls.pem", "--tls-max", "1.1", "https://localhost:\(daemon.port)/health", "--noproxy", "*",
        ], in: workshop.path)
      #expect(old.status != 0)
      #expect(try await daemon.stop() == 0)
    }

    @Test func `the example configuration is good`() async throws {
      let test = try await TestAuthority()
      let example = try Data(contentsOf: Self.package.appendingPathComponent("dist/smimed.json"))
      let path = try test.workshop.write(example, to: "smimed.json")
      let passphrase = try test.workshop.write(Array("\(TestAuthority.password)\n".utf8), to: "passphrase")
      let result = try run(
        Daemon.binary, ["ca", "--config", path, "--check", "--dir", test.folder, "--password-file", passphrase])
      #expect(result.status == 0, "\(result.errors)")
      #expect(result.text.contains("the configuration is good"))
      // As systemd hands over what LoadCredential= names.
      let credential = try run(
        Daemon.binary, ["ca", "--config", path, "--check"],
        environment: ["CREDENTIALS_DIRECTORY": test.workshop.path, "SMIMED_DIR": test.folder])
      #expect(credential.status == 0, "\(credential.errors)")
    }

    @Test func `flags come before variables, and those before the file`() async throws {
      let test = try await TestAuthority()
      let path = try test.workshop.write(Array(#"{"listen": "127.0.0.1:1001", "crl-days": 3}"#.utf8), to: "c.json")
      let base = ["ca", "--check", "--dir", test.folder, "--password-env", "PASSPHRASE", "--config", path]
      let secret = ["PASSPHRASE": TestAuthority.password]
      let file = try run(Daemon.binary, base, environment: secret)
      #expect(file.text.contains("127.0.0.1:1001"), "\(file.errors)")
      let variable = try run(
        Daemon.binary, base, environment: secret.merging(["SMIMED_LISTEN": "127.0.0.1:1002"]) { $1 })
      #expect(variable.text.contains("127.0.0.1:1002"), "\(variable.errors)")
      let flag = try run(
        Daemon.binary, base + ["--listen", "127.0.0.1:1003"],
        environment: secret.merging(["SMIMED_LISTEN": "127.0.0.1:1002"]) { $1 })
      #expect(flag.text.contains("127.0.0.1:1003"), "\(flag.errors)")
    }

    @Test func `what is wrong is named: the key, the value, and what is expected`() async throws {
      let test = try await TestAuthority()
      let dir = ["--dir", test.folder]
      let secret = ["SMIMED_PASSWORD_ENV": "PASSPHRASE", "PASSPHRASE": TestAuthority.password]
      struct Case {
        var arguments: [String] = []
        var environment: [String: String] = [:]
        var file: String?
        let status: Int32
        let words: [String]
      }
      let cases = [
        Case(file: #"{"crl-dayz": 3}"#, status: 64, words: ["crl-dayz"]),
        Case(file: #"{"crl-days": "three"}"#, status: 64, words: ["crl-days", "three", "whole number from 1 to 365"]),
        Case(file: #"{"crl-days": 1000}"#, status: 64, words: ["crl-days", "1000", "365"]),
        Case(file: #"{"listen": 80}"#, status: 64, words: ["listen", "80", "ADDRESS:PORT"]),
        Case(file: #"{"listen": {"port": 80}}"#, status: 64, words: ["listen"]),
        Case(file: "[1]", status: 65, words: ["c.json", "JSON object"]),
        Case(environment: ["SMIMED_LISTENN": "x"], status: 64, words: ["SMIMED_LISTENN"]),
        Case(environment: ["SMIMED_RATE": "-1"], status: 64, words: ["rate", "-1"]),
        Case(environment: ["SMIMED_RATE": "many"], status: 64, words: ["rate", "many", "whole number"]),
        Case(arguments: ["--listen", "localhost"], status: 64, words: ["listen", "localhost", "ADDRESS:PORT"]),
        Case(arguments: ["--log-level", "loud"], status: 64, words: ["log-level", "loud", "trace"]),
        Case(arguments: ["--tls-key", "x"], status: 64, words: ["tls-certificate"]),
        Case(arguments: ["--tls-key", "/none", "--tls-certificate", "/none"], status: 66, words: ["tls-certificate"]),
        Case(
          arguments: ["--dir", "/nonexistent"], status: 66, words: ["/nonexistent", "no authority", "smime ca init"]),
        Case(environment: ["PASSPHRASE": "wrong"], status: 77, words: ["passphrase", "--password-file"]),
        Case(arguments: ["--password-file", "/nonexistent"], status: 66, words: ["/nonexistent"]),
        Case(arguments: ["--frobnicate"], status: 64, words: ["--frobnicate"]),
        Case(arguments: ["--crl-days", "x"], status: 64, words: ["--crl-days", "x"]),
      ]
      for one in cases {
        var arguments = ["ca", "--check"] + (one.arguments.contains("--dir") ? [] : dir) + one.arguments
        if let file = one.file { arguments += ["--config", try test.workshop.write(Array(file.utf8), to: "c.json")] }
        let result = try run(Daemon.binary, arguments, environment: secret.merging(one.environment) { $1 })
        #expect(result.status == one.status, "\(arguments) \(one.environment): \(result.errors)")
        #expect(result.errors.hasPrefix("error: "))
        for word in one.words { #expect(result.errors.contains(word), "\(word) is not in: \(result.errors)") }
        #expect(!result.errors.contains(TestAuthority.password))
      }
    }

    @Test func `an address that is taken ends it with a reason`() async throws {
      let test = try await TestAuthority()
      let daemon = try await Daemon(test)
      let passphrase = try test.workshop.write(Array("\(TestAuthority.password)\n".utf8), to: "passphrase")
      let second = try run(
        Daemon.binary,
        ["ca", "--dir", test.folder, "--password-file", passphrase, "--listen", "127.0.0.1:\(daemon.port)"])
      #expect(second.status == 69)
      #expect(second.errors.contains("error: "))
      #expect(try await daemon.stop() == 0)
    }
  }
}
