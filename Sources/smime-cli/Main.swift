import ArgumentParser
@main struct SMIMECommand: ParsableCommand { static let configuration = CommandConfiguration(commandName: "smime") }
