import ArgumentParser
import Fanfare
import Foundation

/// Prints what went wrong as a person can use it, and ends with the status that it has.
func reportingFailures(_ body: () async throws -> Void) async throws {
    do {
        try await body()
    } catch let exit as ExitCode {
        throw exit
    } catch let usage as ValidationError {
        throw usage
    } catch let error as JobError {
        Terminal.standardError.line(error.description)
        throw ExitCode.invalid
    } catch let error as JobRunError {
        Terminal.standardError.line("fanfare: \(error)")
        throw ExitCode.invalid
    } catch let error as AudienceError {
        Terminal.standardError.line("fanfare: \(error)")
        throw error.code == .storage ? ExitCode.agentError : ExitCode.invalid
    } catch {
        Terminal.standardError.line("fanfare: \(text(of: error))")
        throw ExitCode.agentError
    }
}

/// One line for people. Foundation's errors describe themselves as programs like it; their localized text is for
/// people.
private func text(of error: any Error) -> String {
    error is CocoaError ? error.localizedDescription : String(describing: error)
}
