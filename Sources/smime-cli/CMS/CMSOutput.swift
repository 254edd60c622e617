import ArgumentParser
import ByteIO
import SMIMECrypto

/// How an object is written.
struct ObjectOptions: ParsableArguments {
  @Flag(help: "Write PEM instead of DER.")
  var pem = false

  @OptionGroup var file: OutputOptions

  /// Lets `work` write the object, and makes the file appear.
  func write(_ work: (any ByteSink) async throws -> Void) async throws {
    let output = try file.open(.open)
    if pem {
      let armour = PEMSink(label: "CMS", to: output.sink)
      try await work(armour)
      try armour.finish()
    } else {
      try await work(output.sink)
    }
    try output.commit()
  }
}
