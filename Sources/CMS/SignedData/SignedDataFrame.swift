import ByteIO
import PKIX
import SMIMECrypto
import SwiftASN1

/// The parts of a SignedData around its content, as encodings, and how they are put together.
struct SignedDataFrame {
  enum Content { case none, primitive, segmented }

  var type: ContentType
  /// The least version to write; ``version`` is higher where what is inside demands it.
  var leastVersion = 1
  /// The version that was read, and the one that what was read demands. As long as nothing more is demanded it stays.
  var read: (version: Int, demanded: Int)?
  var digestAlgorithms = OrderedSet()
  var certificates = OrderedSet()
  var revocationInfo = OrderedSet()
  var signerInfos = OrderedSet()

  init(type: ContentType) { self.type = type }

  /// Everything about new signatures by `signers` but the signatures.
  init(type: ContentType, signers: [SignedDataWriter.Signer]) {
    self.type = type
    digestAlgorithms = OrderedSet(Array(Set(signers.map(\.digestIdentifier.encoded))))
    certificates = OrderedSet(Array(Set(signers.flatMap(\.enclosed))).map { Array($0.derBytes) })
  }

  var version: Int {
    let demanded = demandedVersion
    if let read { return demanded == read.demanded ? read.version : max(read.version, demanded) }
    return max(leastVersion, demanded)
  }

  /// RFC 5652 §5.1
  var demandedVersion: Int {
    let hasOther =
      certificates.elements.contains { $0.first == 0xA3 } || revocationInfo.elements.contains { $0.first == 0xA1 }
    if hasOther { return 5 }
    if certificates.elements.contains(where: { $0.first == 0xA2 }) { return 4 }
    let needs3 =
      type != .data || certificates.elements.contains { $0.first == 0xA1 }
      || signerInfos.elements.contains(where: Self.isVersion3)
    return needs3 ? 3 : 1
  }

  /// Whether the first field of a SignerInfo is the INTEGER 3.
  private static func isVersion3(_ signerInfo: [UInt8]) -> Bool {
    guard let header = try? TLVHeader.read(signerInfo[...], rules: .ber) else { return false }
    return signerInfo.dropFirst(header.headerCount).starts(with: [0x02, 0x01, 0x03])
  }

  func frame(_ content: Content) -> ContentFrame {
    var frame = ContentFrame()
    frame.nest(BERFrame.sequence, before: DERWriter.encode { $0.oid(ContentType.signedData.oid) })
    frame.nest(BERFrame.context(0))
    let before = DERWriter.encode { der in
      der.int(version)
      digestAlgorithms.write(to: &der)
    }
    let after = DERWriter.encode { der in
      if !certificates.isAbsent { certificates.write(to: &der, tag: .context(0)) }
      if !revocationInfo.isAbsent { revocationInfo.write(to: &der, tag: .context(1)) }
      signerInfos.write(to: &der)
    }
    frame.nest(BERFrame.sequence, before: before, after: after)
    frame.nest(BERFrame.sequence, before: DERWriter.encode { $0.oid(type.oid) })
    if content != .none { frame.nest(BERFrame.context(0)) }
    if content == .segmented { frame.nest(0x20 | BERFrame.octetString) }
    return frame
  }

  /// Writes the whole object in definite lengths, with the `contentCount` octets that `copy` hands on.
  func write(contentCount: Int, to sink: any ByteSink, copy: (any ByteSink) throws -> Void) throws {
    let frame = frame(.primitive)
    let octets = BERFrame.header(BERFrame.octetString, contentCount)
    try sink.write(frame.head(inner: octets.count + contentCount) + octets)
    let written = OctetStringSink(sink, isSegmented: false)
    try copy(written)
    guard written.count == contentCount else { throw IOFailure(.truncated, "byte \(written.count)") }
    try sink.write(frame.tail(isDefinite: true))
  }

  /// The whole object, without content.
  var detached: [UInt8] {
    let frame = frame(.none)
    return frame.head(inner: 0) + frame.tail(isDefinite: true)
  }
}

/// The members of a SET OF, as encodings. They keep the order that they came in; what is added goes to its place in DER's
/// order as long as the others stand in it (X.690 §11.6), else behind them.
struct OrderedSet {
  private(set) var elements: [[UInt8]]
  /// True for a set that is left out where it is OPTIONAL. One that was there and empty stays.
  private(set) var isAbsent: Bool

  init() {
    elements = []
    isAbsent = true
  }

  /// A set in DER's order.
  init(_ elements: [[UInt8]]) {
    self.elements = elements.sorted { $0.lexicographicallyPrecedes($1) }
    isAbsent = elements.isEmpty
  }

  /// A set as it came; nil when it was absent.
  init(asRead elements: [[UInt8]]?) {
    self.elements = elements ?? []
    isAbsent = elements == nil
  }

  private var isInOrder: Bool {
    zip(elements, elements.dropFirst()).allSatisfy { !$1.lexicographicallyPrecedes($0) }
  }

  /// Adds `element` unless it is there.
  mutating func insert(_ element: [UInt8]) {
    isAbsent = false
    guard !elements.contains(element) else { return }
    let place = isInOrder ? elements.firstIndex { element.lexicographicallyPrecedes($0) } : nil
    elements.insert(element, at: place ?? elements.endIndex)
  }

  /// Puts others in the places of some; a set that stood in DER's order stands in it again.
  mutating func replace(_ changes: [Int: [UInt8]]) {
    let wasInOrder = isInOrder
    for (index, element) in changes where elements.indices.contains(index) { elements[index] = element }
    if wasInOrder { elements.sort { $0.lexicographicallyPrecedes($1) } }
  }

  func write(to der: inout DERWriter, tag: ASN1Identifier = .set) {
    der.constructed(tag) { set in
      for element in elements { set.raw(element) }
    }
  }
}
