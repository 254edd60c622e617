import Foundation
import SMIMETestSupport
import Testing

private var isDirectoryPossible: Bool {
  let isInstalled = ["/usr/sbin/slapd", "/usr/sbin/slapadd", "/usr/bin/ldapsearch", "/usr/bin/openssl"]
    .allSatisfy { FileManager.default.isExecutableFile(atPath: $0) }
  return isInstalled || ProcessInfo.processInfo.environment["CI"] == "true"
}

/// What lies around the command, and hosts that go away, change nothing of what it asks and believes.
@Suite struct DirectoryOnlineTests {
  /// Two directories on the loopback behind TLS: `right` has a certificate for 127.0.0.1, `wrong` for another name. Both
  /// are by an authority of their own.
  private static let directories = """
    PATH=/usr/sbin:/sbin:$PATH
    curve='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'
    openssl req -x509 $curve -keyout hosts.key -out hosts.pem -subj '/CN=TLS CA' -days 2 2> /dev/null
    openssl x509 -in bob.pem -outform der | openssl base64 -A > bob.base64
    trap 'kill $right $wrong 2> /dev/null || true' EXIT
    serve() {
      openssl req $curve -keyout $1.key -out $1.csr -subj "/CN=$1" 2> /dev/null
      echo "subjectAltName=$3" > $1.ext
      openssl x509 -req -in $1.csr -CA hosts.pem -CAkey hosts.key -CAcreateserial -days 2 -extfile $1.ext -out $1.crt \
        2> /dev/null
      mkdir $1-db
      { for name in core cosine inetorgperson; do echo "include /etc/ldap/schema/$name.schema"; done
        echo "TLSCertificateFile $PWD/$1.crt"
        echo "TLSCertificateKeyFile $PWD/$1.key"
        echo "database ldif"
        echo 'suffix "dc=example,dc=com"'
        echo "directory $PWD/$1-db"; } > $1.conf
      { printf 'dn: dc=example,dc=com\\nobjectClass: dcObject\\nobjectClass: organization\\ndc: example\\no: Example\\n\\n'
        printf 'dn: cn=Bob,dc=example,dc=com\\nobjectClass: inetOrgPerson\\ncn: Bob\\nsn: Bob\\nmail: bob@example.com\\n'
        printf 'userCertificate;binary:: %s\\n' "$(cat bob.base64)"
        if test -e more.ldif; then cat more.ldif; fi; } > $1.ldif
      slapadd -f $1.conf -l $1.ldif 2> $1.log
      slapd -f $1.conf -h "ldaps://127.0.0.1:$2/${4:+ ldap://127.0.0.1:$4/}" -d 0 2>> $1.log &
      eval "$1=$!"
      n=0
      until LDAPTLS_REQCERT=never ldapsearch -x -LLL -H ldaps://127.0.0.1:$2/ -s base -b '' 1.1 > /dev/null 2>&1; do
        n=$((n + 1)); test $n -lt 200; sleep 0.1
      done
    }
    find() {
      port=$1; shift
      smime cert find bob@example.com --online --allow-private --ldap ldaps://127.0.0.1:$port/dc=example,dc=com \
        --anchor ca/root.pem --intermediate ca/issuing.pem "$@" 2>> errors
    }

    """

  @Test(.enabled(if: isDirectoryPossible, "slapd or ldap-utils is not installed"))
  func `Neither a settings file in the working folder nor the environment switches the check of names off`() throws {
    let shell = try Cast.copy()
    let (right, wrong) = (try Shell.freePort(), try Shell.freePort())
    let result = try shell.script(
      Self.directories + """
        serve right \(right) IP:127.0.0.1
        serve wrong \(wrong) DNS:other.example
        printf 'TLS_REQCERT never\\nTLS_REQSAN never\\nTLS_CACERT %s\\n' "$PWD/hosts.pem" > ldaprc
        cp ldaprc .ldaprc
        export HOME="$PWD" LDAPTLS_REQCERT=never LDAPTLS_REQSAN=never LDAPTLS_CACERT="$PWD/hosts.pem" LDAPRC=ldaprc \
          LDAPCONF="$PWD/ldaprc" LDAPREFERRALS=on
        # Others are led astray by them.
        ldapsearch -x -LLL -H ldaps://127.0.0.1:\(wrong)/ -s base -b '' 1.1 > astray
        find \(right) --host-anchor hosts.pem > good
        if find \(wrong) --host-anchor hosts.pem > named; then exit 9; else test $? = 69; fi
        if find \(right) > unknown; then exit 9; else test $? = 69; fi
        """)
    let texts = ["good", "named", "unknown", "errors", "right.log"].map { "\($0): \((try? shell.text($0)) ?? "-")" }
    #expect(result.status == 0, "\(result.output)\(result.errors)\(texts)")
    #expect(try shell.text("good").hasPrefix("usable: CN=bob"))
    for name in ["named", "unknown"] { #expect(try shell.text(name).contains("no secure connection"), "\(texts)") }
  }

  @Test(.enabled(if: isDirectoryPossible, "slapd or ldap-utils is not installed"))
  func `A list is fetched from a directory by its URL`() throws {
    let shell = try Cast.copy()
    let (secure, plain) = (try Shell.freePort(), try Shell.freePort())
    let result = try shell.script(
      Self.directories + """
        smime ca crl --ca ca --password 'open sesame' --out lists.pem
        { printf '\\ndn: cn=CA,dc=example,dc=com\\nobjectClass: cRLDistributionPoint\\ncn: CA\\n'
          printf 'certificateRevocationList;binary:: %s\\n' "$(openssl base64 -A -in ca/crl/issuing.crl)"; } > more.ldif
        serve right \(secure) IP:127.0.0.1 \(plain)
        fetch() { smime crl fetch --allow-private "$@" 2>> errors; }
        entry='cn=CA,dc=example,dc=com'
        fetch "ldap://127.0.0.1:\(plain)/$entry?certificateRevocationList;binary" --der --out plain.crl
        fetch "ldaps://127.0.0.1:\(secure)/$entry" --host-anchor hosts.pem --der --out secure.crl
        cmp plain.crl ca/crl/issuing.crl
        cmp secure.crl ca/crl/issuing.crl
        # A host that nobody vouches for, an entry without a list, and a URL that names no host.
        if fetch "ldaps://127.0.0.1:\(secure)/$entry"; then exit 9; else test $? = 69; fi
        if fetch "ldap://127.0.0.1:\(plain)/cn=Bob,dc=example,dc=com"; then exit 9; else test $? = 69; fi
        if fetch "ldap:///$entry"; then exit 9; else test $? = 64; fi
        """)
    let errors = (try? shell.text("errors")) ?? "-"
    #expect(result.status == 0, "\(result.output)\(result.errors)\(errors)\((try? shell.text("right.log")) ?? "-")")
    for words in [": CN=Test Issuing, of ", "no secure connection", "nothing of the kind", "the URL names no host"] {
      #expect(errors.contains(words), "\(words): \(errors)")
    }
  }

  /// Takes what the other side sends first, closes, and is gone when it sends more.
  private final class HangingUp: Sendable {
    let port: Int

    init() throws {
      let (listener, port) = try ScriptedServer.listen()
      self.port = port
      Thread.detachNewThread {
        while true {
          let connection = accept(listener, nil, nil)
          guard connection >= 0 else { return }
          var window = [UInt8](repeating: 0, count: 1)
          _ = recv(connection, &window, 1, 0)
          // What was not read makes the end a reset.
          close(connection)
        }
      }
    }
  }

  @Test func `A host that goes away while it is written to ends its own connection only`() throws {
    let shell = try Cast.copy()
    #expect(try shell.script("openssl x509 -in bob.pem -outform der -out bob.der").status == 0)
    let bytes = [UInt8](try shell.data("bob.der"))
    let server = try ScriptedServer { _ in .http(200, ["Content-Type": "application/pkix-cert"], bytes) }
    let gone = try HangingUp()
    var places: [String] = []
    for scheme in ["ldap", "ldaps", "ldap", "ldaps"] {
      places += ["--ldap", "\(scheme)://127.0.0.1:\(gone.port)/dc=a"]
    }
    places += ["--certstore", "http://127.0.0.1:\(gone.port)/s", "--certstore", server.url("/s")]
    let found = try shell.smime(
      [
        "cert", "find", "bob@example.com", "--online", "--allow-private", "--anchor", "ca/root.pem",
        "--intermediate", "ca/issuing.pem",
      ] + places)
    #expect(found.output.contains("asked: \(server.url("/s")): 1 certificate"), "\(found.output)")
    #expect(!found.output.contains("smime-net failed"), "\(found.output)")
  }
}
