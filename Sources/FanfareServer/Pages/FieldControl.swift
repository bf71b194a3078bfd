/// What one question of a form looks like.
struct FieldControl {
    /// One answer among several.
    struct Option {
        let name: String
        let value: String
        let label: String
        let isChosen: Bool
    }

    /// One line of a control that has several.
    struct Line {
        let name: String
        let label: String
        let value: String
        let autocomplete: String
    }

    /// How it is answered.
    enum Look {
        case line(type: String, value: String, autocomplete: String, inputMode: String)
        case lines([Line])
        case select([Option])
        case radios([Option])
        case boxes([Option])
    }

    /// What the form calls it.
    let name: String
    /// What a person reads.
    let label: String
    var isRequired = false
    /// What a person is told who answers it.
    var help = ""
    /// What is wrong with the answer; nil: nothing.
    var fault: String?
    var look = Look.line(type: "text", value: "", autocomplete: "off", inputMode: "text")

    /// Ids of HTML hold no dots here: they would have to be escaped in selectors.
    private static func id(_ name: String) -> String { name.replacing(".", with: "-") }

    /// What the templates read; what there is none of has no key.
    var context: [String: Any] {
        let id = Self.id(name)
        var context: [String: Any] = ["id": id, "name": name, "label": label, "required": isRequired]
        context["help"] = help.isEmpty ? nil : help
        context["fault"] = fault
        let notes = [help.isEmpty ? nil : "\(id)-help", fault == nil ? nil : "\(id)-fault"].compactMap(\.self)
        context["described"] = notes.isEmpty ? nil : notes.joined(separator: " ")
        switch look {
        case .line(let type, let value, let autocomplete, let inputMode):
            context["line"] = [
                "type": type, "value": value, "autocomplete": autocomplete, "inputMode": inputMode,
            ]
        case .lines(let lines):
            let all = lines.map { line in
                [
                    "id": Self.id(line.name), "name": line.name, "label": line.label, "value": line.value,
                    "autocomplete": line.autocomplete,
                ]
            }
            context["lines"] = ["all": all]
        case .select(let options): context["select"] = ["options": options.map { Self.context($0) }]
        case .radios(let options): context["choice"] = Self.choice("radio", options, id)
        case .boxes(let options): context["choice"] = Self.choice("checkbox", options, id)
        }
        return context
    }

    private static func choice(_ type: String, _ options: [Option], _ id: String) -> [String: Any] {
        ["type": type, "options": numbered(options, id)]
    }

    private static func context(_ option: Option) -> [String: Any] {
        ["name": option.name, "value": option.value, "text": option.label, "chosen": option.isChosen]
    }

    private static func numbered(_ options: [Option], _ id: String) -> [[String: Any]] {
        options.enumerated().map { index, option in
            var context = Self.context(option)
            context["optionID"] = "\(id)-\(index)"
            return context
        }
    }
}
