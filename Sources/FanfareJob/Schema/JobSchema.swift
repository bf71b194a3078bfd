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
    /// The members of both objects.
    fileprivate func merging(_ other: JSONValue) -> JSONValue {
        guard case .object(let own) = self, case .object(let further) = other else { return self }
        return .object(own + further)
    }
}
