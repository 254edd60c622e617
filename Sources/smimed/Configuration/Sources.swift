import ByteIO
import Configuration

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The values of all settings: flags before variables before the configuration file.
struct Sources {
  private let reader: ConfigReader
  /// Each layer's values as they stand there, for the words about a wrong one.
  private let layers: [(name: String, values: [String: String])]

  /// - Parameters:
  ///   - flags: what was typed, by setting.
  ///   - environment: all of it; what begins with `SMIMED_` is meant for the daemon.
  ///   - file: the configuration file, if there is one.
  init(flags: [Setting: ConfigContent], environment: [String: String], file: String?) async throws {
    let variables = try Self.variables(environment)
    var providers: [any ConfigProvider] = [
      InMemoryProvider(
        name: "flags",
        values: Dictionary(
          uniqueKeysWithValues: flags.map { setting, content in
            (AbsoluteConfigKey([setting.rawValue]), ConfigValue(content, isSecret: false))
          })),
      EnvironmentVariablesProvider(environmentVariables: environment.filter { variables.values.contains($0.key) })
        .prefixKeys(with: ConfigKey(["smimed"])),
    ]
    var layers: [(String, [String: String])] = [
      ("the flags", Dictionary(uniqueKeysWithValues: flags.map { ($0.key.rawValue, Self.text($0.value)) })),
      ("the environment", variables.compactMapValues { environment[$0] }),
    ]
    if let file {
      layers.append((file, try Self.values(inFile: file)))
      // The provider takes a path of swift-system's type, or finds it in another configuration.
      let place = ConfigReader(
        provider: InMemoryProvider(values: ["filePath": ConfigValue(.string(file), isSecret: false)]))
      do { providers.append(try await FileProvider<JSONSnapshot>(config: place)) } catch {
        throw Stop(.unreadable, "\(file): \(error)")
      }
    }
    reader = ConfigReader(providers: providers)
    self.layers = layers
  }

  func text(_ setting: Setting) throws -> String? {
    guard isSet(setting) else { return nil }
    guard let value = reader.string(forKey: ConfigKey([setting.rawValue])) else { throw wrong(setting) }
    return value
  }

  /// The text as something else.
  func value<Value>(_ setting: Setting, _ make: (String) -> Value?) throws -> Value? {
    guard let text = try text(setting) else { return nil }
    guard let value = make(text) else { throw wrong(setting) }
    return value
  }

  func number(_ setting: Setting, into target: inout Int) throws {
    guard isSet(setting) else { return }
    guard let value = reader.int(forKey: ConfigKey([setting.rawValue])), setting.range?.contains(value) ?? true else {
      throw wrong(setting)
    }
    target = value
  }

  private func isSet(_ setting: Setting) -> Bool { layers.contains { $0.values[setting.rawValue] != nil } }

  private func wrong(_ setting: Setting) -> Stop {
    let layer = layers.first { $0.values[setting.rawValue] != nil }
    return Stop(
      .usage,
      "\(layer?.name ?? ""): \(setting.rawValue) is '\(layer?.values[setting.rawValue] ?? "")', "
        + "which is not \(setting.expectation)")
  }

  private static func text(_ content: ConfigContent) -> String {
    switch content {
    case .string(let text): text
    case .int(let number): "\(number)"
    default: "\(content)"
    }
  }

  // MARK: What nobody knows

  /// The variables that are set, by setting.
  private static func variables(_ environment: [String: String]) throws -> [String: String] {
    var found: [String: String] = [:]
    for name in environment.keys.sorted() where name.hasPrefix(Setting.variablePrefix) {
      if name == "SMIMED_CONFIG" { continue }
      guard let setting = Setting.allCases.first(where: { $0.variable == name }) else {
        throw Stop(.usage, "the environment: there is no setting for \(name)", hint: "see 'smimed ca --help'")
      }
      found[setting.rawValue] = name
    }
    return found
  }

  private static func values(inFile path: String) throws -> [String: String] {
    let bytes = try FileSource(path: path).readAll(limit: 1 << 20)
    let values: [String: Scalar]
    do { values = try JSONDecoder().decode([String: Scalar].self, from: Data(bytes)) } catch {
      throw Stop(.unreadable, "\(path): this is not a JSON object")
    }
    for key in values.keys.sorted() where Setting(rawValue: key) == nil {
      throw Stop(.usage, "\(path): there is no setting '\(key)'", hint: "see 'smimed ca --help'")
    }
    return values.mapValues(\.text)
  }

  /// A value of the file, as words.
  private struct Scalar: Decodable {
    let text: String

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let string = try? container.decode(String.self) {
        text = string
      } else if let flag = try? container.decode(Bool.self) {
        text = "\(flag)"
      } else if let number = try? container.decode(Int.self) {
        text = "\(number)"
      } else if let number = try? container.decode(Double.self) {
        text = "\(number)"
      } else {
        text = "a list, an object or null"
      }
    }
  }
}
