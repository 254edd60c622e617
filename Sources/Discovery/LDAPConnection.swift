#if LDAP
  import CLDAP
  import Fetching

  #if canImport(Glibc)
    import Glibc
  #elseif canImport(Musl)
    import Musl
  #else
    import Darwin
  #endif

  /// libldap on a socket that is connected already, used by one thread. What the system's or the user's own settings of
  /// libldap say is set anew: nothing of them counts.
  @safe final class LDAPConnection {
    private let question: DirectorySearch
    private let handle: OpaquePointer
    private let line: OpenLine
    private let end: ContinuousClock.Instant

    /// Takes the socket, and closes it in the end.
    init(_ socket: CInt, _ line: OpenLine, _ search: DirectorySearch) throws(FetchFailure) {
      self.line = line
      question = search
      end = .now + .milliseconds(search.milliseconds)
      // The scheme is the one without TLS: that is begun below, against the name that stands here.
      let url = "ldap://\(question.url.host.text(usualPort: 0))"
      var handle: OpaquePointer?
      guard unsafe ldap_init_fd(socket, LDAP_PROTO_TCP, url, &handle) == LDAP_SUCCESS, let opened = unsafe handle else {
        line.leave()
        close(socket)
        throw FetchFailure(.connection, "no connection")
      }
      unsafe self.handle = opened
      try configure()
      // Debian's libldap cannot begin TLS on a socket that does not block.
      _ = fcntl(socket, F_SETFL, 0)
      try beginTLS()
      // Not blocking, an answer that stops within a message holds nobody for longer than asked.
      _ = fcntl(socket, F_SETFL, O_NONBLOCK)
    }

    deinit {
      // Before the socket is closed, so that nobody cuts another that got its number.
      line.leave()
      _ = unsafe ldap_unbind_ext(handle, nil, nil)
    }

    // MARK: Settings

    private func set(_ option: CInt, _ value: CInt) throws(FetchFailure) {
      var value = value
      try check(unsafe ldap_set_option(handle, option, &value))
    }

    private func set(_ option: CInt, _ value: String) throws(FetchFailure) {
      try check(unsafe ldap_set_option(handle, option, value))
    }

    private func check(_ status: CInt) throws(FetchFailure) {
      guard status == LDAP_SUCCESS else { throw FetchFailure(.unavailable, "libldap refuses a setting") }
    }

    private func configure() throws(FetchFailure) {
      try set(LDAP_OPT_PROTOCOL_VERSION, LDAP_VERSION3)
      try set(LDAP_OPT_DEREF, LDAP_DEREF_NEVER)
      // A referral is another host, which nobody checked.
      try check(unsafe ldap_set_option(handle, LDAP_OPT_REFERRALS, nil))
      try check(unsafe ldap_set_option(handle, LDAP_OPT_RESTART, nil))
      var time = remaining
      try check(unsafe ldap_set_option(handle, LDAP_OPT_NETWORK_TIMEOUT, &time))
      try check(unsafe ldap_set_option(handle, LDAP_OPT_TIMEOUT, &time))
      var buffer: OpaquePointer?
      try check(unsafe ldap_get_option(handle, LDAP_OPT_SOCKBUF, &buffer))
      // An entry in one message is no larger than all may be together; a little more for what is around the values.
      var most = ber_len_t(question.byteLimit + (64 << 10))
      guard unsafe ber_sockbuf_ctrl(buffer, LBER_SB_OPT_SET_MAX_INCOMING, &most) == 1 else {
        throw FetchFailure(.unavailable, "libldap refuses a setting")
      }
    }

    private static let systemAnchors = [
      "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem",
    ]

    /// As libldap writes the version: 3.3.
    private static let tls12: CInt = 3 << 8 | 3

    private func beginTLS() throws(FetchFailure) {
      guard question.url.privacy != .none else { return }
      guard
        let anchors = question.hostAnchors ?? Self.systemAnchors.first(where: { unsafe access($0, R_OK) == 0 })
      else { throw FetchFailure(.unavailable, "no certificates to hold the directory's against are here") }
      try set(LDAP_OPT_X_TLS_CACERTFILE, anchors)
      // No certificate of the user's own is shown.
      try check(unsafe ldap_set_option(handle, LDAP_OPT_X_TLS_CERTFILE, nil))
      try check(unsafe ldap_set_option(handle, LDAP_OPT_X_TLS_KEYFILE, nil))
      try set(LDAP_OPT_X_TLS_REQUIRE_CERT, LDAP_OPT_X_TLS_DEMAND)
      // Whatever libldap's settings files and environment say: the host's name stands in the certificate, as its other name.
      try set(LDAP_OPT_X_TLS_REQUIRE_SAN, LDAP_OPT_X_TLS_DEMAND)
      try set(LDAP_OPT_X_TLS_PROTOCOL_MIN, Self.tls12)
      guard
        unsafe withUnsafePointer(to: CInt(0), { unsafe ldap_set_option(handle, LDAP_OPT_X_TLS_NEWCTX, $0) })
          == LDAP_SUCCESS
      else { throw FetchFailure(.connection, "no secure connection: \(anchors) cannot be read") }
      // Both verify the chain, and the host's name against the one in the URL.
      // QUIRK: libldap takes `localhost` for this machine's own name.
      let status =
        question.url.privacy == .startTLS
        ? unsafe ldap_start_tls_s(handle, nil, nil) : unsafe ldap_install_tls(handle)
      guard status == LDAP_SUCCESS else {
        if end <= .now { throw FetchFailure(.timeout, "no answer in time") }
        // GnuTLS has no words for a certificate that is not the host's.
        let why = diagnostic ?? "the certificate is not \(question.url.host.name)'s, or by nobody who is trusted"
        throw FetchFailure(.connection, "no secure connection: \(why)")
      }
    }

    // MARK: Searching

    func search() throws(FetchFailure) -> [DirectorySearch.Value] {
      let scope =
        switch question.url.scope {
        case .base, nil: LDAP_SCOPE_BASE
        case .one: LDAP_SCOPE_ONELEVEL
        case .sub: LDAP_SCOPE_SUBTREE
        }
      let filter = question.url.filter?.description ?? "(objectClass=*)"
      var identifier: CInt = 0
      var time = remaining
      let names = unsafe question.attributes.map { unsafe strdup($0) }
      defer { unsafe names.forEach { unsafe free($0) } }
      var list = unsafe names + [nil]
      let status = unsafe ldap_search_ext(
        handle, question.url.base, CInt(scope), filter, &list, 0, nil, nil, &time, CInt(clamping: question.entryLimit),
        &identifier)
      guard status == LDAP_SUCCESS else { throw failure(status) }
      return try answers(to: identifier)
    }

    private func answers(to identifier: CInt) throws(FetchFailure) -> [DirectorySearch.Value] {
      var values: [DirectorySearch.Value] = []
      var count = 0
      var bytes = 0
      while true {
        guard end > .now else { throw FetchFailure(.timeout, "no answer in time") }
        var time = remaining
        var message: OpaquePointer?
        let kind = unsafe ldap_result(handle, identifier, LDAP_MSG_ONE, &time, &message)
        defer { _ = unsafe ldap_msgfree(message) }
        switch ber_tag_t(truncatingIfNeeded: kind) {
        case 0: throw FetchFailure(.timeout, "no answer in time")
        case LDAP_RES_SEARCH_ENTRY:
          count += 1
          guard count <= question.entryLimit else {
            throw FetchFailure(.tooLarge, "the answer has more than \(question.entryLimit) entries")
          }
          values += unsafe entry(message, &bytes)
          guard bytes <= question.byteLimit else {
            throw FetchFailure(.tooLarge, "the answer is larger than \(question.byteLimit) bytes")
          }
        case LDAP_RES_SEARCH_RESULT:
          try unsafe finish(message, found: count)
          return values
        case LDAP_RES_SEARCH_REFERENCE, LDAP_RES_INTERMEDIATE: continue
        default:
          var code: CInt = 0
          _ = unsafe ldap_get_option(handle, LDAP_OPT_RESULT_CODE, &code)
          throw failure(code)
        }
      }
    }

    /// The values of one entry, and as many of them as may still be kept.
    private func entry(_ message: OpaquePointer?, _ bytes: inout Int) -> [DirectorySearch.Value] {
      var values: [DirectorySearch.Value] = []
      var position: OpaquePointer?
      var next = unsafe ldap_first_attribute(handle, message, &position)
      defer { unsafe ber_free(position, 0) }
      while let name = unsafe next {
        defer { unsafe ldap_memfree(name) }
        let attribute = unsafe String(cString: name).prefix { $0 != ";" }.lowercased()
        if let list = unsafe ldap_get_values_len(handle, message, name) {
          defer { unsafe ldap_value_free_len(list) }
          for index in 0..<Int(unsafe ldap_count_values_len(list)) {
            guard let value = unsafe list[index], let start = unsafe value.pointee.bv_val else { continue }
            let length = Int(clamping: unsafe value.pointee.bv_len)
            bytes += length
            guard bytes <= question.byteLimit else { return values }
            let content = unsafe UnsafeRawBufferPointer(start: start, count: length)
            values.append(DirectorySearch.Value(attribute: attribute, bytes: unsafe Array(content)))
          }
        }
        unsafe next = ldap_next_attribute(handle, message, position)
      }
      return values
    }

    /// RFC 4511 §4.1.9
    private func finish(_ message: OpaquePointer?, found count: Int) throws(FetchFailure) {
      var code: CInt = 0
      guard unsafe ldap_parse_result(handle, message, &code, nil, nil, nil, nil, 0) == LDAP_SUCCESS else {
        throw FetchFailure(.malformed, "the answer is no LDAP")
      }
      switch code {
      case LDAP_SUCCESS: return
      case LDAP_NO_SUCH_OBJECT: throw FetchFailure(.absent, "there is no such entry")
      case LDAP_REFERRAL:
        throw FetchFailure(.status, "it refers to another directory, which is not followed")
      // What was sent before is as good as ever.
      case LDAP_SIZELIMIT_EXCEEDED where count > 0: return
      default: throw FetchFailure(.status, "it answers \(code) (\(Self.words(code)))")
      }
    }

    // MARK: Words

    private func failure(_ code: CInt) -> FetchFailure {
      switch code {
      case LDAP_SERVER_DOWN: FetchFailure(.truncated, "the connection ended, or its answer was too large")
      case LDAP_TIMEOUT: FetchFailure(.timeout, "no answer in time")
      case LDAP_DECODING_ERROR: FetchFailure(.malformed, "the answer is no LDAP")
      default: FetchFailure(.status, Self.words(code))
      }
    }

    private static func words(_ code: CInt) -> String {
      guard let text = unsafe ldap_err2string(code) else { return "error \(code)" }
      return unsafe String(cString: text)
    }

    /// What libldap has to say of the last error.
    private var diagnostic: String? {
      var text: UnsafeMutablePointer<CChar>?
      guard unsafe ldap_get_option(handle, LDAP_OPT_DIAGNOSTIC_MESSAGE, &text) == LDAP_SUCCESS,
        let found = unsafe text
      else { return nil }
      defer { unsafe ldap_memfree(found) }
      let words = unsafe String(cString: found)
      return words.isEmpty || words == "(unknown error code)" ? nil : words
    }

    /// What is left of the time, at least a moment.
    private var remaining: timeval {
      let left = max(ContinuousClock.now.duration(to: end), .milliseconds(1)).components
      return timeval(
        tv_sec: time_t(left.seconds), tv_usec: suseconds_t(left.attoseconds / 1_000_000_000_000))
    }
  }
#endif
