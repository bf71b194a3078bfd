import FanfareAudience
import FanfareDelivery
import FanfareJob
import FanfarePayload
import FanfareTransport

/// What the other modules have against a job, at the lines of its file.
struct JobReview {
    private let job: LoadedJob
    private var source: JobSource { job.source }

    init(_ job: LoadedJob) { self.job = job }

    /// What can be told before the contacts are known: all but fields, tags and segments.
    var withoutContacts: [JobProblem] { settings + webhookWithoutContacts + notify }

    /// The same of the webhook alone.
    var webhookWithoutContacts: [JobProblem] {
        webhook(fields: []).filter { $0.code != .unknownTag && $0.code != .unknownField }.map(problem) + connection
    }

    /// Everything, over the contacts that the job goes to.
    ///
    /// - Throws: What reading the audience throws.
    func problems(_ audience: Audience, _ context: SegmentContext) throws -> [JobProblem] {
        settings + webhook(fields: try audience.fields(), groups: try audience.groups()).map(problem) + connection
            + (try selection(audience, context)) + notify
    }

    /// The same as an error.
    ///
    /// - Throws: `JobError` unless all is well.
    func require(_ audience: Audience, _ context: SegmentContext) throws {
        let problems = try problems(audience, context)
        if !problems.isEmpty { throw JobError(problems, in: source) }
    }

    /// What an audience or contact file that does not fit the job is in the job's file, beside all that can be told
    /// without it; the error itself when it is not the job's fault.
    func error(for error: AudienceError) -> any Error {
        guard let found = problem(error) else { return error }
        return JobError(withoutContacts + [found], in: source)
    }

    private var settings: [JobProblem] {
        job.job.delivery.problems.map { problem in
            let path = [.key("delivery")] + problem.key.split(separator: ".").map { PathElement.key(String($0)) }
            return source.problem(at: path, message: "\(problem.seen) is not accepted", accepted: problem.accepted)
        }
    }

    /// What is wrong with who is told.
    private var notify: [JobProblem] {
        guard let notify = job.job.notify else { return [] }
        var problems: [JobProblem] = []
        do {
            if let url = notify.url { _ = try EndpointSettings(url: url).hostName }
        } catch {
            problems.append(source.problem(at: ["notify", "url"], message: error.message))
        }
        for (index, secret) in (notify.signing?.secrets ?? []).enumerated() {
            do {
                _ = try FixedBodySigner([secret])
            } catch {
                let path: [PathElement] = ["notify", "signing", "secret"]
                let isList = (notify.signing?.secrets.count ?? 0) > 1
                problems.append(
                    source.problem(at: path + (isList ? [.index(index)] : []), message: error.message)
                )
            }
        }
        return problems
    }

    /// What stands in the way of a connection before any is made.
    private var connection: [JobProblem] {
        var problems: [JobProblem] = []
        let isSecure = job.job.webhook.url.lowercased().hasPrefix("https:")
        if job.job.delivery.http == .http2, !isSecure {
            problems.append(
                source.problem(
                    at: ["delivery", "http"],
                    message: "HTTP/2 needs https",
                    accepted: "1.1, or a `webhook.url` that begins with https://"
                )
            )
        }
        return problems + tlsFiles
    }

    /// Certificates and keys that cannot be read, do not belong together, or are locked with another password.
    private var tlsFiles: [JobProblem] {
        let tls = job.job.webhook.tls
        if tls.authorityFile == nil, tls.clientCertificate == nil { return [] }
        var files = EndpointSettings(url: "https://receiver.invalid/")
        files.apply(job.job.webhook)
        files.proxy = nil
        let key = tls.clientCertificate.map { $0.keyFile == nil ? "cert" : "key" }
        do {
            guard let reason = try files.problemOfTLSFiles() else { return [] }
            // libcurl reads the client's files first: what it says of authorities is said of them alone.
            files.certificateAuthorityFile = nil
            let isOwn = try key != nil && files.problemOfTLSFiles() != nil
            return [problem(inTLS: isOwn ? key ?? "cert" : "ca", reason)]
        } catch {
            return [problem(inTLS: key ?? "ca", "\(error)")]
        }
    }

    private func problem(inTLS key: String, _ reason: String) -> JobProblem {
        let advice = key == "key" ? " (another certificate's key, or `key_password` does not open it)" : ""
        return source.problem(
            at: ["webhook", "tls", .key(key)],
            message: "the file cannot be used: \(reason)\(advice)"
        )
    }

    private func webhook(fields: [MergeField], groups: [String: [String]]? = nil) -> [PayloadError] {
        do {
            let links = PageLinks.Supply.draft(of: job.job)
            _ = try RequestTemplate.compile(job.job.webhook, fields: fields, groups: groups, links: links)
            return []
        } catch {
            return error.all
        }
    }

    private func problem(_ error: PayloadError) -> JobProblem {
        let path: [PathElement] =
            [.key("webhook")]
            + error.path.map { element in
                switch element {
                case .key(let key): .key(key)
                case .index(let index): .index(index)
                }
            }
        guard let position = error.position else { return source.problem(at: path, message: error.message) }
        return source.problem(at: path, line: position.line, column: position.column, message: error.message)
    }

    private func selection(_ audience: Audience, _ context: SegmentContext) throws -> [JobProblem] {
        do {
            _ = try audience.selectionSQL(job.job.audience.selection, context: context)
            return []
        } catch {
            if let problems = error.cause as? SegmentProblems { return problems.problems.map(problem) }
            guard let problem = problem(error) else { throw error }
            return [problem]
        }
    }

    private func problem(_ problem: SegmentProblem) -> JobProblem {
        let terms: [PathElement] = problem.path.flatMap { ["conditions", .index($0)] }
        let path = ["audience", "segment"] + terms
        return source.problem(at: path + [.key(problem.key)], message: problem.message)
    }

    /// Nil for what is no fault of the job: the disk, an import that was stopped, too many bad rows.
    private func problem(_ error: AudienceError) -> JobProblem? {
        let key: PathElement
        switch error.code {
        case .unreadableFile, .malformedFile, .noAddressColumn, .noUsableRow: key = "import"
        case .invalidColumns: key = "columns"
        case .unknownTag: key = "tag"
        case .unknownSegment: key = "segment"
        case .unknownAudience: key = "name"
        default: return nil
        }
        return source.problem(at: ["audience", key], message: error.description)
    }
}
