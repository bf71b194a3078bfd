/// A value of a job file and where it stands.
struct SourceNode: Sendable {
    /// A value with nothing inside it.
    struct Scalar: Sendable {
        enum Style: Sendable {
            /// Without quotes, so that it may be a number, a truth value or null.
            case plain
            /// In quotes, or with the tag `!!str`.
            case quoted
            /// A block that begins with `|`.
            case literal
            /// A block that begins with `>`.
            case folded
        }

        /// The text, quotes and escapes resolved.
        let text: String
        let style: Style

        var isPlain: Bool { style == .plain }
    }

    /// A key and its value.
    struct Member: Sendable {
        let key: String
        let keyPlace: Place
        let value: SourceNode
    }

    indirect enum Content: Sendable {
        case scalar(Scalar)
        case sequence([SourceNode])
        case mapping([Member])
    }

    let content: Content
    let place: Place

    /// What the value is, as an operator would say it.
    var kind: String {
        switch content {
        case .sequence: "a list"
        case .mapping: "a mapping"
        case .scalar(let scalar):
            switch scalar.resolved {
            case .null: "nothing"
            case .bool: "true or false"
            case .number: "a number"
            case .string: "text"
            }
        }
    }

    /// Nothing was written.
    var isNull: Bool {
        if case .scalar(let scalar) = content, case .null = scalar.resolved { true } else { false }
    }
}

extension SourceNode.Scalar {
    /// What a scalar is by the core schema of YAML 1.2.2 (§10.3.2): `yes`, `no`, `on` and `off` are text, so that a
    /// country `no` stays Norway; `true` and `false` are truth values; what stands in quotes is always text.
    enum Resolved: Equatable {
        case null
        case bool(Bool)
        /// A number, as written.
        case number(String)
        case string(String)
    }

    var resolved: Resolved {
        guard isPlain else { return .string(text) }
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE": return .bool(true)
        case "false", "False", "FALSE": return .bool(false)
        default: return text.isYAMLNumber ? .number(text) : .string(text)
        }
    }
}
