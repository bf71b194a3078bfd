import Fanfare
import FanfareAudience
import FanfareCampaigns
import FanfarePayload
import HTTPTypes
import Hummingbird

extension HostedPages {
    /// What an answer to a sign-up takes at least: how long it took says nothing of whether the address was new.
    private static let leastTime: Duration = .milliseconds(150)
    /// A field that people do not see, that browsers know nothing to fill in for, and that other programs do.
    private static let trap = "message"

    func addSignUp(to pages: RouterGroup<APIContext>) {
        pages.get("/subscribe/{list}") { _, context in
            let list = try await list(context.parameters.get("list") ?? "")
            return signUpPage(list, FieldForm(try await publicFields(of: list)), address: "", fault: nil)
        }
        pages.post("/subscribe/{list}") { request, context in try await signUp(request, context) }
    }

    private func publicFields(of list: AudienceCatalogue.Entry) async throws -> [ListedField] {
        try await reading(list) { try $0.listedFields() }.inDisplayOrder().filter(\.isPublic)
    }

    private func signUp(_ request: Request, _ context: APIContext) async throws -> Response {
        let list = try await list(context.parameters.get("list") ?? "")
        let peer = Peer(request, context, isBehindProxy: isBehindProxy)
        guard signUps.admits(peer.network, now: .now) else { throw PageProblem.tooMany }
        signUps.note(peer.network, now: .now)
        let end = ContinuousClock.now + Self.leastTime
        let sent = try await PageForm(request)
        var form = FieldForm(try await publicFields(of: list))
        form.read(sent)
        let address = sent["email"] ?? ""
        if form.faults.isEmpty, (sent[Self.trap] ?? "").isEmpty {
            do {
                var wanted = SignUp(address: address, fields: form.values, ip: peer.address)
                wanted.isToBeConfirmed = list.details.doubleOptIn
                try await signUp(wanted, list)
            } catch let error as AudienceError where error.code == .suppressed {
                // Answered as any other: nobody learns who is on the suppression list.
            } catch let error as AudienceError where error.field == "email_address" {
                return signUpPage(list, form, address: address, fault: "Please enter a valid e-mail address.")
            } catch let error as AudienceError where error.code == .invalidValue {
                guard let tag = error.field else { throw error }
                form.note(faultOf: tag)
                return signUpPage(list, form, address: address, fault: nil)
            }
        } else if !form.faults.isEmpty {
            return signUpPage(list, form, address: address, fault: nil)
        }
        try await Task.sleep(until: end, clock: .continuous)
        return templates.message(
            PageMessage(
                title: "Thank you",
                texts: [
                    "Your sign-up has arrived.",
                    "If it is to be confirmed, you will be told how. You may close this page.",
                ],
                audience: list.name ?? ""
            )
        )
    }

    private func signUp(_ signUp: SignUp, _ list: AudienceCatalogue.Entry) async throws {
        let now = currentUnixTime()
        try await webhooks.write(list.id) { try Audience.signUp(signUp, now: now, $0) }
    }

    private func signUpPage(
        _ list: AudienceCatalogue.Entry,
        _ form: FieldForm,
        address: String,
        fault: String?
    ) -> Response {
        var email = FieldControl(name: "email", label: "E-mail address", isRequired: true)
        email.look = .line(type: "email", value: address, autocomplete: "email", inputMode: "email")
        email.fault = fault
        let hasFaults = fault != nil || !form.faults.isEmpty
        return templates.page(
            "sign-up",
            title: "Sign up",
            audience: list.name ?? "",
            status: hasFaults ? .badRequest : .ok,
            [
                "faults": hasFaults,
                "controls": ([email] + form.controls).map(\.context),
                "trap": Self.trap,
            ]
        )
    }
}
