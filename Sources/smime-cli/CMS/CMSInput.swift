import ByteIO
import CMS
import MIME
import SMIMECrypto

/// A file that must be a CMS object: DER or BER, PEM, or base64.
struct CMSInput {
  /// What it is read from.
  let input: Input
  /// The object's bytes.
  let object: any ByteStream

  init(_ input: Input) throws {
    let mail = try MailInput(input)
    guard mail.form == .cms else {
      throw CommandFailure(
        .unreadable, "\(mail.name): is mail, not a CMS object",
        hint: "read mail with 'smime verify', 'smime decrypt' or 'smime open'")
    }
    self.input = input
    object = try Entity(mail.source).decodedBody
  }

  var name: String { input.name }

  /// The object's type, which must be one of `types`.
  func type(_ types: CMS.ContentType...) throws -> CMS.ContentType {
    do {
      let type = try ContentInfo.contentType(of: object)
      guard types.contains(type) else {
        throw CommandFailure(.unreadable, "\(name): is \(type)", hint: Self.hint(for: type))
      }
      return type
    } catch {
      throw CommandFailure(error, in: name)
    }
  }

  /// Which command is for objects of `type`.
  private static func hint(for type: CMS.ContentType) -> String {
    switch type {
    case .signedData: "'smime cms verify' tells who signed it"
    case .envelopedData, .authEnvelopedData, .encryptedData, .authenticatedData: "'smime cms decrypt' opens it"
    case .digestedData: "nobody signed it; 'smime cms check' tells whether it is damaged"
    case .compressedData: "'smime cms expand' takes the file out of it"
    case .data: "nobody signed it; 'smime cms unwrap' takes the file out of it"
    default: "'smime cms show' tells what it is made of"
    }
  }

  /// Lets `work` write what becomes of the object.
  func write(to output: ObjectOptions, _ work: (any ByteSink) async throws -> Void) async throws {
    do { try await output.write(work) } catch { throw CommandFailure(error, in: name) }
  }
}
