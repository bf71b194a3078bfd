import FanfarePayload
import Foundation
import Testing

@testable import FanfareAudience
@testable import FanfareServer

/// What hosted pages take from strangers.
@Suite struct PageFormTests {
    private func form(_ text: String) throws -> PageForm { try PageForm(Array(text.utf8)) }

    @Test func `names and values are decoded, and the last of one name counts`() throws {
        let form = try form("a=1&m.FNAME=N%C3%A9a+%26+Co&a=+2+&empty=&bare&=x&%61b=%2B")
        #expect(form["a"] == "2" && form["m.FNAME"] == "Néa & Co" && form["empty"] == "" && form["bare"] == "")
        #expect(form["ab"] == "+" && form["nothing"] == nil)
    }

    @Test(arguments: ["a=%FF", "%C3=a", "a=%ED%A0%80", String(repeating: "a&", count: 5001)])
    func `what is no form in UTF-8, or holds too much, is refused`(text: String) {
        #expect(throws: PageProblem.self) { try form(text) }
    }

    @Test func `bytes that are no UTF-8 are refused`() {
        #expect(throws: PageProblem.self) { try PageForm([0x61, 0x3D, 0xFF]) }
    }

    // MARK: Where it comes from

    @Test(arguments: [
        ("192.0.2.7", "192.0.2.7"), ("2001:db8:1:2:3:4:5:6", "20:1:d:b8:0:1:0:2"),
        ("2001:db8:1:2::9", "20:1:d:b8:0:1:0:2"), ("nonsense", "elsewhere"), ("", "elsewhere"),
        ("999.1.1.1", "elsewhere"),
    ])
    func `a household counts as one, and what is no address is kept nowhere`(text: String, network: String) {
        let peer = Peer(text)
        #expect(peer.network == network && (peer.address == nil) == (network == "elsewhere"))
    }

    @Test func `a limit holds for its time, for each address alone`() {
        let limit = FailureLimit(limit: 2, length: .seconds(10))
        let start = ContinuousClock.now
        for _ in 0..<2 {
            #expect(limit.admits("a", now: start))
            limit.note("a", now: start)
        }
        #expect(!limit.admits("a", now: start + .seconds(9)) && limit.admits("b", now: start))
        #expect(limit.admits("a", now: start + .seconds(10)))
    }

    // MARK: Fields

    private func field(
        _ tag: String,
        _ kind: MergeField.Kind,
        format: String = "",
        isRequired: Bool = false
    ) -> ListedField {
        ListedField(
            id: 1,
            field: MergeField(tag: tag, kind: kind, dateFormat: format),
            isRequired: isRequired,
            helpText: "",
            isPublic: true,
            displayOrder: 1
        )
    }

    @Test func `what a form does not name stays, and what must be filled in is told`() throws {
        var answers = FieldForm(
            [field("FNAME", .text, isRequired: true), field("LNAME", .text)],
            values: ["FNAME": "Ada", "LNAME": "Lovelace", "SECRET": "x"]
        )
        answers.read(try form("m.LNAME=&m.SECRET=y"))
        #expect(answers.values == ["FNAME": "Ada", "LNAME": ""] && answers.faults.isEmpty)
        answers.read(try form("m.FNAME=+"))
        #expect(answers.faults.keys.sorted() == ["FNAME"])
    }

    @Test func `a birthday is asked for as it is given`() throws {
        let answers = FieldForm([field("BORN", .birthday, format: "DD/MM")], values: ["BORN": "12/31"])
        #expect(answers.values["BORN"] == "31/12")
        #expect(answers.controls.first?.help == "Day and month, as 31/12.")
    }

    @Test func `an address that says the same in other words is no change`() throws {
        let stored = #"{"city":"Paris","addr1":"1 Main \u00e9"}"#
        var answers = FieldForm([field("ADDRESS", .address)], values: ["ADDRESS": stored])
        let same = "m.ADDRESS.addr1=1+Main+%C3%A9&m.ADDRESS.addr2=&m.ADDRESS.city=Paris&m.ADDRESS.state="
        answers.read(try form(same))
        #expect(answers.values["ADDRESS"] == stored)
        answers.read(try form("m.ADDRESS.city=%22Lyon%22"))
        #expect(AddressParts(answers.values["ADDRESS"] ?? "")?.all.first { $0.name == "city" }?.text == "\"Lyon\"")
        let parts = ["addr1", "addr2", "city", "state", "zip", "country"].map { "m.ADDRESS.\($0)=" }
        answers.read(try form(parts.joined(separator: "&")))
        #expect(answers.values["ADDRESS"] == "")
    }

    // MARK: Markup

    @Test func `whatever stands in a value, a page's markup stays as it is`() throws {
        let templates = try PageTemplates()
        let evil = "\"'><script>alert(1)</script><i id=`{{title}}{{{style}}}&amp;\u{202E}\u{0301}\""
        var control = FieldControl(name: "m.\(evil)", label: evil, help: evil, fault: evil)
        let options = [FieldControl.Option(name: evil, value: evil, label: evil, isChosen: true)]
        let looks: [FieldControl.Look] = [
            .line(type: "text", value: evil, autocomplete: "on", inputMode: "text"), .select(options), .radios(options),
            .boxes(options), .lines([.init(name: evil, label: evil, value: evil, autocomplete: "on")]),
        ]
        for look in looks {
            control.look = look
            let context: [String: Any] = ["controls": [control.context], "trap": "t"]
            let text = templates.html("sign-up", title: evil, audience: evil, context)
            #expect(!text.contains("<script") && !text.contains("<i id") && !text.contains("\u{202E}"))
            #expect(text.components(separatedBy: "<style>").count == 2)
        }
    }
}
