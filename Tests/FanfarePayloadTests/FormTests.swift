import FanfarePayload
import Testing

@Suite struct `Forms` {
    private let data = PayloadNode.object([
        .init("type", .string("subscribe")), .init("empty", .object([])), .init("none", .array([])),
        .init(
            "data",
            .object([
                .init("merges", .object([.init("FNAME", .string("*|FNAME|*"))])),
                .init(
                    "list",
                    .array([.string("a b"), .number("1.5"), .bool(false), .null, .object([.init("x", .string("y"))])])
                ),
            ])
        ),
    ])

    @Test func `flatten nested keys with brackets`() throws {
        let request = try #require(try compile(.form(data)).text([.field("FNAME"): "A&B=C"]))
        #expect(
            FormField.decode(form: request.body).map { "\($0.name)=\(String(decoding: $0.value, as: UTF8.self))" } == [
                "type=subscribe", "data[merges][FNAME]=A&B=C", "data[list][0]=a b", "data[list][1]=1.5",
                "data[list][2]=false",
                "data[list][3]=", "data[list][4][x]=y",
            ]
        )
        #expect(
            request.bodyText.hasPrefix(
                "type=subscribe&data%5Bmerges%5D%5BFNAME%5D=A%26B%3DC&data%5Blist%5D%5B0%5D=a+b&"
            )
        )
    }

    @Test func `in multipart are parts with names and a boundary named in the header`() throws {
        let request = try #require(
            try compile(.multipart(.object([.init("a\"\r\n", .string("*|FNAME|*"))]))).text([.field("FNAME"): "v"])
        )
        let boundary = "fanfare-\(someID)-0"
        #expect(request.header("Content-Type") == "multipart/form-data; boundary=\(boundary)")
        let name = "a%22%0D%0A"
        #expect(
            request.bodyText
                == "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\nv\r\n--\(boundary)--\r\n"
        )
    }

    @Test func `in multipart choose a boundary that no value holds`() throws {
        let template = try compile(
            .multipart(.object([.init("a", .string("*|FNAME|*")), .init("b", .string("*|LNAME|*"))]))
        )
        let hostile = (0..<12).map {
            "\r\n--fanfare-\(someID)-\($0)\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n"
        }.joined()
        let request = try #require(template.text([.field("FNAME"): hostile, .field("LNAME"): "fanfare-\(someID)-12"]))
        #expect(request.header("Content-Type")?.hasSuffix("-\(someID)-13") == true)
        #expect(
            try FormField.decode(multipart: request) == [
                .init(name: "a", value: Array(hostile.utf8)),
                .init(name: "b", value: Array("fanfare-\(someID)-12".utf8)),
            ]
        )
    }

    @Test func `without fields are empty but well-formed`() throws {
        #expect(try compile(.form(.object([]))).text()?.body == [])
        #expect(try compile(.multipart(.object([]))).text()?.bodyText == "--fanfare-\(someID)-0--\r\n")
    }
}
