import ByteIO
import CMS
import CertificateAuthority
import Issuance
import MIME
import SMIMECrypto
import SMIMEPKCS11
import SMIMEStore

/// The exit statuses of every command.
enum ExitStatus: Int32, Sendable {
  /// Everything asked for was done, and what was judged is good.
  case good = 0
  /// What was judged is not good, or could not be decrypted.
  case notGood = 1
  case usage = 64
  /// The outer input cannot be read as what the command expects.
  case unreadable = 65
  case noInput = 66
  case unavailable = 69
  case cannotCreate = 73
  /// No key for it, wrong password, permission.
  case noKey = 77
}

/// Why a command ends early: one line of what and where, and what to do about it. In lower case, without a full stop.
struct CommandFailure: Error {
  let status: ExitStatus
  let message: String
  let hints: [String]

  init(_ status: ExitStatus, _ message: String, hint: String...) {
    self.init(status, message, hints: hint)
  }

  init(_ status: ExitStatus, _ message: String, hints: [String]) {
    self.status = status
    self.message = message
    self.hints = hints
  }

  /// What `error`, met while working on `place`, means to the user. The one table from errors to exit statuses.
  init(_ error: any Error, in place: String? = nil) {
    let place = place.map { "\($0): " } ?? ""
    self =
      switch error {
      case let failure as CommandFailure: failure
      case let failure as IOFailure: CommandFailure(failure)
      case let failure as Malformed: CommandFailure(.unreadable, "\(place)\(failure)")
      case let failure as Unsupported:
        CommandFailure(
          .unreadable, "\(place)\(failure)", hints: failure.isOutdated ? [PolicyOptions.readingHint] : [])
      case let failure as LimitExceeded: CommandFailure(.unreadable, "\(place)\(failure)")
      case is WrongPassword:
        CommandFailure(
          .noKey, "\(place)no password given opens it",
          hint: "give it with --password-file FILE, or leave the option out to be asked")
      case let failure as KeyMissing: CommandFailure(.noKey, "\(place)\(failure)", hints: failure.hints)
      case let failure as UnsafeForTransport:
        CommandFailure(
          .unreadable, "\(place)\(failure)", hint: "sign it with --opaque, which leaves the part as it is")
      case let failure as TokenFailure: CommandFailure(failure, place)
      case let failure as AuthorityFailure: CommandFailure(failure)
      case let failure as StoreFailure: CommandFailure(failure)
      case let failure as IssuanceRefusal: CommandFailure(.notGood, "\(place)\(failure)")
      case let failure as DecryptionFailed: CommandFailure(.notGood, "\(place)\(failure)")
      case let failure as ContentChanged:
        CommandFailure(.notGood, "\(place)\(failure)", hint: "try again when nobody writes to it")
      default: CommandFailure(.notGood, "\(place)\(error)")
      }
  }

  private init(_ failure: IOFailure) {
    switch failure.reason {
    case .exists:
      self.init(.cannotCreate, "\(failure)", hint: "use --force to replace it")
    case .cannotCreate, .cannotWrite:
      self.init(.cannotCreate, "\(failure)")
    case .cannotOpen, .isDirectory, .cannotRead, .truncated:
      self.init(.noInput, "\(failure)")
    }
  }

  private init(_ failure: TokenFailure, _ place: String) {
    let message = "\(place)\(failure)"
    switch failure {
    case .notBuilt: self.init(.unavailable, message, hint: "build it with the trait PKCS11")
    case .libraryMissing: self.init(.unavailable, message, hint: "install p11-kit")
    case .moduleUnusable, .refused: self.init(.unavailable, message)
    case .noToken, .noIdentity:
      self.init(.noInput, message, hint: "'smime token list' shows what is there")
    case .pinMissing:
      self.init(
        .noKey, message, hint: "give it by ?pin-source=file:PATH in the address, or with --password-file FILE")
    case .pinWrong: self.init(.noKey, message, hint: "after a few wrong ones a token takes none any more")
    case .pinLocked, .keyMismatch: self.init(.noKey, message)
    }
  }

  private init(_ failure: StoreFailure) {
    switch failure.reason {
    case .cannotOpen: self.init(.noInput, "\(failure)")
    case .cannotWrite: self.init(.cannotCreate, "\(failure)")
    case .busy: self.init(.unavailable, "\(failure)", hint: "try again when it is done")
    case .damaged:
      self.init(
        .unreadable, "\(failure)",
        hint: "nothing was written; keep a copy of the folder, and 'sqlite3 store.db .recover' may save what is left")
    case .newer: self.init(.unreadable, "\(failure)", hint: "use that version, or another $SMIME_HOME")
    }
  }

  private init(_ failure: AuthorityFailure) {
    switch failure {
    case .missing:
      self.init(.noInput, "\(failure)", hint: "make one with 'smime ca init', or name its folder with --ca")
    case .exists: self.init(.cannotCreate, "\(failure)")
    case .damaged: self.init(.unreadable, "\(failure)", hint: "nothing was written; go back to a copy of the folder")
    case .notFound: self.init(.noInput, "\(failure)")
    case .refused: self.init(.notGood, "\(failure)")
    case .queueFull: self.init(.unavailable, "\(failure)", hint: "decide some with 'smime ca request approve|reject'")
    }
  }
}

extension KeyMissing {
  /// How the keys that would open it are given.
  fileprivate var hints: [String] {
    Kind.allCases.filter(kinds.contains).map { kind in
      switch kind {
      case .certificateKey: "give the key that it asks for with --identity FILE, or 'smime id import' it"
      case .sharedKey: "give the shared key by its identifier: 'smime cms decrypt --shared-key IDENTIFIER:FILE'"
      case .password: "give the password: 'smime cms decrypt --password-file FILE'"
      }
    }
  }
}
