import ByteIO
import CMS
import MIME
import SMIMECrypto

/// A file that must be a CMS object: DER or BER, PEM, or base64.
struct CMSInput {
  let name: String
  /// The object's bytes.
  let object: any ByteStream

  init(_ input: Input) throws {
    let mail = try MailInput(input)
    guard mail.form == .cms else {
      throw CommandFailure(
        .unreadable, "\(mail.name): is mail, not a CMS object",
        hint: "read mail with 'smime verify', 'smime decrypt' or 'smime open'")
    }
    name = mail.name
    object = try Entity(mail.source).decodedBody
  }

  /// The object's type, which must be one of `types`.
  func type(_ types: CMS.ContentType...) throws -> CMS.ContentType {
    do {
      let type = try ContentInfo.contentType(of: object)
      guard types.contains(type) else {
        let hint =
          type == .digestedData
          ? "nobody signed it; 'smime cms check' tells whether it is damaged"
          : "'smime cms show' tells what it is made of"
        throw CommandFailure(.unreadable, "\(name): is \(type)", hint: hint)
      }
      return type
    } catch {
      throw CommandFailure(error, in: name)
    }
  }

  /// Lets `work` write what becomes of the object.
  func write(to output: ObjectOptions, _ work: (any ByteSink) async throws -> Void) async throws {
    do { try await output.write(work) } catch { throw CommandFailure(error, in: name) }
  }
}
