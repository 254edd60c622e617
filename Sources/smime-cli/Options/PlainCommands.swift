// What each mail command, and each group of its options, takes from a plain line. Every option gets a value here: one
// that was never given one cannot be read.

extension Sign: PlainOptions {
  init(_ plain: inout PlainArguments) {
    self.init()
    identities = IdentityOptions(&plain)
    opaque = plain.flag("--opaque")
    output = OutputOptions(&plain)
    input = InputOptions(&plain)
  }
}

extension Verify: PlainOptions {
  init(_ plain: inout PlainArguments) {
    self.init()
    trust = TrustOptions(&plain)
    output = OutputOptions(&plain)
    format = FormatOptions(&plain)
    input = InputOptions(&plain)
  }
}

extension Encrypt: PlainOptions {
  init(_ plain: inout PlainArguments) {
    self.init()
    recipients = RecipientOptions(&plain)
    modern = plain.flag("--modern")
    compatible = plain.flag("--compatible")
    verbose = plain.flag("--verbose", "-v")
    output = OutputOptions(&plain)
    format = FormatOptions(&plain)
    input = InputOptions(&plain)
  }
}

extension Decrypt: PlainOptions {
  init(_ plain: inout PlainArguments) {
    self.init()
    identities = IdentityOptions(&plain)
    algorithms = PolicyOptions(&plain)
    output = OutputOptions(&plain)
    input = InputOptions(&plain)
  }
}

extension Open: PlainOptions {
  init(_ plain: inout PlainArguments) {
    self.init()
    identities = IdentityOptions(&plain)
    trust = TrustOptions(&plain)
    save = plain.value("--save")
    format = FormatOptions(&plain)
    input = InputOptions(&plain)
  }
}

extension InputOptions: PlainOptions {
  init(_ plain: inout PlainArguments) {
    self.init()
    file = plain.file()
  }
}

extension OutputOptions: PlainOptions {
  init(_ plain: inout PlainArguments) {
    self.init()
    out = plain.value("--out", "-o")
    force = plain.flag("--force")
  }
}

extension FormatOptions: PlainOptions {
  init(_ plain: inout PlainArguments) {
    self.init()
    json = plain.flag("--json")
  }
}

extension IdentityOptions: PlainOptions {
  init(_ plain: inout PlainArguments) {
    self.init()
    files = plain.values("--identity", "-i")
    passwords = PasswordOptions(&plain)
  }
}

extension PasswordOptions: PlainOptions {
  init(_ plain: inout PlainArguments) {
    self.init()
    texts = plain.values("--password")
    files = plain.values("--password-file")
    variables = plain.values("--password-env")
  }
}

extension RecipientOptions: PlainOptions {
  init(_ plain: inout PlainArguments) {
    self.init()
    recipients = plain.values("--recipient", "-r")
    plain.leaveToParser(unlessValid: self)
  }
}

extension TrustOptions: PlainOptions {
  init(_ plain: inout PlainArguments) {
    self.init()
    anchors = plain.values("--anchor")
    intermediates = plain.values("--intermediate")
    lists = plain.values("--crl")
    revocation = plain.value("--revocation", .soft)
    purpose = plain.value("--purpose", .email)
    network = NetworkOptions(&plain)
    time = TimeOptions(&plain)
    algorithms = PolicyOptions(&plain)
  }
}

extension NetworkOptions: PlainOptions {
  init(_ plain: inout PlainArguments) {
    self.init()
    online = plain.flag("--online")
    offline = plain.flag("--offline")
    allowPrivate = plain.flag("--allow-private")
    ocspNonce = plain.flag("--ocsp-nonce")
    ocspUrl = plain.values("--ocsp-url")
    noOcsp = plain.flag("--no-ocsp")
    plain.leaveToParser(unlessValid: self)
  }
}

extension TimeOptions: PlainOptions {
  init(_ plain: inout PlainArguments) {
    self.init()
    let text = plain.value("--at")
    at = text.flatMap { Instant(argument: $0) }
    if text != nil, at == nil { plain.leaveToParser() }
  }
}

extension PolicyOptions: PlainOptions {
  init(_ plain: inout PlainArguments) {
    self.init()
    legacy = plain.flag("--legacy")
  }
}
