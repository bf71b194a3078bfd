import FanfareAudience

/// The languages that a contact may choose from: Mailchimp's codes, each by its own name.
enum PageLanguage {
    /// Under which a contact's details have it.
    static let header = "LANGUAGE"

    private static let all: [(code: String, name: String)] = [
        ("id", "Bahasa Indonesia"), ("ms", "Bahasa Melayu"), ("ca", "Català"), ("cs", "Čeština"), ("da", "Dansk"),
        ("de", "Deutsch"), ("et", "Eesti"), ("en", "English"), ("es", "Español"), ("es_ES", "Español (España)"),
        ("fr", "Français"), ("fr_CA", "Français (Canada)"), ("hr", "Hrvatski"), ("it", "Italiano"), ("lv", "Latviešu"),
        ("lt", "Lietuvių"), ("hu", "Magyar"), ("mt", "Malti"), ("nl", "Nederlands"), ("no", "Norsk"),
        ("pl", "Polski"), ("pt", "Português (Brasil)"), ("pt_PT", "Português (Portugal)"), ("ro", "Română"),
        ("sk", "Slovenčina"), ("sl", "Slovenščina"), ("fi", "Suomi"), ("sv", "Svenska"), ("vi", "Tiếng Việt"),
        ("tr", "Türkçe"), ("el", "Ελληνικά"), ("bg", "Български"), ("mk", "Македонски"), ("ru", "Русский"),
        ("sr", "Српски"), ("uk", "Українська"), ("he", "עברית"), ("ar", "العربية"), ("fa", "فارسی"),
        ("hi", "हिन्दी"), ("ta", "தமிழ்"), ("th", "ไทย"), ("km", "ខ្មែរ"), ("ko", "한국어"), ("zh", "中文"),
        ("ja", "日本語"),
    ]

    /// One that a contact has and that is not listed stays choosable.
    static func options(chosen: String) -> [FieldControl.Option] {
        var options: [FieldControl.Option] = [
            .init(name: "language", value: "", label: "No preference", isChosen: chosen.isEmpty)
        ]
        if !chosen.isEmpty, !all.contains(where: { $0.code == chosen }) {
            options.append(.init(name: "language", value: chosen, label: chosen, isChosen: true))
        }
        return options
            + all.map { .init(name: "language", value: $0.code, label: $0.name, isChosen: $0.code == chosen) }
    }

    /// Whether a text may be a language's code; the empty one stands for none.
    static func isCode(_ text: String) -> Bool {
        text.utf8.count <= 10
            && text.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte == UInt8(ascii: "_")
                    || byte == UInt8(ascii: "-")
            }
    }
}
