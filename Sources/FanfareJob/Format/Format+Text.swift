extension Format {
    /// What was read of a whole text.
    struct Outcome: Sendable {
        /// Nil: what is wrong leaves nothing of it.
        let value: Value?
        /// Everything that is wrong.
        let problems: [JobProblem]
        /// Where its values stand.
        let source: JobSource
        /// The environment variables that were asked for.
        let variables: Set<String>
    }

    /// Reads a text: YAML 1.2, of which JSON is a part.
    ///
    /// - Parameters:
    ///   - text: UTF-8.
    ///   - file: What to call it in errors.
    ///   - reading: What is known before; it has read nothing yet.
    /// - Throws: `JobError` when it is no text at all, or too long.
    func outcome(of text: [UInt8], file: String, _ reading: Reading) throws(JobError) -> Outcome {
        var reading = reading
        let source: SourceText
        do throws(SourceFault) {
            source = try SourceText(text, maximumBytes: reading.isStored ? mostStoredBytes : SourceText.maximumBytes)
        } catch {
            throw JobError([error.problem], in: JobSource(file: file))
        }
        let result = YAMLReader.read(source)
        let value = result.root.flatMap { read($0, &reading) }
        let lines = Concealment.shownLines(of: source, root: result.root, concealed: reading.concealedPaths)
        let places = result.root.map { PlaceTree($0, in: source) } ?? PlaceTree()
        return Outcome(
            value: value,
            problems: result.problems + reading.problems,
            source: JobSource(file: file, lines: lines, places: places),
            variables: reading.variables
        )
    }
}

/// What is stored has every default and escape written out.
private let mostStoredBytes = 1 << 26
