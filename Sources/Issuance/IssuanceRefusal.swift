/// Why an authority does not issue what it was asked for: a rule, where it stands, and what breaks it.
public struct IssuanceRefusal: Error, Hashable, Sendable, CustomStringConvertible {
  /// The field or extension in question.
  public let field: String
  /// Where the rule is written, such as `BR 7.1.2.3 e`.
  public let citation: String
  public let detail: String

  public init(_ field: String, _ citation: String, _ detail: String) {
    self.field = field
    self.citation = citation
    self.detail = detail
  }

  public var description: String { "\(field): \(detail) (\(citation))" }
}
