/// The story that the demonstration tells: an authority, Alice, Bob, one mail, and what must be refused.
struct DemoScript {
  let people: DemoPeople
  /// Where the authority's daemon will listen on this machine.
  let port: UInt16

  private var alice: String { people.sender }
  private var bob: String { people.recipient }

  /// Everything up to the mail that Bob opens.
  var opening: [DemoStep] { preparation + mail }

  /// What must be refused, and what others say to it.
  /// - Parameter byte: the byte of signed.eml to change.
  func closing(changing byte: ChangedByte) -> [DemoStep] { refusals(byte) + crossCheck + online }

  private var preparation: [DemoStep] {
    [
      DemoStep(title: "A passphrase for the demonstration's keys", command: "printf 'open sesame\\n' > passphrase"),
      DemoStep(
        title: "A root and an issuing authority",
        command: """
          smime ca init --name 'Demo Org' --ca ca --url http://127.0.0.1:\(port) --new-password-file passphrase
          """),
      DemoStep(
        title: "A key and a certificate for Alice",
        command: """
          smime ca issue \(alice) --name Alice --ca ca --password-file passphrase --new-password-file passphrase \
          --out alice.p12
          """),
      DemoStep(
        title: "Bob makes his own key and sends a request",
        command: """
          smime id new \(bob) --name Bob --key p-256 --new-password-file passphrase --out bob.csr
          """),
      DemoStep(
        title: "The authority signs Bob's request",
        command: "smime ca sign bob.csr --ca ca --password-file passphrase --out bob.pem"),
      DemoStep(
        title: "Bob attaches the certificate to his key",
        command: """
          smime id import bob.pem --password-file passphrase && \
          smime id export \(bob) --password-file passphrase --out bob.p12
          """),
    ]
  }

  private var mail: [DemoStep] {
    [
      DemoStep(
        title: "Alice signs the mail",
        command: "smime sign mail.eml --identity alice.p12 --password-file passphrase --out signed.eml"),
      DemoStep(
        title: "and encrypts it for Bob and herself",
        command: """
          smime id export alice.p12 --certificates --password-file passphrase --out alice.pem && \
          smime encrypt signed.eml --recipient bob.pem --recipient alice.pem --out sealed.eml
          """),
      DemoStep(
        title: "Bob opens it",
        command: """
          smime open sealed.eml --identity bob.p12 --password-file passphrase --anchor ca/root.pem --save attachments
          """),
      DemoStep(
        title: "Without a key it stays closed",
        command: "SMIME_HOME=nobody smime open sealed.eml --anchor ca/root.pem", expected: .noKey),
    ]
  }

  private func refusals(_ byte: ChangedByte) -> [DemoStep] {
    [
      DemoStep(
        title: "One byte of the signed mail changes on the way",
        command: """
          cp signed.eml changed.eml && \
          printf \(byte.value) | dd of=changed.eml bs=1 seek=\(byte.offset) conv=notrunc status=none
          """),
      DemoStep(
        title: "and the signature says so", command: "smime verify changed.eml --anchor ca/root.pem", expected: .notGood
      ),
      DemoStep(title: "The mail as it was sent is good", command: "smime verify signed.eml --anchor ca/root.pem"),
    ]
  }

  private var online: [DemoStep] {
    let verify = "smime verify signed.eml --anchor ca/root.pem --online --allow-private --revocation hard"
    return [
      DemoStep(
        title: "The authority answers on the network: a daemon on a port of this machine",
        command: """
          smimed ca --dir ca --listen 127.0.0.1:\(port) --password-file passphrase --port-file smimed.port \
          2> smimed.log & echo $! > smimed.pid
          n=0; until [ -s smimed.port ] || [ $n = 100 ]; do n=$((n + 1)); sleep 0.1; done; [ -s smimed.port ]
          """),
      DemoStep(title: "Whoever is careful asks it, and is told how old the answer is", command: verify),
      DemoStep(
        title: "Alice loses her key; the authority revokes her certificate",
        command: "smime ca revoke \(alice) --ca ca --reason keyCompromise"),
      DemoStep(title: "From then on the same mail is refused, by OCSP", command: verify, expected: .notGood),
      DemoStep(title: "and by CRL", command: "\(verify) --no-ocsp", expected: .notGood),
      DemoStep(title: "The daemon ends", command: "kill $(cat smimed.pid) && rm smimed.pid"),
      DemoStep(
        title: "Who is offline takes the list as a file",
        command: """
          smime ca crl --ca ca --password-file passphrase --out demo.crl && \
          ! smime verify signed.eml --anchor ca/root.pem --crl demo.crl
          """),
    ]
  }

  private var crossCheck: [DemoStep] {
    [
      DemoStep(
        title: "OpenSSL takes the keys",
        command: """
          openssl pkcs12 -in bob.p12 -passin file:passphrase -nodes -out bob-key.pem && \
          openssl pkcs12 -in alice.p12 -passin file:passphrase -nodes -out alice-key.pem
          """, needs: "openssl"),
      DemoStep(
        title: "decrypts what Alice sent",
        command: "openssl cms -decrypt -in sealed.eml -recip bob-key.pem -out opened-by-openssl.eml", needs: "openssl"),
      DemoStep(
        title: "and verifies her signature",
        command: """
          openssl cms -verify -in opened-by-openssl.eml -CAfile ca/root.pem -out verified-by-openssl.eml
          """, needs: "openssl"),
      DemoStep(
        title: "OpenSSL signs and encrypts a mail of its own",
        command: """
          printf 'Content-Type: text/plain\\r\\n\\r\\nMade by another program.\\r\\n' > note.txt && \
          openssl cms -sign -in note.txt -signer alice-key.pem -certfile ca/issuing.pem -out signed-by-openssl.eml && \
          openssl cms -encrypt -aes-256-cbc -in signed-by-openssl.eml -from \(alice) -to \(bob) \
          -subject 'From OpenSSL' -out sealed-by-openssl.eml bob-key.pem
          """, needs: "openssl"),
      DemoStep(
        title: "and Bob opens that too",
        command: """
          smime open sealed-by-openssl.eml --identity bob.p12 --password-file passphrase --anchor ca/root.pem
          """, needs: "openssl"),
    ]
  }
}

/// One letter or digit in the middle of a signed mail, and what to put in its place.
struct ChangedByte {
  let offset: Int
  let value: Character

  init(inMail bytes: [UInt8]) {
    let isPlain = { (byte: UInt8) in
      byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") || byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z")
    }
    let signature = Array("application/pkcs7-signature".utf8)
    let end = bytes.indices.last { bytes[$0...].starts(with: signature) } ?? bytes.count
    let middle = end / 2
    offset = bytes[middle..<end].firstIndex(where: isPlain) ?? middle
    value = bytes.indices.contains(offset) && bytes[offset] == UInt8(ascii: "x") ? "y" : "x"
  }
}
