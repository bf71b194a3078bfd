/// Metrics in the text format that Prometheus reads (version 0.0.4).
///
/// A metric is declared once, its samples follow it:
///
/// ```
/// # HELP fanfare_attempts_total Attempts that ended.
/// # TYPE fanfare_attempts_total counter
/// fanfare_attempts_total{fanout="black-friday",status_class="2xx"} 1000
/// ```
public struct MetricsText: Sendable {
    /// What kind of number a metric is.
    public enum Kind: String, Sendable, Hashable {
        /// It only grows, from the start of the process.
        case counter
        /// It goes up and down.
        case gauge
        /// Counts by size.
        case histogram
    }

    /// A label's name and its value.
    public typealias Label = (name: String, value: String)

    /// What is to be sent as `Content-Type`.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// The text so far.
    public private(set) var text = ""

    /// Nothing yet.
    public init() {}

    /// Declares a metric, and writes its samples.
    ///
    /// - Parameters:
    ///   - name: Letters, digits, `_` and `:`, no digit first; declared once.
    ///   - kind: What kind of number it is.
    ///   - help: What it counts, with its unit.
    ///   - write: Writes the samples.
    public mutating func metric(_ name: String, _ kind: Kind, _ help: String, _ write: (inout Samples) -> Void) {
        text += "# HELP \(name) "
        for scalar in help.unicodeScalars {
            switch scalar {
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\n# TYPE \(name) \(kind.rawValue)\n"
        var samples = Samples(name: name)
        write(&samples)
        text += samples.text
    }

    /// The samples of one metric.
    public struct Samples: Sendable {
        fileprivate let name: String
        fileprivate var text = ""

        /// Appends a sample.
        public mutating func add(_ value: Double, _ labels: [Label] = []) { append(name, labels, Self.text(value)) }

        /// Appends a sample.
        public mutating func add(_ value: Int64, _ labels: [Label] = []) { append(name, labels, String(value)) }

        /// Appends the samples of a histogram.
        ///
        /// - Parameters:
        ///   - buckets: For each upper bound, growing, how many were at most so large.
        ///   - sum: Of all values.
        ///   - count: How many values there were.
        ///   - labels: All but `le`.
        public mutating func add(
            buckets: [(bound: Double, count: Int64)],
            sum: Double,
            count: Int64,
            _ labels: [Label] = []
        ) {
            for bucket in buckets {
                append("\(name)_bucket", labels + [("le", Self.text(bucket.bound))], String(bucket.count))
            }
            append("\(name)_bucket", labels + [("le", "+Inf")], String(count))
            append("\(name)_sum", labels, Self.text(sum))
            append("\(name)_count", labels, String(count))
        }

        private mutating func append(_ name: String, _ labels: [Label], _ value: String) {
            text += name
            if !labels.isEmpty {
                text += "{"
                for (index, label) in labels.enumerated() {
                    if index > 0 { text += "," }
                    text += label.name + "=\""
                    appendEscaped(label.value)
                    text += "\""
                }
                text += "}"
            }
            text += " " + value + "\n"
        }

        /// A label's value: a backslash, a quote and a line's end are all that ends it early.
        private mutating func appendEscaped(_ value: String) {
            for scalar in value.unicodeScalars {
                switch scalar {
                case "\\": text += "\\\\"
                case "\"": text += "\\\""
                case "\n": text += "\\n"
                default: text.unicodeScalars.append(scalar)
                }
            }
        }

        private static func text(_ value: Double) -> String {
            if value.isNaN { return "NaN" }
            if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
            let text = value.description
            return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
        }
    }
}
