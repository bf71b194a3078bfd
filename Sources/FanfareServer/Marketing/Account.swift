import Fanfare
import FanfareAudience
import FanfareCampaigns
import FanfareJob
import Hummingbird

extension MarketingAPI {
    /// What Fanfare does not know of an account is empty.
    func addAccount(to root: RouterGroup<APIContext>) {
        root.get("/") { request, _ in
            let installation = daemon.installation
            let settings = try await onDisk { try installation.accountSettings() }
            return try JSONAnswer.make(
                .object([
                    "account_id": .string(String(daemon.installation.id.prefix(20))),
                    "login_id": .string(String(daemon.installation.id.prefix(10))),
                    "account_name": "Fanfare", "email": "", "first_name": "", "last_name": "", "username": "",
                    "avatar_url": "", "role": "owner", "member_since": "", "pricing_plan_type": "forever_free",
                    "account_timezone": .string(settings.timeZone), "account_industry": "",
                    "contact": .object([
                        "company": "", "addr1": "", "addr2": "", "city": "", "state": "", "zip": "", "country": "",
                    ]),
                    "pro_enabled": true, "last_login": "", "total_subscribers": .whole(try await subscribers()),
                    "industry_stats": .object([]), "_links": [],
                ]),
                for: request
            )
        }
    }

    private func subscribers() async throws -> Int64 {
        var all: Int64 = 0
        for entry in try await lists() {
            all += try await reading(entry) { try $0.count(of: .subscribed) }
        }
        return all
    }
}
