import ByteIO
import PKIX
import SMIMECrypto

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Many questions about certificates, one JSON object in each line of a file, answered in order by one line each.
///
/// What a case does not say is as the command's options have it. Whatever is wrong with a case is an answer: it is not
/// valid, and the reason says why.
struct ValidationBatch {
  private let trust: TrustOptions
  private let policies: PathPolicyOptions
  /// The network as the options alone ask it: for cases that name their anchors, and need no store.
  private let network: NetworkAsked?
  private var certificateFiles = Shelf(read: CertificateFile.certificates(in:)) { $0.derBytes.count }
  private var listFiles = Shelf(read: GivenList.all(in:), isCurrent: \.isCurrent) { $0.weight }
  private var usual = Usual()

  /// What cases that name no files of their own share.
  private struct Usual {
    var anchors: [Certificate]?
    var intermediates: [Certificate]?
    var lists: [GivenList]?
    /// Whether the network is asked by the store's settings, and then how.
    var network: NetworkAsked??
  }

  init(_ trust: TrustOptions, _ policies: PathPolicyOptions) throws {
    self.trust = trust
    self.policies = policies
    if trust.network.online || trust.network.offline || !trust.takesUsualAnchors {
      network = try trust.network.asked(.none)?.process()
    } else {
      network = nil
      // Options that say how need a setting that says whether; without either they are a mistake, and that is told at once.
      if trust.network.saysHow { usual.network = .some(try trust.asked()) }
    }
  }

  /// The keys of a case; all but the leaf may be missing.
  private struct Case: Decodable {
    let anchors: [String]?
    let leaf: String
    let chain: [String]?
    let crls: [String]?
    let policies: [String]?
    let explicitPolicy: Bool?
    let inhibitMapping: Bool?
    let inhibitAnyPolicy: Bool?
    let at: String?
    let revocation: String?
    let purpose: String?
    let legacy: Bool?
    let profile: String?
    let maxDepth: Int?
    let eku: String?

    static func has(_ key: String) -> Bool { key == "id" || CodingKeys(stringValue: key) != nil }
  }

  /// The keys that a case has and that mean nothing.
  private struct UnknownKeys: Decodable {
    let names: [String]

    private struct AnyKey: CodingKey {
      let stringValue: String
      var intValue: Int? { nil }

      init(stringValue: String) { self.stringValue = stringValue }
      init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
      names = try decoder.container(keyedBy: AnyKey.self).allKeys.map(\.stringValue).filter { !Case.has($0) }.sorted()
    }
  }

  /// The name of a case, whatever else is wrong with it.
  private struct Name: Decodable {
    let id: Outline.Node

    private enum CodingKeys: CodingKey { case id }

    init(from decoder: any Decoder) throws {
      let fields = try decoder.container(keyedBy: CodingKeys.self)
      if let number = try? fields.decode(Int.self, forKey: .id) {
        id = .number(number)
      } else {
        id = .text(try fields.decode(String.self, forKey: .id))
      }
    }
  }

  /// Answers every line of `bytes` but empty ones.
  mutating func answer(_ bytes: [UInt8]) async {
    var number = 0
    for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      number += 1
      guard line.contains(where: { $0 > 0x20 }) else { continue }
      let data = Data(line)
      let id = (try? JSONDecoder().decode(Name.self, from: data))?.id ?? .text("line \(number)")
      var answer: Outline = ["id": id]
      do {
        let outcome = try await outcome(of: data)
        answer["valid"] = .flag(outcome.problems.isEmpty)
        answer["reasons"] = .list(outcome.problems.map(Outline.Node.text))
        answer["userPolicies"] = .list(Validation.dotted(outcome.policies.user).map(Outline.Node.text))
        answer["authorityPolicies"] = .list(Validation.dotted(outcome.policies.authority).map(Outline.Node.text))
      } catch {
        answer["valid"] = .flag(false)
        answer["reasons"] = [.text("input: \(CommandFailure(error).message)")]
        answer["userPolicies"] = []
        answer["authorityPolicies"] = []
      }
      Terminal.print(answer.json)
    }
  }

  private mutating func outcome(of line: Data) async throws -> (problems: [String], policies: PolicyOutcome) {
    let question: Case
    do {
      // A key that is misspelt must not pass for one that was left out.
      let unknown = try JSONDecoder().decode(UnknownKeys.self, from: line).names
      guard unknown.isEmpty else { throw Malformed("there is no key \(unknown.joined(separator: ", "))") }
      question = try JSONDecoder().decode(Case.self, from: line)
    } catch {
      throw Malformed("the line is no case: \(Self.fault(error))")
    }
    let leaves = try certificateFiles[question.leaf]
    guard let leaf = leaves.first else { throw Malformed("\(question.leaf): there is no certificate in it") }
    let validator = try validator(for: question)
    var pool = Array(leaves.dropFirst())
    for file in question.chain ?? [] { pool += try certificateFiles[file] }
    let instant = try question.at.map { try Self.value($0, "at", Instant.init(argument:)).date } ?? trust.time.date
    switch await validator.validate(leaf, with: pool, at: instant) {
    case .success(let path): return ([], path.policies)
    case .failure(let failure):
      return (failure.problems.map { "\($0.check.rawValue): \($0.detail)" }, .none)
    }
  }

  private mutating func validator(for question: Case) throws -> PathValidator {
    let mode =
      try question.revocation.map { try Self.value($0, "revocation", TrustOptions.RevocationMode.init(rawValue:)) }
      ?? trust.revocation
    var purpose = try question.purpose.map { try Self.value($0, "purpose", TrustOptions.Purpose.init(rawValue:)) }?
      .keyPurpose
    if question.purpose == nil { purpose = trust.purpose.keyPurpose }
    if let eku = question.eku { purpose = KeyPurpose(try Self.value(eku, "eku", PolicyName.init(argument:)).oid) }
    var budget = PathBudget()
    budget.authorities = question.maxDepth
    let asked = try question.anchors == nil ? usualNetwork() : network
    return PathValidator(
      anchors: TrustAnchors(try anchors(question)), intermediates: question.chain == nil ? try intermediates() : [],
      issuers: question.chain == nil && question.anchors == nil ? trust.issuers(asked) : trust.distantIssuers(asked),
      revocation: try trust.rule(
        mode, mode == .off ? [] : try lists(question), asked,
        namesLists: question.crls != nil || !trust.lists.isEmpty),
      policy: PolicyOptions.policy(legacy: question.legacy ?? trust.algorithms.legacy), purpose: purpose,
      policies: policies.request(
        policies: try question.policies?.map { try Self.value($0, "policies", PolicyName.init(argument:)) },
        explicit: question.explicitPolicy, noMapping: question.inhibitMapping, noAnyPolicy: question.inhibitAnyPolicy),
      profile: try question.profile.map { try Self.value($0, "profile", PathProfile.init(rawValue:)) } ?? .path,
      budget: budget)
  }

  private mutating func anchors(_ question: Case) throws -> [Certificate] {
    if let files = question.anchors { return try files.flatMap { try certificateFiles[$0] } }
    let anchors = try usual.anchors ?? trust.anchorCertificates()
    usual.anchors = anchors
    return anchors
  }

  private mutating func usualNetwork() throws -> NetworkAsked? {
    if let network = usual.network { return network }
    let network = try trust.asked()
    usual.network = .some(network)
    return network
  }

  private mutating func intermediates() throws -> [Certificate] {
    let intermediates = try usual.intermediates ?? trust.intermediateCertificates()
    usual.intermediates = intermediates
    return intermediates
  }

  private mutating func lists(_ question: Case) throws -> [GivenList] {
    if let files = question.crls { return try files.flatMap { try listFiles[$0] } }
    // A large list that was replaced meanwhile is opened again.
    let known = usual.lists.flatMap { lists in lists.allSatisfy(\.isCurrent) ? lists : nil }
    let lists = try known ?? trust.revocationLists()
    usual.lists = lists
    return lists
  }

  private static func value<Value>(_ text: String, _ key: String, _ make: (String) -> Value?) throws -> Value {
    guard let value = make(text) else { throw Malformed("\(key): \(text) is not a value for it") }
    return value
  }

  private static func fault(_ error: any Error) -> String {
    switch error {
    case let error as Malformed: error.reason
    case DecodingError.keyNotFound(let key, _): "\(key.stringValue) is missing"
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
      "\(context.codingPath.map(\.stringValue).joined(separator: ".")) is of another type"
    default: "it is not JSON"
    }
  }
}

/// What was read from files, so that those that many cases share are read once. It starts anew when it is full.
private struct Shelf<Content> {
  private let read: (String) throws -> [Content]
  private let size: (Content) -> Int
  private let isCurrent: (Content) -> Bool
  private var kept: [String: [Content]] = [:]
  private var keptBytes = 0
  private static var limit: Int { 4_096 }
  private static var byteLimit: Int { 64 << 20 }

  init(
    read: @escaping (String) throws -> [Content], isCurrent: @escaping (Content) -> Bool = { _ in true },
    size: @escaping (Content) -> Int
  ) {
    self.read = read
    self.isCurrent = isCurrent
    self.size = size
  }

  subscript(path: String) -> [Content] {
    mutating get throws {
      if let known = kept[path], known.allSatisfy(isCurrent) { return known }
      let content = try read(path)
      let bytes = content.reduce(0) { $0 + size($1) }
      if kept.count >= Self.limit || keptBytes + bytes > Self.byteLimit { (kept, keptBytes) = ([:], 0) }
      kept[path] = content
      keptBytes += bytes
      return content
    }
  }
}
