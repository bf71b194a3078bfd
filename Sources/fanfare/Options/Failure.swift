import ArgumentParser
import Fanfare
import Foundation

/// Prints what went wrong as a person can use it, and ends with the status that it has.
///
/// It stands on a line of its own: what a terminal showed of the progress when it happened is drawn over.
func reportingFailures(_ body: () async throws -> Void) async throws {
    do {
        try await body()
    } catch let exit as ExitCode {
        throw exit
    } catch let usage as ValidationError {
        throw usage
    } catch let error as JobError {
        Terminal.standardError.finishOverwritten(error.description)
        throw ExitCode.invalid
    } catch let error as JobRunError {
        Terminal.standardError.finishOverwritten("fanfare: \(error)")
        throw ExitCode.invalid
    } catch let error as AudienceError {
        Terminal.standardError.finishOverwritten("fanfare: \(error)")
        throw error.code == .storage ? ExitCode.agentError : ExitCode.invalid
    } catch {
        Terminal.standardError.finishOverwritten("fanfare: \(text(of: error))")
        throw ExitCode.agentError
    }
}

/// One line for people. Foundation's errors describe themselves as programs like it; their localized text is for
/// people.
private func text(of error: any Error) -> String {
    error is CocoaError ? error.localizedDescription : String(describing: error)
}
