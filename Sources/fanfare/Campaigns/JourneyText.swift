import Fanfare

/// What the interface says of journeys, for a person.
enum JourneyText {
    static func list(_ answer: InterfaceValue) -> String {
        let journeys = answer["journeys"].items
        if journeys.isEmpty { return "there are no journeys; make one with: fanfare journey create" }
        var table = TextTable(["id", "state", "version", "name"])
        for journey in journeys { table.add(["id", "state", "version", "name"].map { journey[$0].shown }) }
        return table.text()
    }

    static func journey(_ journey: InterfaceValue) -> String {
        let reason = journey["reason"].text.map { ": \($0)" } ?? ""
        let lines = [
            journey["name"].shown, "  id          \(journey["id"].shown)",
            "  state       \(journey["state"].shown)\(reason)", "  version     \(journey["version"].shown)",
        ]
        let warnings = journey["warnings"].items.map { "  warning     \($0.shown)" }
        let points = journey["points"].items
        if points.isEmpty { return (lines + warnings).joined(separator: "\n") }
        let steps = journey["document"]["start"].items + journey["document"]["points"].items
        var table = TextTable(["  point", "type", "waiting", "arrived", "passed", "delivered", "retryable", "dead"])
        for point in points {
            let type = steps.first { $0["id"].text == point["id"].text }?["type"].shown ?? "-"
            table.add(
                ["  " + point["id"].shown, type] + ["waiting", "arrived", "passed"].map { point[$0].shown }
                    + ["delivered", "retryable", "dead"].map { point["requests"][$0].shown }
            )
        }
        return (lines + warnings + [table.text()]).joined(separator: "\n")
    }

    /// Where contacts stand.
    static func contacts(_ answer: InterfaceValue) -> String {
        let contacts = answer["contacts"].items
        if contacts.isEmpty { return "nobody is there" }
        var table = TextTable(["contact", "entry", "point", "arrived", "waits until"])
        let names = ["email", "entry", "point", "arrived_at", "due_at"]
        for contact in contacts { table.add(names.map { contact[$0].shown }) }
        let next = answer["next"].whole.map { "\nThe next page: --after \($0)" } ?? ""
        return table.text() + next
    }

    /// Which way a contact went.
    static func steps(_ answer: InterfaceValue) -> String {
        let steps = answer["steps"].items
        if steps.isEmpty { return "it has never begun this journey" }
        var table = TextTable(["at", "entry", "point", "way"])
        for step in steps { table.add(["at", "entry", "point", "way"].map { step[$0].shown }) }
        return table.text()
    }
}
