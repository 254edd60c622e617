import SMIMECrypto
import SMIMEPKCS11
import Testing

@Suite struct `PKCS#11 URIs` {
  @Test func `every attribute is read`() throws {
    let address = try TokenAddress(
      """
      pkcs11:token=The%20Software%20PKCS%2311;manufacturer=Snake%20Oil,%20Inc.;model=1.0;serial=0042;\
      object=my-certificate;type=cert;id=%69%95%3E%5C%F4%BD%EC%91;library-manufacturer=m;library-description=d;\
      library-version=3.1;slot-manufacturer=s;slot-description=t;slot-id=327\
      ?pin-source=file:/etc/token_pin&module-path=/usr/lib/x.so
      """)
    #expect(address.attributes[.token] == "The Software PKCS#11")
    #expect(address.attributes[.manufacturer] == "Snake Oil, Inc.")
    #expect(address.attributes[.object] == "my-certificate")
    #expect(address.attributes[.slotID] == "327")
    #expect(address.attributes.count == TokenAddress.Attribute.allCases.count)
    #expect(address.id == [0x69, 0x95, 0x3E, 0x5C, 0xF4, 0xBD, 0xEC, 0x91])
    #expect(address.type == .certificate)
    #expect(address.modulePath == "/usr/lib/x.so")
    guard case .file("/etc/token_pin") = address.pin else {
      Issue.record("\(String(describing: address.pin))")
      return
    }
  }

  @Test(arguments: [
    "pkcs11:", "PKCS11:token=a", "pkcs11:token=a;object=%C3%A4%3B", "pkcs11:id=%00%ff", "pkcs11:?module-path=/a%20b.so",
    "pkcs11:object=a%2Fb?module-path=/x/y.so",
  ]) func `what is read is written as the same`(text: String) throws {
    let address = try TokenAddress(text)
    let again = try TokenAddress("\(address)")
    #expect(again.attributes == address.attributes)
    #expect(again.id == address.id)
    #expect(again.type == address.type)
    #expect(again.modulePath == address.modulePath)
    #expect("\(again)" == "\(address)")
  }

  @Test(arguments: [
    ("file:/run/pin", "/run/pin"), ("file:///run/pin", "/run/pin"), ("file://localhost/run/pin", "/run/pin"),
    ("/run/pin", "/run/pin"), ("pin.txt", "pin.txt"), ("file:%2Frun%2Fa%26b", "/run/a&b"),
  ]) func `a PIN may be in a file`(source: String, path: String) throws {
    guard case .file(let found) = try TokenAddress("pkcs11:?pin-source=\(source)").pin else {
      Issue.record("no file")
      return
    }
    #expect(found == path)
  }

  @Test func `a PIN is never shown`() throws {
    let address = try TokenAddress("pkcs11:token=a?pin-value=1234&module-path=/x.so")
    #expect("\(address)" == "pkcs11:token=a?module-path=/x.so")
    #expect(!String(reflecting: address).contains("1234"))
    #expect(!String(reflecting: try TokenAddress("pkcs11:?pin-value=98%20765").pin as Any).contains("765"))
  }

  /// RFC 7512 §2.3: no attribute twice, no PIN by two ways, nothing of which is not known what it means.
  @Test(arguments: [
    "", "pkcs11", "pkcs12:token=a", "pkcs11:token", "pkcs11:=a", "pkcs11:to ken=a", "pkcs11:token=a;token=b",
    "pkcs11:token=%4", "pkcs11:token=%", "pkcs11:token=%zz", "pkcs11:token=%ff", "pkcs11:token=%00",
    "pkcs11:type=card", "pkcs11:id=1;id=1", "pkcs11:?pin-value=1&pin-source=/a", "pkcs11:?pin-source=",
    "pkcs11:?pin-value=1&pin-value=1", "pkcs11:?pin-source=file:", "pkcs11:?module-path",
    "pkcs11:token=" + String(repeating: "a", count: 4_096),
  ]) func `what is no address is told`(text: String) {
    #expect(throws: Malformed.self) { try TokenAddress(text) }
  }

  @Test(arguments: [
    "pkcs11:x-vendor=1", "pkcs11:token=a;pin-value=1", "pkcs11:?token=a", "pkcs11:?module-name=opensc",
    "pkcs11:?pin-source=%7Ccat%20/etc/pin", "pkcs11:?pin-source=file://other.example/pin",
  ]) func `what is not offered is named`(text: String) {
    #expect(throws: Unsupported.self) { try TokenAddress(text) }
  }

  @Test func `a module that is none is told`() throws {
    #if PKCS11
      #expect(throws: TokenFailure.self) { try Tokens.all(TokenAddress("pkcs11:?module-path=/dev/null")) }
    #else
      #expect(throws: TokenFailure.notBuilt) { try Tokens.all(TokenAddress("pkcs11:")) }
    #endif
  }
}
