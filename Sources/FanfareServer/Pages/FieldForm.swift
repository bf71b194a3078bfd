import FanfareAudience
import FanfareJob
import FanfarePayload

/// Merge fields as questions of a form, with what was answered.
struct FieldForm: Sendable {
    private let fields: [ListedField]
    /// Values by tag, as they are stored; of a form that was read as they were given.
    private(set) var values: [String: String]
    /// What is wrong, by tag.
    private(set) var faults: [String: String] = [:]

    /// - Parameter values: What a contact has, by tag.
    init(_ fields: [ListedField], values: [String: String] = [:]) {
        self.fields = fields
        self.values = Dictionary(uniqueKeysWithValues: fields.map { ($0.field.tag, values[$0.field.tag] ?? "") })
        for listed in fields where listed.field.kind == .birthday && Self.isDayFirst(listed.field) {
            self.values[listed.field.tag] = Self.turned(self.values[listed.field.tag] ?? "")
        }
    }

    /// Takes what a form sent; what it does not name stays as it is.
    mutating func read(_ form: PageForm) {
        for listed in fields {
            let tag = listed.field.tag
            if let given = Self.answer(to: listed.field, form, before: values[tag] ?? "") { values[tag] = given }
            if listed.isRequired, (values[tag] ?? "").isEmpty { faults[tag] = "Please fill this in." }
        }
    }

    /// Notes that the value of a field is not accepted.
    mutating func note(faultOf tag: String) {
        guard let field = fields.first(where: { $0.field.tag == tag })?.field else { return }
        faults[tag] =
            switch field.kind {
            case .number: "Please enter a number."
            case .date: "Please enter a date."
            case .birthday: "This is no day of the year."
            case .radio, .dropdown: "Please choose one of these."
            default: "This cannot be taken; it may be too long."
            }
    }

    /// - Returns: Nil when the form says nothing of it, or, of an address, what it was before: there is more than one way
    ///   to write the same.
    private static func answer(to field: MergeField, _ form: PageForm, before: String) -> String? {
        guard field.kind == .address else { return form[name(of: field)] }
        let shown = addressLines(field, before)
        let given = shown.map { form[$0.name] ?? $0.value }
        if given == shown.map(\.value) { return nil }
        if given.allSatisfy(\.isEmpty) { return "" }
        let members = zip(addressParts, given).map { part, text in
            JSONValue.Member(key: part.name, value: .string(text))
        }
        return JSONValue.object(members).compact
    }

    private static func name(of field: MergeField, _ part: String? = nil) -> String {
        "m.\(field.tag)" + (part.map { ".\($0)" } ?? "")
    }

    // MARK: Controls

    /// In the order of the fields.
    var controls: [FieldControl] {
        fields.map { listed in
            let field = listed.field
            var control = FieldControl(
                name: Self.name(of: field),
                label: field.name,
                isRequired: listed.isRequired,
                help: listed.helpText,
                fault: faults[field.tag]
            )
            if field.kind == .birthday, control.help.isEmpty { control.help = Self.birthdayHelp(field) }
            control.look = look(of: field, values[field.tag] ?? "", isRequired: listed.isRequired)
            return control
        }
    }

    private func look(of field: MergeField, _ value: String, isRequired: Bool) -> FieldControl.Look {
        func line(_ type: String, _ autocomplete: String, _ inputMode: String = "text") -> FieldControl.Look {
            .line(type: type, value: value, autocomplete: autocomplete, inputMode: inputMode)
        }
        switch field.kind {
        case .text: return line("text", Self.autocomplete(field.tag))
        case .number: return line("text", "off", "decimal")
        case .phone: return line("tel", "tel", "tel")
        case .url, .imageurl: return line("url", "url", "url")
        case .zip: return line("text", "postal-code")
        case .date: return line("date", "off")
        case .birthday: return line("text", "off", "numeric")
        case .address: return .lines(Self.addressLines(field, value))
        case .radio where !field.choices.isEmpty: return .radios(options(of: field, value, hasNone: !isRequired))
        case .dropdown where !field.choices.isEmpty: return .select(options(of: field, value, hasNone: true))
        case .radio, .dropdown: return line("text", "off")
        }
    }

    private func options(of field: MergeField, _ value: String, hasNone: Bool) -> [FieldControl.Option] {
        let name = Self.name(of: field)
        let choices = field.choices.map { choice in
            FieldControl.Option(name: name, value: choice, label: choice, isChosen: choice == value)
        }
        let isFree = !field.choices.contains(value)
        return (hasNone ? [.init(name: name, value: "", label: "None", isChosen: isFree)] : []) + choices
    }

    private static func autocomplete(_ tag: String) -> String {
        switch tag {
        case "FNAME": "given-name"
        case "LNAME": "family-name"
        case "COMPANY": "organization"
        default: "on"
        }
    }

    // MARK: Addresses and birthdays

    private static let addressParts: [(name: String, label: String, autocomplete: String)] = [
        ("addr1", "Street and number", "address-line1"), ("addr2", "Addition", "address-line2"),
        ("city", "Town", "address-level2"), ("state", "State or region", "address-level1"),
        ("zip", "Postal code", "postal-code"), ("country", "Country", "country-name"),
    ]

    /// An address that was stored as one text stands in the first line.
    private static func addressLines(_ field: MergeField, _ value: String) -> [FieldControl.Line] {
        let stored = AddressParts(value)
        return addressParts.map { part in
            let whole = part.name == "addr1" ? value : ""
            return FieldControl.Line(
                name: name(of: field, part.name),
                label: part.label,
                value: stored.map { $0.all.first { $0.name == part.name }?.text ?? "" } ?? whole,
                autocomplete: part.autocomplete
            )
        }
    }

    private static func isDayFirst(_ field: MergeField) -> Bool { field.dateFormat.hasPrefix("DD") }

    private static func birthdayHelp(_ field: MergeField) -> String {
        isDayFirst(field) ? "Day and month, as 31/12." : "Month and day, as 12/31."
    }

    /// `MM/DD` as `DD/MM`.
    private static func turned(_ value: String) -> String {
        value.split(separator: "/", omittingEmptySubsequences: false).reversed().joined(separator: "/")
    }
}
