package import FanfarePayload

/// Tells whether an edit would be refused for a value, before it is made.
///
/// An edit is refused for the first value that is none; whoever asks here before can name all of them at once.
package struct ValueCheck: ~Copyable {
    private var parser = CellParser()

    package init() {}

    /// - Returns: What is wrong with a text as a value of a merge field, for a person; nil: nothing.
    package mutating func fault(of text: String, in field: MergeField) -> String? {
        // What was rewritten for the value before is of no more use.
        parser.beginRow()
        do {
            _ = try ContactEditor.value(text, as: CellContent(field), named: field.tag, &parser)
            return nil
        } catch {
            return (error as? AudienceError)?.message ?? "\(error)"
        }
    }
}
