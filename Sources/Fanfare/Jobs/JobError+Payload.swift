import FanfareJob
import FanfarePayload

extension JobError {
    /// The webhook's problems at their lines of the job file.
    init(_ errors: PayloadErrors, in source: JobSource) {
        self.init(errors.all.map { JobProblem($0, in: source) }, in: source)
    }
}

extension JobProblem {
    fileprivate init(_ error: PayloadError, in source: JobSource) {
        let path: [PathElement] =
            [.key("webhook")]
            + error.path.map { element in
                switch element {
                case .key(let key): .key(key)
                case .index(let index): .index(index)
                }
            }
        self.init(.badValue, path: path, place: source.place(of: path), message: error.message)
    }
}
