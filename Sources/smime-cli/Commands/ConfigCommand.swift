import ArgumentParser
import SMIMEStore

struct ConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config",
    abstract: "What stands for options that are left out: whether the network is asked, and where.",
    discussion: """
      Settings are kept in the store. They count for commands that judge by the store's anchors (verify, open, cms verify, \
      cert validate, cert import) and for cert find; with --anchor FILE the store is not asked, and neither are they. An \
      option that is typed goes before them, and --offline before all.

      online: verifying mail then asks hosts that the mail's certificates name, which tells them that it is read.

      SETTINGS:
      \(Setting.allCases.map { "  \($0.rawValue.padded(14))\($0.meaning)" }.joined(separator: "\n"))

      EXAMPLES:
        smime config set online yes
        smime config set ldap ldaps://ldap.example.org/dc=example,dc=org
        smime config list
        smime config unset ldap
      """,
    subcommands: [ConfigGet.self, ConfigSet.self, ConfigUnset.self, ConfigList.self])
}

struct ConfigGet: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "get",
    abstract: "Print the values of a setting, a line each. Exit 1 if it is not set.",
    discussion: """
      EXAMPLES:
        smime config get online
      """)

  @Argument(help: Setting.help)
  var name: Setting

  func run() async throws {
    let values = try Home.settings()[name]
    guard !values.isEmpty else { throw ExitCode(.notGood) }
    Terminal.print(values.map(Outline.printable).joined(separator: "\n"))
  }
}

struct ConfigSet: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "set",
    abstract: "Give a setting a value, or several, in the place of what it had.",
    discussion: """
      EXAMPLES:
        smime config set online yes
        smime config set certstore https://certs.example.org/search.cgi https://certs.example.com/search.cgi
      """)

  @Argument(help: Setting.help)
  var name: Setting

  @Argument(help: ArgumentHelp("Its values, in the order in which they are asked.", valueName: "value"))
  var values: [String]

  func run() async throws { try Home.store().set(name.rawValue, to: try name.checked(values)) }
}

struct ConfigUnset: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unset",
    abstract: "Forget a setting.",
    discussion: """
      EXAMPLES:
        smime config unset ldap
      """)

  @Argument(help: Setting.help)
  var name: Setting

  func run() async throws { try Home.storeIfAny()?.set(name.rawValue, to: []) }
}

struct ConfigList: ReadingCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List what is set.",
    discussion: """
      EXAMPLES:
        smime config list
        smime config list --json
      """)

  @OptionGroup var format: FormatOptions

  func run() async throws {
    let settings = try Home.settings()
    var outline = Outline()
    for name in Setting.allCases { outline[name.rawValue] = .texts(settings[name]) }
    if format.json {
      Terminal.print(Outline(["version": .number(1), "settings": .outline(outline)]).json)
    } else if outline.entries.isEmpty {
      Terminal.hint("nothing is set; 'smime config --help' lists what can be")
    } else {
      Terminal.print(outline.text)
    }
  }
}

extension Setting {
  fileprivate static let help = ArgumentHelp(
    "The setting: \(allCases.map(\.rawValue).joined(separator: ", ")).", valueName: "name")
}

extension String {
  fileprivate func padded(_ count: Int) -> String { self + String(repeating: " ", count: max(1, count - utf8.count)) }
}
