import Fanfare
import Foundation

/// What the interface says of campaigns, for a person.
enum CampaignText {
    static func campaign(_ campaign: InterfaceValue) -> String {
        var lines = [
            campaign["name"].shown, "  id          \(campaign["id"].shown)",
            "  audience    \(campaign["audience"].shown)",
        ]
        if let objective = campaign["objective"].text { lines.append("  objective   \(objective)") }
        lines.append("  made        \(campaign["created_at"].shown) by \(campaign["created_by"].shown)")
        return lines.joined(separator: "\n")
    }

    static func touchpoints(_ answer: InterfaceValue) -> String {
        let touchpoints = answer["touchpoints"].items
        if touchpoints.isEmpty { return "no touchpoints; add one with: fanfare campaign touchpoint add" }
        var table = TextTable(["id", "when", "kind", "state", "name"])
        for touchpoint in touchpoints {
            table.add(
                [touchpoint["id"].shown, time(of: touchpoint)] + ["kind", "state", "name"].map { touchpoint[$0].shown }
            )
        }
        return table.text()
    }

    static func touchpoint(_ touchpoint: InterfaceValue) -> String {
        var lines = [
            touchpoint["name"].shown, "  id          \(touchpoint["id"].shown)",
            "  kind        \(touchpoint["kind"].shown)", "  when        \(time(of: touchpoint))",
        ]
        if let minutes = touchpoint["minutes"].whole { lines.append("  takes       \(minutes) min") }
        if let rule = touchpoint["repeats"].text { lines.append("  repeats     \(rule)") }
        if let url = touchpoint["webhook"]["url"].text { lines.append("  sends to    \(url)") }
        let reason = touchpoint["reason"].text.map { ": \($0)" } ?? ""
        lines.append("  state       \(touchpoint["state"].shown.replacing("_", with: " "))\(reason)")
        if let notes = touchpoint["notes"].text { lines.append("  notes       \(notes)") }
        let life = touchpoint["life"].items
        if !life.isEmpty { lines.append(self.life(life)) }
        let fanOuts = touchpoint["fan_outs"].items
        if !fanOuts.isEmpty { lines.append(self.fanOuts(fanOuts)) }
        return lines.joined(separator: "\n")
    }

    /// What a check of a webhook says, or what it says when it is scheduled.
    static func plan(_ plan: InterfaceValue, of touchpoint: InterfaceValue, hint: String) -> String {
        let skipped = plan["skipped"].members.compactMap { member in
            member.value.whole.map { (VisibleText.text(member.name), $0) }
        }
        let planned = PlannedRun(
            name: touchpoint["name"].shown,
            start: plan["start"].shown,
            startsAt: plan["starts_at"].text.flatMap { unixTime(of: $0) } ?? 0,
            requests: plan["requests"].whole ?? 0,
            skipped: Dictionary(skipped) { first, _ in first },
            secondsByRate: plan["seconds_by_rate"].number,
            repeats: plan["repeats"].text,
            variables: plan["variables"].items.compactMap(\.text),
            warnings: plan["warnings"].items.compactMap(\.text)
        )
        let isScheduled = touchpoint["state"].text == "scheduled"
        let heading = "\(planned.name) is \(touchpoint["state"].shown)"
        var lines = PlannedRunText.lines(planned, heading: heading)
        let zones = plan["zones"].items
        if !zones.isEmpty { lines.append(self.zones(zones)) }
        if isScheduled {
            let ids = "\(touchpoint["campaign_id"].shown) \(touchpoint["id"].shown)"
            lines.append("Take it back with: fanfare campaign touchpoint unschedule \(ids)\(hint)")
        }
        return lines.joined(separator: "\n")
    }

    /// When contacts are due that go by their own clocks.
    private static func zones(_ zones: [InterfaceValue]) -> String {
        var table = TextTable(["  zone", "contacts", "due", ""])
        for zone in zones {
            let name = zone["time_zone"].text ?? "not known"
            let isPast = zone["is_past"].shown == "yes"
            table.add(["  " + name, zone["contacts"].shown, zone["due_at"].shown, isPast ? "past" : ""])
        }
        return table.text()
    }

    private static func life(_ life: [InterfaceValue]) -> String {
        var table = TextTable(["  since", "state", "by", ""])
        for step in life {
            let remark = step["remark"].text ?? ""
            table.add(["  " + step["at"].shown, step["state"].shown, step["by"].shown, remark])
        }
        return table.text()
    }

    private static func fanOuts(_ fanOuts: [InterfaceValue]) -> String {
        var table = TextTable(["  fan-out", "run", "state", "recipients", "delivered", "dead"])
        for fanOut in fanOuts {
            let counts = fanOut["deliveries"]
            table.add(
                ["  " + fanOut["id"].shown, fanOut["run"].shown, fanOut["state"].shown, fanOut["recipients"].shown]
                    + [counts["delivered"].shown, counts["dead"].shown]
            )
        }
        return table.text()
    }

    /// As clocks of its zone show it.
    private static func time(of touchpoint: InterfaceValue) -> String {
        guard let at = touchpoint["at"].text else { return "not planned" }
        return "\(at) \(touchpoint["time_zone"].shown)"
    }
}
