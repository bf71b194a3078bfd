import FanfareJob
import Hummingbird

extension Problem {
    /// Of a document that cannot be read as what it is to be: everything that is wrong with it, each with its place.
    init(document error: JobError) {
        self = .invalid("The document could not be read.")
        errors = error.problems.map(Field.init)
    }
}

extension Problem.Field {
    /// What is wrong with a value of a document, where, and what is accepted there.
    init(_ problem: JobProblem) {
        var message = problem.place.map { "Line \($0.line), column \($0.column): " } ?? ""
        message += problem.message
        if let accepted = problem.accepted { message += "; accepted: \(accepted)" }
        if let suggestion = problem.suggestion { message += "; \(suggestion)" }
        self.init(field: problem.path.isEmpty ? "document" : problem.path.dotted, message: message + ".")
    }
}
