import Crypto
import FanfareReport
import Foundation
import HTTPTypes
import Hummingbird
import Mustache
import NIOCore

/// Makes answers of hosted pages. Every `{{…}}` is escaped by `PageEscaping`; `{{{…}}}` stands for the style only, which
/// is this program's own.
struct PageTemplates: Sendable {
    private let library: MustacheLibrary
    private let headers: HTTPFields

    /// - Throws: When the templates are not well-formed: a defect of this program.
    init() throws {
        MustacheContentTypes.register(PageEscaping(), named: PageEscaping.name)
        var library = MustacheLibrary()
        let pragma = "{{% CONTENT_TYPE:\(PageEscaping.name)}}"
        for (name, text) in PageMarkup.all { try library.register(pragma + text, named: name) }
        self.library = library
        headers = Self.headers()
    }

    /// What keeps a page from being framed, kept, indexed, or told of to others; nothing of it runs.
    private static func headers() -> HTTPFields {
        let style = Data(SHA256.hash(data: Data(PageStyle.text.utf8))).base64EncodedString()
        let policy =
            "default-src 'none'; style-src 'sha256-\(style)'; form-action 'self'; base-uri 'none'; "
            + "frame-ancestors 'none'"
        let all = [
            ("Content-Type", "text/html; charset=utf-8"), ("Content-Security-Policy", policy),
            ("Referrer-Policy", "no-referrer"), ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"),
            ("X-Frame-Options", "DENY"), ("X-Robots-Tag", "noindex"), ("Cross-Origin-Opener-Policy", "same-origin"),
        ]
        var headers = HTTPFields()
        for (name, value) in all { if let name = HTTPField.Name(name) { headers[name] = value } }
        return headers
    }

    /// A page.
    ///
    /// - Parameters:
    ///   - template: Its template's name.
    ///   - title: Its heading.
    ///   - audience: The audience's name; empty: there is none to name.
    ///   - status: The answer's.
    ///   - context: What else the template reads; an empty text counts as none.
    func page(
        _ template: String,
        title: String,
        audience: String,
        status: HTTPResponse.Status = .ok,
        _ context: [String: Any]
    ) -> Response {
        let text = html(template, title: title, audience: audience, context)
        return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(string: text)))
    }

    /// A page's text; see ``page(_:title:audience:status:_:)``.
    func html(_ template: String, title: String, audience: String, _ context: [String: Any]) -> String {
        var context = context.filter { ($0.value as? String) != "" }
        context["title"] = title
        context["audience"] = audience.isEmpty ? nil : audience
        context["style"] = PageStyle.text
        guard let text = library.render(context, withTemplate: template) else {
            preconditionFailure("the library holds \(template)")
        }
        return text
    }

    /// A page without a form.
    func message(_ message: PageMessage, status: HTTPResponse.Status = .ok) -> Response {
        var context: [String: Any] = ["texts": message.texts]
        if let link = message.link { context["link"] = ["url": link.url, "text": link.text] }
        return page("message", title: message.title, audience: message.audience, status: status, context)
    }
}
