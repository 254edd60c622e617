import ByteIO
import Glibc

/// What happens when the user or the system ends the command early.
enum Signals {
  /// Removes half-written files before the process ends by a signal.
  static func removeTemporaryFiles() {
    // Once outside of a signal handler, so that nothing is allocated inside of it.
    TemporaryFiles.removeAll()
    for number in [SIGINT, SIGTERM, SIGHUP] {
      signal(number) { number in
        TemporaryFiles.removeAll()
        signal(number, SIG_DFL)
        raise(number)
      }
    }
  }
}
