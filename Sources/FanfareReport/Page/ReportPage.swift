public import Foundation
import Mustache

/// A report as one page of HTML that needs nothing else: no script, no other file, no network.
public struct ReportPage: Sendable {
    /// How many answers are shown one by one.
    static let mostAnswers = 12
    /// How many causes are shown one by one.
    static let mostCauses = 12
    /// How many rows of a table at most.
    static let mostRows = 40

    let report: FanOutReport
    let namesContacts: Bool
    private let program: String
    let clock: PageClock

    /// - Parameters:
    ///   - report: What to show.
    ///   - program: What made it, for example `Fanfare 0.1.0`.
    ///   - zone: On whose clock times are shown.
    ///   - namesContacts: Whether the report names contacts; the page says so.
    public init(_ report: FanOutReport, program: String, zone: TimeZone = .current, namesContacts: Bool = false) {
        self.report = report
        self.namesContacts = namesContacts
        self.program = program
        clock = PageClock(zone)
    }

    /// The page.
    ///
    /// - Throws: When the templates are not well-formed: a defect of this program.
    public func html() throws -> String {
        let library = try ReportTemplate.library()
        guard let page = library.render(context, withTemplate: "page") else {
            preconditionFailure("the library holds the page")
        }
        return page
    }

    private var context: [String: Any] {
        var context: [String: Any] = [
            "name": report.name,
            "style": ReportStyle.text,
            "state": report.state == .ended && tone != "good" ? "ended, not all delivered" : report.state.title,
            "tone": tone,
            "facts": facts,
            "footer": "Made by \(program) on \(clock.full(report.asOf)).",
            "privacy": privacy,
        ]
        context["notice"] = notice
        context.merge(outcome) { $1 }
        if let survey = report.survey {
            context["pace"] = pace(survey)
            context["latency"] = latency(survey)
            context["answers"] = answers(survey)
            context["failures"] = failures(survey)
            context["setAside"] = setAside(survey)
        }
        if !report.settings.isEmpty {
            context["settings"] = ["list": report.settings.map { ["key": $0.key, "value": value(of: $0)] }]
        }
        return context
    }

    private func value(of setting: FanOutReport.Setting) -> String {
        guard let set = setting.set else { return setting.value }
        let when = setting.setAt.map { " on \(clock.full($0))" } ?? ""
        return "\(set), as set\(when); the job says \(setting.value)"
    }

    // MARK: Header

    private var tone: String {
        switch report.state {
        case .running, .waiting: "calm"
        case .interrupted, .stopped: "warn"
        case .ended, .pruned:
            report["dead"] + report["uncertain"] == 0
                ? (report["cancelled"] == 0 ? "good" : "warn") : report["delivered"] == 0 ? "bad" : "warn"
        }
    }

    private var facts: [String] {
        var facts: [String] = []
        if report.state != .waiting {
            facts.append(PageNumber.count(report.total) + (report.total == 1 ? " recipient" : " recipients"))
        }
        if report.run > 1 { facts.append("run \(report.run)") }
        if let start = report.startedAt { facts.append("began \(clock.full(start))") }
        if let end = report.endedAt { facts.append("ended \(clock.full(end))") }
        return facts
    }

    private var notice: [String: String]? {
        let asOf = "The figures are as of \(clock.full(report.asOf))."
        switch report.state {
        case .waiting:
            return ["tone": "calm", "title": "Not begun.", "text": "Who receives is not chosen yet. \(asOf)"]
        case .running:
            return ["tone": "calm", "title": "Unfinished: it is running now.", "text": asOf]
        case .interrupted:
            return [
                "tone": "warn", "title": "Unfinished: it was interrupted.",
                "text": "Nothing is lost; the same run command goes on with it. \(asOf)",
            ]
        case .stopped:
            let reason = stopReason.map { $0 + " " } ?? ""
            return ["tone": "warn", "title": "Unfinished: it was stopped.", "text": "\(reason)\(asOf)"]
        case .pruned:
            return [
                "tone": "calm", "title": "Only counts are left.",
                "text": "The ledger of this fan-out is gone, as after prune, and what it would show with it.",
            ]
        case .ended:
            return stopReason.map { ["tone": "warn", "title": "It was stopped.", "text": $0] }
        }
    }

    /// As a sentence.
    private var stopReason: String? {
        report.stopReason.map { $0.prefix(1).uppercased() + $0.dropFirst() + "." }
    }

    private var privacy: String {
        namesContacts
            ? "It names contacts and shows answers as they came: keep it as you keep the contact file."
            : "It names no contact; what looks like an address or a telephone number is covered in answers. "
                + "Deliveries are found by their id: fanfare deliveries NAME."
    }
}

extension FanOutReport.State {
    /// One or two words for people.
    public var title: String {
        switch self {
        case .waiting: "not begun"
        case .running: "running"
        case .interrupted: "interrupted"
        case .stopped: "stopped"
        case .ended: "ended"
        case .pruned: "ended, counts only"
        }
    }
}
