import FanfareJob
public import FanfarePayload
import FanfareStore

extension PageLinks.Supply {
    /// What a job's links to hosted pages are made of.
    ///
    /// A contact file's own audience has no pages: it goes with its fan-out, and who left it would be back with the next
    /// import.
    ///
    /// - Parameters:
    ///   - job: The job.
    ///   - audience: The id of the audience that it goes to.
    ///   - campaign: The fan-out's id; nil for what is looked at or tried, and led nobody to anything.
    ///   - key: Signs the links; not asked for where there are none.
    static func links(
        of job: JobFile,
        to audience: String,
        campaign: String? = nil,
        key: () throws -> PageKey
    ) rethrows -> PageLinks.Supply {
        guard let publicURL = job.publicURL else {
            return .none(
                "leads to a page of fanfare serve: say where that is reached, by `public_url`, --public-url or "
                    + "FANFARE_PUBLIC_URL"
            )
        }
        guard job.audience.name != nil else {
            return .none(
                "needs an audience that is kept: give it a name by `audience.name`, or who leaves is back with the next "
                    + "import"
            )
        }
        return .links(PageLinks(publicURL, audience: audience, key: try key(), campaign: campaign))
    }

    /// The same for links that nobody follows: they lead nowhere.
    static func draft(of job: JobFile) -> PageLinks.Supply {
        links(of: job, to: String(repeating: "0", count: 10)) { PageKey() }
    }
}

extension Installation {
    /// Signs the links that lead contacts to their hosted pages.
    ///
    /// - Throws: `StoreError`; for a reader also when there is no key yet.
    public func pageKey() throws -> PageKey { PageKey(sealingKey: try directory.sealingKey()) }
}
