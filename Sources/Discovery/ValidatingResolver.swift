#if DNSSEC
  import CUnbound
  import Fetching

  #if canImport(Glibc)
    import Glibc
  #elseif canImport(Musl)
    import Musl
  #else
    import Darwin
  #endif

  /// libunbound, for one question.
  @safe final class ValidatingResolver {
    private let lookup: AssociationLookup
    private let context: OpaquePointer

    /// RFC 8162 §8, RFC 1035 §3.2.4
    private static let smimea: CInt = 53
    private static let internet: CInt = 1
    private static let systemAnchors = [
      "/usr/share/dns/root.key", "/var/lib/unbound/root.key", "/etc/unbound/root.key",
    ]

    init(_ lookup: AssociationLookup) throws(FetchFailure) {
      guard
        let anchors = lookup.anchors ?? Self.systemAnchors.first(where: { unsafe access($0, R_OK) == 0 })
      else { throw FetchFailure(.unavailable, "no DNSSEC trust anchor is here: install dns-root-data") }
      guard unsafe access(anchors, R_OK) == 0 else {
        throw FetchFailure(.unavailable, "the DNSSEC trust anchors in \(anchors) cannot be read")
      }
      guard let context = unsafe ub_ctx_create() else { throw FetchFailure(.unavailable, "DNS cannot be asked") }
      self.lookup = lookup
      unsafe self.context = context
      try check(unsafe ub_ctx_add_ta_file(context, anchors))
      // Whoever the user names is asked, wherever that is; nobody else ever is, so that no answer leads to this machine.
      try check(unsafe ub_ctx_set_option(context, "do-not-query-localhost:", "no"))
      if let server = lookup.nameServer {
        try check(unsafe ub_ctx_set_fwd(context, server))
      } else {
        try check(unsafe ub_ctx_resolvconf(context, nil))
      }
      try check(unsafe ub_ctx_async(context, 1))
    }

    deinit { unsafe ub_ctx_delete(context) }

    private func check(_ status: CInt) throws(FetchFailure) {
      guard status == 0 else { throw Self.failure(status) }
    }

    private static func failure(_ status: CInt) -> FetchFailure {
      let words = unsafe ub_strerror(status).map { unsafe String(cString: $0) } ?? "error \(status)"
      return FetchFailure(.unavailable, "DNS cannot be asked: \(words)")
    }

    /// What the library hands over when it is done.
    @safe private final class Reply {
      var status: CInt?
      var result: UnsafeMutablePointer<ub_result>?

      deinit { unsafe ub_resolve_free(result) }
    }

    func records() throws(FetchFailure) -> [[UInt8]] {
      let reply = Reply()
      var identifier: CInt = 0
      try check(
        unsafe ub_resolve_async(
          context, lookup.name.name, Self.smimea, Self.internet, Unmanaged.passUnretained(reply).toOpaque(),
          { pointer, status, result in
            guard let pointer = unsafe pointer else { return }
            let reply = unsafe Unmanaged<Reply>.fromOpaque(pointer).takeUnretainedValue()
            reply.status = status
            unsafe reply.result = result
          }, &identifier))
      let end = ContinuousClock.now + .milliseconds(lookup.milliseconds)
      while reply.status == nil {
        let left = ContinuousClock.now.duration(to: end).components
        guard left.seconds >= 0, left.attoseconds >= 0 else {
          // It calls nobody any more after this.
          unsafe ub_cancel(context, identifier)
          throw FetchFailure(.timeout, "no answer in time")
        }
        let milliseconds = left.seconds * 1_000 + left.attoseconds / 1_000_000_000_000_000 + 1
        var wait = pollfd(fd: unsafe ub_fd(context), events: Int16(POLLIN), revents: 0)
        if unsafe poll(&wait, 1, CInt(clamping: milliseconds)) > 0 { try check(unsafe ub_process(context)) }
      }
      return try read(reply)
    }

    private func read(_ reply: Reply) throws(FetchFailure) -> [[UInt8]] {
      if let status = reply.status, status != 0 { throw Self.failure(status) }
      guard let result = unsafe reply.result?.pointee else { throw FetchFailure(.unavailable, "DNS does not answer") }
      guard unsafe result.bogus == 0 else {
        let why = unsafe result.why_bogus.map { unsafe String(cString: $0) } ?? "no reason is known"
        throw FetchFailure(.bogus, "DNSSEC's signatures do not hold: \(why)")
      }
      // 0 is no error, 3 is a name that does not exist (RFC 1035 §4.1.1).
      guard unsafe result.rcode == 0 || result.rcode == 3 else {
        throw FetchFailure(.connection, "the name server answers with the error \(unsafe result.rcode)")
      }
      guard unsafe result.secure != 0 else {
        throw FetchFailure(.insecure, "the domain is not signed, so that what DNS says of it is not used")
      }
      guard unsafe result.havedata != 0, let data = unsafe result.data, let lengths = unsafe result.len else {
        throw FetchFailure(.absent, "there is no SMIMEA record")
      }
      var records: [[UInt8]] = []
      var bytes = 0
      while let start = unsafe data[records.count] {
        let content = unsafe UnsafeRawBufferPointer(start: start, count: Int(lengths[records.count]))
        bytes += content.count
        guard records.count < AssociationRecords.countLimit, bytes <= lookup.byteLimit else {
          throw FetchFailure(.tooLarge, "there are too many SMIMEA records")
        }
        records.append(unsafe Array(content))
      }
      return records
    }
  }
#endif
