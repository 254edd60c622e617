import ByteIO
import MIME
import Testing

/// RFC 2046 §5.1: what belongs to which part, to the byte.
struct EntityTests {
  private static let nested = """
    From: a@example.com
    MIME-Version: 1.0
    Content-Type: multipart/mixed; boundary="outer"

    preamble
    --outer
    Content-Type: multipart/alternative; boundary=inner

    --inner
    Content-Type: text/plain

    plain
    --inner \t
    Content-Type: text/html

    <b>html</b>

    --inner--
    inner epilogue
    --outer
    Content-Type: message/rfc822

    Subject: within

    body within
    --outer--
    epilogue

    """

  private func bytes(_ entity: Entity, _ range: Range<Int>?) throws -> String {
    text(try entity.source.bytes(in: try #require(range)))
  }

  @Test(arguments: [1, 2, 3, 7, 64, windowSize])
  func nestedParts(window: Int) throws {
    let message = crlf(Self.nested)
    let root = try Entity(DripSource(message, most: window))
    #expect(root.range == 0..<message.count)
    #expect(root.allDefects.isEmpty)
    #expect(
      root.all.map(\.contentType.name) == [
        "multipart/mixed", "multipart/alternative", "text/plain", "text/html", "message/rfc822", "text/plain",
      ])
    #expect(try bytes(root, root.preamble) == "preamble")
    #expect(try bytes(root, root.epilogue) == "epilogue\r\n")
    let inner = root.parts[0]
    #expect(try bytes(inner, inner.epilogue) == "inner epilogue")
    #expect(try text(inner.parts[0].rawBody.readAll(limit: 100)) == "plain")
    #expect(try text(inner.parts[1].rawBody.readAll(limit: 100)) == "<b>html</b>\r\n")
    #expect(root.parts[1].parts[0].header["subject"]?.value == "within")
    #expect(try bytes(root, root.parts[1].parts[0].bodyRange) == "body within")
  }

  @Test func lineFeedsAloneAreReadToo() throws {
    let root = try Entity(BufferSource(Array(Self.nested.utf8)))
    #expect(root.all.count == 6)
    #expect(root.allDefects.map(\.code) == [.bareLineFeed])
    #expect(try text(root.parts[0].parts[0].rawBody.readAll(limit: 100)) == "plain")
    #expect(try text(root.parts[0].parts[0].canonical.readAll(limit: 100)) == "Content-Type: text/plain\r\n\r\nplain")
  }

  /// What is signed excludes the line end before the boundary (RFC 1847 §2.1).
  @Test func theSignedPart() throws {
    let root = try entity(
      """
      Content-Type: multipart/signed; boundary=b; protocol="application/pkcs7-signature"; micalg=sha-256

      --b
      Content-Type: text/plain

      text

      --b
      Content-Type: application/pkcs7-signature

      AAAA
      --b--
      """)
    #expect(try text(root.parts[0].canonical.readAll(limit: 100)) == "Content-Type: text/plain\r\n\r\ntext\r\n")
  }

  @Test(
    arguments: [
      ("--b\n\nx", Defect.Code.boundaryNotClosed, 1), ("text only\n", .boundaryNotFound, 0), ("", .boundaryNotFound, 0),
      ("--b\n\nx\n--b--\n", nil, 1), ("--b--\n", nil, 0), ("--b\n--b--\n", nil, 1), ("--b\n--b\n--b--", nil, 2),
      ("--b \t\n\nx\n--b-- \n", nil, 1), ("--bb\n--b\n\n--bx\n --b\n--b--x\n--b--\n", nil, 1),
      ("\n--b\n\nx\n\n--b--", nil, 1),
    ] as [(String, Defect.Code?, Int)])
  func boundaries(body: String, code: Defect.Code?, partCount: Int) throws {
    for lineEnd in ["\n", "\r\n"] {
      let message = "Content-Type: multipart/mixed; boundary=b\n\n\(body)"
      let bytes = lineEnd == "\n" ? Array(message.utf8) : crlf(message)
      let root = try Entity(BufferSource(bytes))
      #expect(root.parts.count == partCount)
      #expect(root.allDefects.map(\.code).filter { $0 != .bareLineFeed } == (code.map { [$0] } ?? []))
      #expect(try tiled(root) == bytes)
    }
  }

  @Test(
    arguments: [
      ("multipart/mixed", .boundaryMissing), ("multipart/mixed; boundary=\"\"", .boundaryMissing),
      ("multipart/mixed; boundary=\" \"", .boundaryMissing), ("multipart", .contentTypeUnreadable),
      ("multipart/mixed; boundary=\(String(repeating: "x", count: 1_100))", .boundaryMissing),
    ] as [(String, Defect.Code)])
  func whatCannotBeTakenApartIsALeaf(type: String, code: Defect.Code) throws {
    let root = try entity("Content-Type: \(type)\n\n--\n\nx\n----\n")
    #expect(root.parts.isEmpty)
    #expect(root.defects.map(\.code) == [code])
  }

  @Test func theFirstOfSeveralBoundariesCounts() throws {
    let root = try entity("Content-Type: multipart/mixed; boundary=a; boundary=b\n\n--a\n\n1\n--b\n\n2\n--a--\n")
    #expect(root.parts.count == 1)
    #expect(root.defects.map(\.code) == [.boundaryAmbiguous])
  }

  /// As many parameters as a header holds, plain ones and RFC 2231's, cost no more than a few.
  @Test(arguments: ["", "*", "*0"]) func parametersAreLimited(_ suffix: String) {
    let text = "text/plain" + (0..<50_000).map { "; a\($0)\(suffix)=x" }.joined() + "; a1\(suffix)=y"
    let names = ContentType(text)?.parameters.names ?? []
    #expect((1...200).contains(names.count))
  }

  @Test func aBoundaryIsNoEncodedWord() throws {
    let root = try entity(
      "Content-Type: multipart/mixed; boundary=\"=?utf-8?Q?a?=\"\n\n--=?utf-8?Q?a?=\n\n1\n--=?utf-8?Q?a?=--\n")
    #expect(root.parts.count == 1)
  }

  @Test func anOuterBoundaryEndsInnerParts() throws {
    let root = try entity(
      """
      Content-Type: multipart/mixed; boundary=outer

      --outer
      Content-Type: multipart/mixed; boundary=inner

      --inner

      never closed
      --outer

      second
      --outer--
      """)
    #expect(root.parts.count == 2)
    #expect(root.parts[0].parts.count == 1)
    #expect(root.allDefects.map(\.code) == [.boundaryNotClosed])
  }

  @Test func encodingsOfComposites() throws {
    let body = "--b\n\nx\n--b--\n"
    let multipart = try entity(
      "Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: base64\n\n\(body)")
    #expect(multipart.parts.count == 1)
    #expect(multipart.defects.map(\.code) == [.transferEncodingOnComposite])
    let message = try entity("Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nQUJD\n")
    #expect(message.parts.isEmpty)
    #expect(message.defects.map(\.code) == [.transferEncodingOnComposite])
  }

  @Test func limits() throws {
    var limits = MIMELimits()
    limits.nesting = 3
    var deep = "text"
    for _ in 0..<10 { deep = "Content-Type: message/rfc822\n\n" + deep }
    let nested = try entity(deep, limits: limits)
    #expect(nested.all.count == 4)
    #expect(nested.allDefects.map(\.code) == [.nestedTooDeep])

    limits = MIMELimits()
    limits.parts = 5
    let many =
      "Content-Type: multipart/mixed; boundary=b\n\n" + String(repeating: "--b\n\nx\n", count: 20) + "--b--\nafter"
    let wide = try entity(many, limits: limits)
    #expect(wide.all.count == 5)
    #expect(wide.defects.map(\.code) == [.tooManyParts])
    #expect(try bytes(wide, wide.epilogue) == "after")

    limits = MIMELimits()
    limits.headerBytes = 40
    let long = try entity("Subject: x\n" + String(repeating: "X-Field: y\n", count: 20) + "\nbody", limits: limits)
    #expect(long.defects.map(\.code) == [.headerTooLarge])
    #expect(long.header["Subject"]?.value == "x")

    limits = MIMELimits()
    limits.headerFields = 3
    let fields = try entity("A: 1\nB: 2\nC: 3\nD: 4\n\nbody", limits: limits)
    #expect(fields.header.fields.count == 3)
    #expect(fields.defects.map(\.code) == [.headerTooLarge])
    #expect(try text(fields.rawBody.readAll(limit: 10)) == "body")

    limits = MIMELimits()
    limits.allHeaderBytes = 60
    let part = "--b\nContent-Type: image/png\n\nx\n"
    let budget = try entity(
      "Content-Type: multipart/mixed; boundary=b\n\n" + String(repeating: part, count: 3) + "--b--\n", limits: limits)
    #expect(budget.parts.count == 3)
    #expect(budget.allDefects.map(\.code) == [.headerTooLarge, .headerTooLarge, .headerTooLarge])
    #expect(budget.parts.map(\.contentType.name) == ["text/plain", "text/plain", "text/plain"])
  }

  @Test func aLineOfAnyLength() throws {
    // In mail it would be 100 MB; the reader knows no difference beyond a window.
    let line = [UInt8](repeating: UInt8(ascii: "("), count: 4 << 20)
    let root = try Entity(BufferSource(line))
    #expect(root.parts.isEmpty)
    #expect(root.header.fields.isEmpty)
    #expect(root.range == 0..<line.count)
    let address = try Entity(BufferSource(Array("From: ".utf8) + line))
    #expect(Message(address).from.isEmpty)
    let body = try Entity(
      BufferSource(crlf("Content-Type: multipart/mixed; boundary=b\n\n--b\n\n") + line + crlf("\n--b--\n")))
    #expect(body.parts.first?.bodyRange.count == line.count)
    #expect(body.allDefects.isEmpty)
  }

  /// Boundaries at every place around the edge of a window.
  @Test(arguments: -12...12)
  func boundariesAtTheEdgeOfAWindow(shift: Int) throws {
    let start = crlf("Content-Type: multipart/mixed; boundary=b\n\n--b\n\n")
    let filler = [UInt8](repeating: 0x78, count: windowSize - start.count + shift)
    for end in ["\n--b--\n", "\n--b\n\ny\n--b--\n"] {
      let message = start + filler + crlf(end)
      let root = try Entity(BufferSource(message))
      #expect(root.allDefects.isEmpty)
      #expect(root.parts.first?.bodyRange.count == filler.count)
      #expect(try tiled(root) == message)
    }
  }

  /// The ranges of header, body, parts, preamble and epilogue, and the boundary lines between, are the message.
  private func tiled(_ entity: Entity) throws -> [UInt8] {
    #expect(entity.headerRange.lowerBound == entity.range.lowerBound)
    #expect(entity.bodyRange.upperBound == entity.range.upperBound)
    #expect(entity.headerRange.upperBound <= entity.bodyRange.lowerBound)
    var result = try entity.source.bytes(in: entity.range.lowerBound..<entity.bodyRange.lowerBound)
    var at = entity.bodyRange.lowerBound
    for part in entity.parts {
      try #require(part.range.lowerBound >= at && part.range.upperBound <= entity.bodyRange.upperBound)
      result += try entity.source.bytes(in: at..<part.range.lowerBound)
      result += try tiled(part)
      at = part.range.upperBound
    }
    return result + (try entity.source.bytes(in: at..<entity.bodyRange.upperBound))
  }

  /// Whatever the bytes, the tree is the message and nothing stops.
  @Test func anyBytes() throws {
    let pieces = [
      "--b", "--b--", "\r\n", "\n", "\r", "Content-Type: multipart/mixed; boundary=b\r\n", "\r\n\r\n", " ", ":", "x",
      "Content-Type: message/rfc822\r\n\r\n", "--c", "Content-Type: multipart/digest; boundary=\"c\"\n\n", "From ",
      "\"", "(",
    ]
    var generator = SeededGenerator(7)
    for _ in 0..<2_000 {
      var message: [UInt8] = []
      for _ in 0..<Int.random(in: 0...24, using: &generator) {
        message += Array((pieces.randomElement(using: &generator) ?? "").utf8)
      }
      let window = [1, 5, windowSize].randomElement(using: &generator) ?? 1
      let root = try Entity(DripSource(message, most: window))
      #expect(try tiled(root) == message)
      let whole = try Entity(BufferSource(message))
      #expect(whole.all.map(\.range) == root.all.map(\.range))
    }
  }

  /// The empty line that ends the header of the part is the line end of the boundary as well.
  @Test func `an empty message before a boundary stays inside its part`() throws {
    let message = crlf("Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: message/rfc822\n\n--x--\n")
    let root = try Entity(BufferSource(message))
    let part = try #require(root.parts.first)
    let inner = try #require(part.parts.first)
    #expect(inner.range.isEmpty)
    #expect(part.bodyRange.lowerBound <= inner.range.lowerBound && inner.range.upperBound <= part.range.upperBound)
    #expect(part.range.upperBound <= root.range.upperBound)
  }

  @Test func everyTruncation() throws {
    let message = crlf(Self.nested)
    for count in 0...message.count {
      #expect(try tiled(Entity(BufferSource(message[..<count]))) == Array(message[..<count]))
    }
  }
}
