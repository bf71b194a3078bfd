import FanfarePayload
import Testing

@Suite struct `Conditions` {
    @Test(
        arguments: [
            ("*|IF:FNAME|*y*|END:IF|*", nil, ""), ("*|IF:FNAME|*y*|END:IF|*", "", ""),
            ("*|IF:FNAME|*y*|END:IF|*", "a", "y"),
            ("*|IFNOT:FNAME|*n*|END:IF|*", nil, "n"), ("*|IFNOT:FNAME|*n*|END:IF|*", "a", ""),
            ("*|IF:FNAME=Bob|*A*|ELSEIF:FNAME=Al|*B*|ELSE:|*C*|END:IF|*", "Bob", "A"),
            ("*|IF:FNAME=Bob|*A*|ELSEIF:FNAME=Al|*B*|ELSE:|*C*|END:IF|*", "Al", "B"),
            ("*|IF:FNAME=Bob|*A*|ELSEIF:FNAME=Al|*B*|ELSE:|*C*|END:IF|*", "bob", "C"),
            ("*|IF:FNAME=Bob|*A*|ELSEIF:FNAME=Al|*B*|ELSE|*C*|END:IF|*", nil, "C"),
            ("*|IF: FNAME  !=  Paris Nord |*y*|ELSE:|*n*|END:IF|*", "Paris Nord", "n"),
            ("*|IF:FNAME != Paris|*y*|ELSE:|*n*|END:IF|*", "Lyon", "y"),
            ("*|IF:FNAME != Paris|*y*|ELSE:|*n*|END:IF|*", nil, "y"),
            ("*|IFNOT:FNAME=Paris|*y*|ELSE:|*n*|END:IF|*", "Paris", "n"), ("*|IF:FNAME=a=b|*y*|END:IF|*", "a=b", "y"),
            ("*|IF:LNAME|*y*|ELSE:|*n*|END:IF|*", nil, "n"),
            ("*|IF:EMAIL|*y*|ELSE:|*n*|END:IF|*", nil, "n"),
            ("a*|IF:FNAME|*b*|IF:FNAME=x|*c*|ELSE:|*d*|END:IF|*e*|ELSE:|*f*|END:IF|*g", "x", "abceg"),
            ("a*|IF:FNAME|*b*|IF:FNAME=x|*c*|ELSE:|*d*|END:IF|*e*|ELSE:|*f*|END:IF|*g", "y", "abdeg"),
            ("a*|IF:FNAME|*b*|IF:FNAME=x|*c*|ELSE:|*d*|END:IF|*e*|ELSE:|*f*|END:IF|*g", nil, "afg"),
        ] as [(String, String?, String)]
    )
    func `choose the first branch that holds`(text: String, value: String?, expected: String) throws {
        #expect(try compile(json: text).text(value.map { [.field("FNAME"): $0] } ?? [:])?.bodyText == "\"\(expected)\"")
    }

    @Test(arguments: [
        ("20", ">= 20", true), ("19.99", ">= 20", false), ("20.0", "= 20", true), ("020", "= 20", true),
        ("2e1", "=20", true),
        ("-1", "< 0", true), ("-0", "= 0", true), ("0.000", "=0", true), ("-5", "> -10", true), ("-5", "<-10", false),
        ("12345678901234567890.1", "> 12345678901234567890", true), ("0.1", "= .10", true), ("1e400", "> 1e399", true),
        ("1e-400", "> 0", true), ("-1e-400", "< 0", true), ("5", "!= 5.00", false), ("7", "<= 7", true),
        ("10", "> 9", true),
        ("100", "< 20", false), ("0.05", "< 0.1", true), ("1e2147483648000", "> 1", true), ("12.", "= 12", true),
        ("abc", "= 0", false), ("abc", "< 5", false), ("abc", "!= 0", true), ("1x", "= 1", false), ("", "< 5", false),
        ("", "!= 5", true),
    ])
    func `compare number fields by value`(value: String, question: String, holds: Bool) throws {
        let template = try compile(json: "*|IF:SCORE \(question)|*y*|ELSE:|*n*|END:IF|*")
        #expect(template.text([.field("SCORE"): value])?.bodyText == (holds ? "\"y\"" : "\"n\""))
    }

    @Test(arguments: [("1", "yes"), ("0", "no"), ("", "no"), (nil, "no")] as [(String?, String)])
    func `ask for membership in groups`(value: String?, expected: String) throws {
        let template = try compile(
            json: "*|INTERESTED:Your interests:Shoes,Men, hats|*yes*|ELSE:|*no*|END:INTERESTED|*"
        )
        let column = ContactColumn.interested(category: "Your interests", groups: ["Shoes", "Men", " hats"])
        #expect(template.columns == [column])
        #expect(template.text(value.map { [column: $0] } ?? [:])?.bodyText == "\"\(expected)\"")
    }
}
