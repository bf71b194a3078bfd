/// A chart's markup: the marks as SVG that stretches with the page, its labels as text that does not.
///
/// The text it is given stands in the markup as it is: numbers, times and words of this program only.
struct Plot {
    static let width = 1000.0
    static let height = 220.0

    /// What a person who does not see it is told.
    var summary: String
    /// What the numbers at its side are, for example `per second`.
    var unit: String
    var vertical: [Tick]
    var horizontal: [Tick]
    /// SVG elements in a space of ``width`` × ``height``, the origin at the top left.
    var marks = ""

    var markup: String {
        var text = "<div class=\"plot\"><div class=\"unit\">\(unit)</div><div class=\"frame\"><div class=\"y\">"
        for tick in vertical { text += "<span style=\"bottom:\(percent(tick.place))\">\(tick.label)</span>" }
        text += "</div><svg viewBox=\"0 0 1000 220\" preserveAspectRatio=\"none\" role=\"img\""
        text += " aria-label=\"\(summary)\">"
        for tick in vertical {
            let y = Self.y(tick.place)
            text += "<line class=\"grid\" x1=\"0\" x2=\"1000\" y1=\"\(y)\" y2=\"\(y)\"/>"
        }
        text += marks + "</svg></div><div class=\"x\">"
        for tick in horizontal where (0...1).contains(tick.place) {
            let side = tick.place > 0.94 ? " class=\"last\"" : tick.place < 0.04 ? " class=\"first\"" : ""
            text += "<span\(side) style=\"left:\(percent(tick.place))\">\(tick.label)</span>"
        }
        return text + "</div></div>"
    }

    static func x(_ place: Double) -> String { tenths(place * width) }
    static func y(_ place: Double) -> String { tenths((1 - place) * height) }

    /// A rectangle between four places.
    static func bar(_ style: String, from left: Double, to right: Double, bottom: Double, top: Double) -> String {
        "<rect class=\"\(style)\" x=\"\(x(left))\" y=\"\(y(top))\" width=\"\(tenths((right - left) * width))\""
            + " height=\"\(tenths((top - bottom) * height))\"/>"
    }

    /// What a pointer over a column is told; it covers the column from top to bottom.
    static func hint(_ text: String, from left: Double, to right: Double) -> String {
        "<rect class=\"hit\" x=\"\(x(left))\" y=\"0\" width=\"\(tenths((right - left) * width))\" height=\"220\">"
            + "<title>\(text)</title></rect>"
    }

    /// A number with at most one decimal, as short as it can be written.
    static func tenths(_ number: Double) -> String {
        let scaled = Int((number * 10).rounded())
        let sign = scaled < 0 ? "-" : ""
        let rest = scaled.magnitude % 10
        return sign + String(scaled.magnitude / 10) + (rest == 0 ? "" : ".\(rest)")
    }

    private func percent(_ place: Double) -> String { Self.tenths(place * 100) + "%" }
}
