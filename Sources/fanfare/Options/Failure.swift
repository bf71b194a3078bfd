import ArgumentParser
import Fanfare
import Foundation
import Logging

/// Prints what went wrong as a person can use it, and ends with the status that it has.
///
/// - Parameter log: How what is printed is written; as plain text unless given.
func reportingFailures(in log: LogOptions? = nil, _ body: () async throws -> Void) async throws {
    let screen = Screen(format: (try? log?.format) ?? .text)
    do {
        try await body()
    } catch let exit as ExitCode {
        throw exit
    } catch let usage as ValidationError {
        throw usage
    } catch let error as JobError {
        screen.say(.error, error.description)
        throw ExitCode.invalid
    } catch let error as JobRunError {
        screen.say(.error, "\(error)", prefix: "fanfare: ")
        throw ExitCode.invalid
    } catch let error as AudienceError {
        screen.say(.error, "\(error)", prefix: "fanfare: ")
        throw error.code == .storage ? ExitCode.agentError : ExitCode.invalid
    } catch let error as BackupError {
        screen.say(.error, "\(error)", prefix: "fanfare: ")
        throw error.code == .refused ? ExitCode.invalid : ExitCode.agentError
    } catch let error as WebhookError {
        screen.say(.error, "\(error)", prefix: "fanfare: ")
        throw ExitCode.invalid
    } catch {
        screen.say(.error, text(of: error), prefix: "fanfare: ")
        throw ExitCode.agentError
    }
}

/// One line for people. Foundation's errors describe themselves as programs like it; their localized text is for
/// people.
private func text(of error: any Error) -> String {
    error is CocoaError ? error.localizedDescription : String(describing: error)
}
