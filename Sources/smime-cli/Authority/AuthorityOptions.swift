import ArgumentParser
import CertificateAuthority
import Glibc
import PKIX
import SMIMECrypto

/// Which authority.
struct AuthorityOptions: ParsableArguments {
  @Option(name: .customLong("ca"), help: ArgumentHelp("The authority's folder.", valueName: "folder"))
  var folder: String?

  var path: String { folder ?? "\(Home.folder)/ca" }

  /// The authority, ready to work; what had to be healed is said.
  func open() throws -> Authority {
    let authority = try Authority(folder: path)
    if let healed = authority.healed { Terminal.warning(healed) }
    return authority
  }
}

extension Authority {
  /// One of the two authorities with its key, opened with the first password that fits.
  func identity(_ level: Level, unlock: Unlock) throws -> Identity {
    let name = "\(folder)/\(level.rawValue).key"
    do {
      return try unlock.open(named: name) { try identity(level, password: $0) }
    } catch {
      throw CommandFailure(error, in: name)
    }
  }

  /// `certificate` and the one above it, as PEM.
  func bundle(_ certificate: Certificate) -> [UInt8] {
    Array((certificate.pem + self.certificate(.issuing).pem).utf8)
  }
}

/// Who decides about requests.
struct ApproverOptions: ParsableArguments {
  @Option(
    name: .customLong("by"),
    help: ArgumentHelp("Who decides, for the record; your login name if left out.", valueName: "name"))
  var approver: String?

  var name: String {
    get throws {
      if let approver { return approver }
      guard let entry = unsafe getpwuid(getuid()) else {
        throw ValidationError("your login name is not known: say who you are with --by NAME")
      }
      return unsafe String(cString: entry.pointee.pw_name)
    }
  }
}
