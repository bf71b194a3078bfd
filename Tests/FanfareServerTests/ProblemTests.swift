import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Testing

@testable import FanfareServer

/// What a caller is told of a body that is another than the one expected.
@Suite struct ProblemTests {
    private struct Body: Decodable {
        struct Part: Decodable { var name: String }

        var flags: [String: Bool]?
        var words: [String]?
        var text: String?
        var isOn: Bool?
        var count: Int?
        var share: Double?
        var part: Part?
        var parts: [Part]?
    }

    private func problem(_ json: String) throws -> Problem {
        let error = #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(Body.self, from: Data(json.utf8))
        }
        return Problem(try #require(error))
    }

    @Test(arguments: [
        (#"{"flags": []}"#, "flags", "An object is expected, and another value was found."),
        (#"{"flags": {"a": 1}}"#, "flags.a", "True or false is expected, and another value was found."),
        (#"{"words": {}}"#, "words", "An array is expected, and another value was found."),
        (#"{"words": ["a", null]}"#, "words.1", "A string is expected, and null was found."),
        (#"{"text": 1}"#, "text", "A string is expected, and another value was found."),
        (#"{"isOn": "yes"}"#, "isOn", "True or false is expected, and another value was found."),
        (#"{"count": "1"}"#, "count", "A whole number is expected, and another value was found."),
        (#"{"share": true}"#, "share", "A number is expected, and another value was found."),
        (#"{"part": "x"}"#, "part", "An object is expected, and another value was found."),
        (#"{"parts": [{}]}"#, "parts.0.name", "This value is required."),
    ])
    func `a value is told of in the words of JSON`(json: String, field: String, message: String) throws {
        let problem = try problem(json)
        #expect(problem.status == .badRequest && problem.title == "Invalid Resource")
        #expect(problem.errors.map(\.field) == [field])
        #expect(problem.errors.map(\.message) == [message])
    }

    @Test(arguments: ["[]", "12", #""x""#])
    func `a body that is no object is told of without a field`(json: String) throws {
        let problem = try problem(json)
        #expect(problem.errors.isEmpty)
        let told = "The body could not be validated. An object is expected, and another value was found."
        #expect(problem.detail == told)
    }

    @Test func `what is no JSON at all is told of as such`() throws {
        #expect(try problem("{").title == "JSON Parse Exception")
    }

    @Test func `a number that is none of the whole ones expected is named, though the decoder does not`() throws {
        let body = Data(#"{"parts": [{"weight": 1}, {"weight": 1.5}], "far": 1e30, "near": 2}"#.utf8)
        let problem = try #require(Problem.unfitNumbers(in: body))
        #expect(problem.status == .badRequest && problem.title == "Invalid Resource")
        #expect(problem.errors.map(\.field) == ["far", "parts.1.weight"])
        #expect(Problem.unfitNumbers(in: Data("{".utf8)) == nil)
    }

    @Test func `an answer leads to what describes it`() throws {
        let request = Request(
            head: HTTPRequest(method: .get, scheme: "http", authority: "x", path: "/"),
            body: .init(buffer: ByteBuffer())
        )
        let answer = try Problem.notFound.response(from: request, context: APIContext(logger: Logger(label: "test")))
        let link = #"<https://mailchimp.com/developer/marketing/docs/errors/>; rel="describedBy""#
        #expect(answer.headers[.link] == link)
    }
}
