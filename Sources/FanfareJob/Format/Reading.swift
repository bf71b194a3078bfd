import FanfarePayload

/// What reading a job file knows and collects on its way down the nodes.
struct Reading {
    /// The environment that `{env: NAME}` refers to.
    private let environment: [String: String]
    /// The variables that were asked for.
    private(set) var variables: Set<String> = []
    /// The folder that relative paths start from; empty: the current one.
    let folder: String
    /// The text was stored by this program; the contact file it names need not be there any more.
    let isStored: Bool

    /// What is read, with its article.
    let whole: String

    /// Whether a secret's text may not be ``shownSecret``: the text may be one that was shown to people.
    let refusesShownSecrets: Bool
    /// Whether the text may name variables and files of this machine: their contents go where it says.
    let mayNameFiles: Bool
    /// What stands for a secret wherever it is shown.
    static let shownSecret = SecretMask.placeholder

    /// The path of the value being read.
    private(set) var path: [PathElement] = []
    /// Everything wrong so far.
    private(set) var problems: [JobProblem] = []
    /// Values of which nothing may be shown, beside those whose name says so.
    private(set) var concealedPaths: Set<[PathElement]> = []
    /// How many of the present path's steps lead into such values.
    private var concealments = 0

    init(
        environment: [String: String],
        folder: String,
        isStored: Bool = false,
        whole: String = "a job file",
        refusesShownSecrets: Bool = false,
        mayNameFiles: Bool = true
    ) {
        self.environment = environment
        self.folder = folder
        self.isStored = isStored
        self.whole = whole
        self.refusesShownSecrets = refusesShownSecrets
        self.mayNameFiles = mayNameFiles
    }

    /// The value of a variable; nil: it is not set.
    mutating func variable(_ name: String) -> String? {
        variables.insert(name)
        return environment[name]
    }

    /// Whether nothing of the present value may be shown.
    var isConcealed: Bool { concealments > 0 }

    /// Reads what lies at `element` below the present value.
    mutating func descend<Value>(_ element: PathElement, _ read: (inout Reading) -> Value) -> Value {
        path.append(element)
        defer { path.removeLast() }
        return element.mayHoldSecret ? conceal(read) : read(&self)
    }

    /// Reads a value of which nothing may be shown.
    mutating func conceal<Value>(_ read: (inout Reading) -> Value) -> Value {
        concealments += 1
        concealedPaths.insert(path)
        defer { concealments -= 1 }
        return read(&self)
    }

    /// Says that the value is of another type than the format accepts.
    mutating func reportType(_ node: SourceNode, accepted: String, suggestion: String? = nil) {
        let seen = node.isNull ? "has no value" : "is \(node.kind)" + shown(node, before: ": ")
        report(
            .wrongType,
            at: node.place,
            "`\(path.dotted)` \(seen)",
            accepted: accepted,
            suggestion: suggestion ?? (node.isNull ? "give it one, or remove the key" : nil)
        )
    }

    /// Says that the value is of the right type, yet not accepted.
    mutating func reportValue(_ node: SourceNode, accepted: String, suggestion: String? = nil) {
        let seen = shown(node, before: "is ")
        report(
            .badValue,
            at: node.place,
            "`\(path.dotted)` \(seen.isEmpty ? "is not accepted" : seen)",
            accepted: accepted,
            suggestion: suggestion
        )
    }

    /// Says anything else about the present value.
    mutating func report(
        _ code: JobProblem.Code,
        at place: Place,
        _ message: String,
        accepted: String? = nil,
        suggestion: String? = nil
    ) {
        problems.append(
            JobProblem(
                code,
                path: path,
                place: place,
                message: message,
                accepted: accepted,
                suggestion: suggestion
            )
        )
    }

    /// Adds what was found wrong with several values together.
    mutating func add(_ found: [JobProblem]) { problems += found }

    /// Says that whoever gave the text may not have it name what is on this machine.
    mutating func reportForeignName(at place: Place) {
        report(
            .secret,
            at: place,
            "`\(path.dotted)` names a file or variable of this machine: that takes an operator of it, or a key of the "
                + "scope admin"
        )
    }

    /// Says that what stands for a secret is no secret.
    mutating func reportShownSecret(at place: Place) {
        report(
            .secret,
            at: place,
            "`\(path.dotted)`: a secret is shown as \(Reading.shownSecret): give its value again"
        )
    }

    private func shown(_ node: SourceNode, before: String) -> String {
        guard !isConcealed, case .scalar(let scalar) = node.content else { return "" }
        return before + (scalar.isPlain ? String(scalar.text.shown.dropFirst().dropLast()) : scalar.text.shown)
    }
}
