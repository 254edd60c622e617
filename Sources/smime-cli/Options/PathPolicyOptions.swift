import ArgumentParser
import PKIX
import SMIMECrypto
import SwiftASN1

/// Which certificate policies a path must be valid for.
struct PathPolicyOptions: ParsableArguments {
  @Option(
    name: .customLong("policy"),
    help: ArgumentHelp(
      "A certificate policy that will do, such as 2.23.140.1.5.1.3; any if left out. May be repeated.", valueName: "oid"
    ))
  var policies: [PolicyName] = []

  @Flag(help: "Ask for a policy even where no certificate does.")
  var explicitPolicy = false

  @Flag(help: "Let no policy count as another, whatever authorities say.")
  var inhibitMapping = false

  @Flag(help: "Let anyPolicy in a certificate stand for nothing.")
  var inhibitAnyPolicy = false

  var request: PolicyRequest { request() }

  /// The request that these options describe, with what a case of a batch says instead.
  func request(
    policies: [PolicyName]? = nil, explicit: Bool? = nil, noMapping: Bool? = nil, noAnyPolicy: Bool? = nil
  ) -> PolicyRequest {
    var demands: PolicyRequest.Demands = []
    if explicit ?? explicitPolicy { demands.insert(.explicitPolicy) }
    if noMapping ?? inhibitMapping { demands.insert(.noMapping) }
    if noAnyPolicy ?? inhibitAnyPolicy { demands.insert(.noAnyPolicy) }
    return PolicyRequest(accepting: (policies ?? self.policies).map(\.oid), demanding: demands)
  }
}

/// An object identifier as it is typed.
struct PolicyName: ExpressibleByArgument {
  let oid: ASN1ObjectIdentifier

  init?(argument: String) {
    guard let oid = ASN1ObjectIdentifier(digits: argument) else { return nil }
    self.oid = oid
  }
}
