import Foundation
import SMIMETestSupport

/// How a message is signed.
struct Signing: Hashable, Sendable, CustomStringConvertible {
  let key: KeyChoice
  let isDetached: Bool
  let isPSS: Bool

  static let all: [Signing] = KeyChoice.allCases.flatMap { key in
    [true, false].flatMap { detached in
      (key.isRSA ? [false, true] : [false]).map { Signing(key: key, isDetached: detached, isPSS: $0) }
    }
  }

  var description: String {
    "\(key) \(isPSS ? "PSS" : key.isRSA ? "v1.5" : "ECDSA") \(isDetached ? "detached" : "opaque")"
  }
}

/// How a message is encrypted.
struct Encrypting: Hashable, Sendable, CustomStringConvertible {
  let key: KeyChoice
  let isGCM: Bool
  let isOAEP: Bool

  static let all: [Encrypting] = KeyChoice.allCases.flatMap { key in
    [false, true].flatMap { gcm in
      (key.isRSA ? [false, true] : [false]).map { Encrypting(key: key, isGCM: gcm, isOAEP: $0) }
    }
  }

  var description: String {
    "\(key) \(isOAEP ? "OAEP" : key.isRSA ? "v1.5" : "ECDH") AES-256-\(isGCM ? "GCM" : "CBC")"
  }
}

/// A program that others secure their mail with.
protocol Peer: AnyObject {
  static var program: String { get }

  /// What the peer is known not to do; nil where it must work.
  func limit(writing signing: Signing) -> Limit?
  func limit(reading signing: Signing) -> Limit?
  func limit(writing encrypting: Encrypting) -> Limit?
  func limit(reading encrypting: Encrypting) -> Limit?

  func sign(_ content: [UInt8], by member: Member, _ signing: Signing) throws -> [UInt8]
  /// Throws unless the peer calls the signature and its path good.
  func verify(_ object: [UInt8], content: [UInt8], _ signing: Signing) throws
  func encrypt(_ content: [UInt8], for member: Member, _ encrypting: Encrypting) throws -> [UInt8]
  func decrypt(_ object: [UInt8], by member: Member) throws -> [UInt8]
}

/// Why a combination is not demanded of a peer.
enum Limit: Sendable {
  /// There is no way to ask for it, or asking ends the peer: it is not tried.
  case notAsked(String)
  /// It is tried and fails, with the versions that were seen; a newer one may have learnt it.
  case fails(String)
}

/// A peer did not do what it was asked.
struct PeerFailure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }

  init(_ program: String, _ result: ProgramResult) {
    description = "\(program) ended with \(result.status): \(result.errors.suffix(600)) \(result.text.suffix(300))"
  }
}

/// A missing peer is skipped on a developer's machine, and a failure where `CI` is `true`. Keys go to the peers under 3DES,
/// the only cipher that all of them import; without the OpenSSL trait there is none, and no exchange.
func isAvailable(_ program: String) -> Bool {
  #if OpenSSL
    return isInstalled(program) || ProcessInfo.processInfo.environment["CI"] == "true"
  #else
    return false
  #endif
}

/// Runs `program` and throws unless it ends well.
@discardableResult
func perform(
  _ program: String, _ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:],
  in folder: String
) throws -> ProgramResult {
  let result = try run(program, arguments, input: input, environment: environment, in: folder)
  guard result.status == 0, !result.crashed else {
    throw PeerFailure("\(program) \(arguments.joined(separator: " "))", result)
  }
  return result
}
