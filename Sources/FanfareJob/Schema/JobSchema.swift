/// The JSON Schema of the job file (draft 2020-12), made of the same tables that the reader goes by.
public enum JobSchema {
    /// The schema, indented for a person.
    ///
    /// What JSON Schema cannot say is left to the reader: whether files and variables are there, whether a time zone is
    /// known, whether the parts of a duration add up to one that is accepted.
    public static let json = document.pretty

    static let document = JSONValue.object([
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Fanfare job file",
        "description": "One webhook, whom it goes to, when, and how fast.",
    ]).merging(JobSection.format.schema).adding([
        "$defs": .object(["condition": ConditionSection.definition, "secret": SecretReader.definition])
    ])
}

extension JSONValue {
    /// The schema with what it refers to under other addresses.
    ///
    /// - Parameter address: That of a definition, by its name under `$defs`.
    func referring(to address: (String) -> String) -> JSONValue {
        let prefix = "#/$defs/"
        switch self {
        case .array(let items): return .array(items.map { $0.referring(to: address) })
        case .object(let members):
            return .object(
                members.map { member in
                    guard member.key == "$ref", case .string(let old) = member.value, old.hasPrefix(prefix) else {
                        return .init(key: member.key, value: member.value.referring(to: address))
                    }
                    return .init(key: member.key, value: .string(address(String(old.dropFirst(prefix.count)))))
                }
            )
        default: return self
        }
    }

    /// The members of both objects.
    func merging(_ other: JSONValue) -> JSONValue {
        guard case .object(let own) = self, case .object(let further) = other else { return self }
        return .object(own + further)
    }
}
