import ArgumentParser
import Fanfare

/// Prints what went wrong as a person can use it, and ends with the status that it has.
func reportingFailures(_ body: () async throws -> Void) async throws {
    do {
        try await body()
    } catch let error as JobError {
        Terminal.standardError.line(error.description)
        throw ExitCode.invalid
    } catch let error as JobRunError {
        Terminal.standardError.line("fanfare: \(error)")
        throw ExitCode.invalid
    } catch let error as AudienceError {
        Terminal.standardError.line("fanfare: \(error)")
        throw error.code == .storage ? ExitCode.agentError : ExitCode.invalid
    } catch let error as any CustomStringConvertible & Error where !(error is ExitCode || error is ValidationError) {
        Terminal.standardError.line("fanfare: \(error)")
        throw ExitCode.agentError
    }
}
