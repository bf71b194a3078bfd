import FanfarePayload

/// What reading a job file knows and collects on its way down the nodes.
struct Reading {
    /// The environment that `{env: NAME}` refers to.
    let environment: [String: String]
    /// The folder that relative paths start from; empty: the current one.
    let folder: String
    /// Opens a sealed secret; nil where none is accepted, as in a file written by hand.
    let open: (@Sendable (String) throws -> Secret)?

    /// The path of the value being read.
    private(set) var path: [PathElement] = []
    /// Everything wrong so far.
    private(set) var problems: [JobProblem] = []
    /// Set while the value read may be a secret: then no problem shows what was seen.
    private var isConcealed = false
    /// Where values begin that may not be shown.
    private(set) var concealedPaths: Set<[PathElement]> = []

    init(environment: [String: String], folder: String, open: (@Sendable (String) throws -> Secret)? = nil) {
        self.environment = environment
        self.folder = folder
        self.open = open
    }

    /// Reads what lies at `element` below the present value.
    mutating func descend<Value>(_ element: PathElement, _ read: (inout Reading) -> Value) -> Value {
        path.append(element)
        defer { path.removeLast() }
        return read(&self)
    }

    /// Reads a value of which nothing may be shown.
    mutating func conceal<Value>(_ read: (inout Reading) -> Value) -> Value {
        let before = isConcealed
        isConcealed = true
        concealedPaths.insert(path)
        defer { isConcealed = before }
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
    mutating func reportValue(
        _ node: SourceNode,
        accepted: String,
        suggestion: String? = nil,
        code: JobProblem.Code = .badValue
    ) {
        let seen = shown(node, before: "is ")
        report(
            code,
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
        path: [PathElement]? = nil,
        accepted: String? = nil,
        suggestion: String? = nil
    ) {
        problems.append(
            JobProblem(
                code,
                path: path ?? self.path,
                place: place,
                message: message,
                accepted: accepted,
                suggestion: suggestion
            )
        )
    }

    private func shown(_ node: SourceNode, before: String) -> String {
        guard !isConcealed, case .scalar(let scalar) = node.content else { return "" }
        return before + (scalar.isPlain ? String(scalar.text.shown.dropFirst().dropLast()) : scalar.text.shown)
    }
}
