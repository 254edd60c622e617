/// How much is demanded of the certificates on a path.
public enum PathProfile: String, Hashable, Sendable, CaseIterable {
  /// RFC 5280 §6, and what an anchor's certificate says of the paths below it. An anchor is trusted whatever its own
  /// validity, signature and form.
  case path
  /// Also what RFC 5280 §4.1 and §4.2 demand of every certificate of its profile, the anchor and its validity included.
  case rfc5280
}
