struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

struct Arguments {
    let url, contacts, secret: String
    let count, inFlight: Int

    /// Takes pairs of an option and its value.
    init(_ words: some Collection<String>) throws {
        var values: [String: String] = [:]
        var rest = words[...]
        while let option = rest.popFirst() {
            guard option.hasPrefix("--"), let value = rest.popFirst() else { throw Failure("bad argument \(option)") }
            values[String(option.dropFirst(2))] = value
        }
        func value(_ name: String) throws -> String {
            guard let value = values[name] else { throw Failure("--\(name) is missing") }
            return value
        }
        func number(_ name: String) throws -> Int {
            guard let number = Int(try value(name)), number >= 0 else { throw Failure("--\(name) takes a number") }
            return number
        }
        (url, contacts, secret) = (try value("url"), try value("contacts"), try value("secret"))
        (count, inFlight) = (try number("count"), try number("in-flight"))
    }
}
