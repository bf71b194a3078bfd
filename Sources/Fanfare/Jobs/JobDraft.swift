import FanfareAudience
import FanfareDelivery
import FanfareJob
import FanfarePayload
import FanfareStore

/// A job over its contacts before anything is noted of it: what `check`, `preview` and `send-test` look at.
///
/// The contacts of a file are imported into a folder that is removed again; those of a stored audience are read where
/// they are, also beside the process that owns the data directory.
struct JobDraft {
    /// Which contacts are wanted, and at what price.
    struct Wish {
        /// Limits of the import; the column map is the job's.
        var options = ImportOptions()
        /// The only contact that is wanted: a file is then read, and no other of its rows is taken.
        var address: String?
        /// Asked now and then.
        var isCancelled: @Sendable () -> Bool = { false }
    }

    /// Its ledger is none: nothing was frozen.
    let plan: FanOutPlan
    /// What segments mean now.
    let context: SegmentContext
    /// What the import made of the contact file; nil for a stored audience.
    let imported: ImportSummary?

    /// Opens the contacts, reviews the job over them, and clears up whatever happens.
    ///
    /// - Parameters:
    ///   - body: The draft's contacts are there while it runs.
    ///   - uncleared: Called when the copy of the contacts could not be removed, with what it is and why.
    /// - Throws: `JobError` with everything that is wrong with the job, `AudienceError`, `StoreError`,
    ///   `CancellationError`, and what `body` throws.
    static func with<Result>(
        _ job: LoadedJob,
        dataDirectory: String,
        _ wish: Wish = Wish(),
        uncleared: (String) -> Void = { _ in },
        _ body: (JobDraft) throws -> Result
    ) throws -> Result {
        guard let file = job.job.audience.file else {
            let (audience, links) = try stored(job, dataDirectory)
            return try body(reviewed(job, dataDirectory, audience, links, nil))
        }
        if wish.address != nil {
            do {
                return try inScratch(job, file, dataDirectory, wish, uncleared, body)
            } catch let error where error is JobError || error is AudienceError {
                // A row alone does not know every tag, group and key of its file: what does not fit is judged over all
                // of it.
            }
        }
        var wish = wish
        wish.address = nil
        return try inScratch(job, file, dataDirectory, wish, uncleared, body)
    }

    private static func inScratch<Result>(
        _ job: LoadedJob,
        _ file: JobAudience.Import,
        _ dataDirectory: String,
        _ wish: Wish,
        _ uncleared: (String) -> Void,
        _ body: (JobDraft) throws -> Result
    ) throws -> Result {
        let scratch = try ScratchFolder(for: dataDirectory)
        let result: Result
        do {
            let (audience, summary) = try imported(job, file, scratch.directory, wish)
            result = try body(reviewed(job, dataDirectory, audience, .draft(of: job.job), summary))
        } catch {
            // The next owner of the data directory removes what is left; this error is what the operator must know.
            do { try scratch.remove() } catch {}
            if (error as? AudienceError)?.code == .cancelled { throw CancellationError() }
            throw error
        }
        do {
            try scratch.remove()
        } catch {
            uncleared("\(scratch.directory.path), a copy of the contacts, could not be removed: \(error)")
        }
        return result
    }

    private static func imported(
        _ job: LoadedJob,
        _ file: JobAudience.Import,
        _ folder: DataDirectory,
        _ wish: Wish
    ) throws -> (Audience, ImportSummary) {
        do {
            let path = folder.audiencePath("draft")
            let audience = try Audience(path: path, id: "draft", mode: .createNew, isKept: false)
            var options = file.options(wish.options)
            options.onlyAddress = wish.address
            let summary = try audience.importContacts(from: file.resolvedPath, options: options) { _ in
                !wish.isCancelled()
            }
            return (audience, summary)
        } catch {
            throw error.code == .cancelled ? error : JobReview(job).error(for: error)
        }
    }

    private static func stored(_ job: LoadedJob, _ dataDirectory: String) throws -> (Audience, PageLinks.Supply) {
        do {
            let installation = try Installation.read(dataDirectory)
            let audience = try installation.openAudience(named: job.job.audience.name ?? "", makesIt: false)
            return (audience, try links(of: job.job, to: audience.id, installation))
        } catch let error as AudienceError {
            throw JobReview(job).error(for: error)
        }
    }

    /// The links that a run would have; before the first run of all there is no key yet, and they lead nowhere.
    private static func links(
        of job: JobFile,
        to audience: String,
        _ installation: Installation
    ) throws -> PageLinks.Supply {
        do {
            return try .links(of: job, to: audience) { try installation.pageKey() }
        } catch let error as StoreError where error.code == .notFound {
            return .draft(of: job)
        }
    }

    private static func reviewed(
        _ job: LoadedJob,
        _ dataDirectory: String,
        _ audience: Audience,
        _ links: PageLinks.Supply,
        _ summary: ImportSummary?
    ) throws -> JobDraft {
        // A data directory that is not there yet has suppressed nobody.
        var suppression: SuppressionList?
        if Durability.fileExists(dataDirectory + "/fanfare.sqlite") {
            suppression = try .read(of: DataDirectory(path: dataDirectory, access: .read))
        }
        let parts = JobPlan(job: job, audience: audience, links: links, suppression: suppression)
        try parts.review()
        let ids = DeliveryIDSeries(installation: "draft", fanOut: job.job.name, run: 1)
        let plan = try parts.plan(Ledger(path: ""), ids: ids)
        return JobDraft(plan: plan, context: parts.context, imported: summary)
    }
}
