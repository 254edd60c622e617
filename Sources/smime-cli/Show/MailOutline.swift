import ByteIO
import CMS
import MIME

/// The structure of a mail: its parts, and the CMS objects in them. Nothing is judged here, and nothing decrypted.
enum MailOutline {
  static func outline(of source: any ByteSource) throws -> Outline {
    let message = try Message(source)
    var result = Outline()
    for name in ["From", "Sender", "To", "Cc", "Subject", "Date", "Message-ID"] {
      result[name.lowercased()] = .texts(message.entity.header.all(name).map(\.decodedValue))
    }
    result["structure"] = .outline(try outline(of: message.entity))
    result["defects"] = .texts(message.defects.map(\.description))
    return result
  }

  private static func outline(of entity: Entity) throws -> Outline {
    var result: Outline = ["type": .text(entity.contentType.name)]
    if !entity.transferEncoding.isIdentity { result["encoding"] = .text(entity.transferEncoding.rawValue) }
    result["charset"] = entity.contentType.parameters["charset"].map(Outline.Node.text)
    result["disposition"] = entity.disposition.map(Outline.Node.text)
    result["file"] = entity.fileName.map(Outline.Node.text)
    result["bytes"] = .number(entity.bodyRange.count)
    if entity.mayHoldCMS {
      do {
        result["cms"] = .outline(try CMSOutline.outline(of: entity.decodedBody))
      } catch {
        result["cms"] = .text("cannot be read: \(error)")
      }
    }
    result["part"] = .outlines(try entity.parts.map(outline))
    result["defects"] = .texts(entity.defects.map(\.description))
    return result
  }
}

extension Entity {
  /// RFC 8551 §3.2, §3.9: the media types of CMS, and the file names that stand in for them.
  var mayHoldCMS: Bool {
    switch contentType.name {
    case "application/pkcs7-mime", "application/x-pkcs7-mime", "application/pkcs7-signature",
      "application/x-pkcs7-signature":
      true
    case "application/octet-stream":
      [".p7m", ".p7s", ".p7c", ".p7z"].contains { fileName?.lowercased().hasSuffix($0) == true }
    default: false
    }
  }
}
