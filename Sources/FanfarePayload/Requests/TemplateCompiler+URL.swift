extension TemplateCompiler {
    /// What became of a URL.
    struct CompiledURL {
        var origin: RequestTemplate.Origin
        /// What stands before the path.
        var base: [UInt8]
        /// Nil when it holds merge tags.
        var constant: [UInt8]?
        /// Its instructions when it holds merge tags.
        var section: Range<Int>?
    }

    private static let path: [PayloadError.PathElement] = ["url"]

    private mutating func refuse(
        _ code: PayloadError.Code = .invalidURL,
        _ message: String,
        at offset: Int,
        in text: [UInt8]
    ) {
        report(code, message, at: Self.path, position: .init(offset: offset, in: text))
    }

    /// Checks and compiles a URL; nil when its origin is wrong.
    mutating func compileURL(_ url: String) -> CompiledURL? {
        let text = Array(url.utf8)
        let tokens = MergeTagScanner.tokens(of: text)
        guard let authority = authority(of: text) else { return nil }
        let origin = origin(of: text, authority: authority)
        checkLiterals(tokens, of: text, from: authority.upperBound)
        guard let origin else { return nil }
        let first = builder.label()
        let base = Array(text[..<authority.upperBound])
        let rest = text.dropFirst(authority.upperBound)
        builder.emit(literal: base)
        if rest.first != UInt8(ascii: "/") { builder.emit(literal: "/") }
        compile(text, from: authority.upperBound, at: Self.path, for: .url, literals: .urlLiteral)
        guard case .literal(let span) = builder.program.instructions[first], builder.position == first + 1 else {
            builder.emit(literal: [0])
            return CompiledURL(origin: origin, base: base, section: first..<builder.position)
        }
        let constant = Array(builder.program.literals[Int(span.offset)..<Int(span.offset + span.count)])
        return CompiledURL(origin: origin, base: base, constant: constant)
    }

    /// The range between `://` and the path, once the scheme is found good.
    private mutating func authority(of text: [UInt8]) -> Range<Int>? {
        let scheme = text.prefix { $0 != UInt8(ascii: ":") && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "|") }
        let name = String(decoding: scheme, as: UTF8.self).lowercased()
        let start = scheme.count + 3
        if text.dropFirst(scheme.count).first == UInt8(ascii: "|"), scheme.last == UInt8(ascii: "*") {
            refuse(.mergeTagInOrigin, "merge tags may stand in path and query only", at: scheme.count - 1, in: text)
            return nil
        }
        guard text.dropFirst(scheme.count).starts(with: "://".utf8), name == "http" || name == "https" else {
            refuse(.invalidURL, "a URL must begin with http:// or https://", at: 0, in: text)
            return nil
        }
        let end = text[start...].firstIndex { "/?#".utf8.contains($0) } ?? text.count
        return start..<end
    }

    /// The origin, when nothing is wrong with it.
    ///
    /// Messages quote nothing: a password may stand here.
    private mutating func origin(of text: [UInt8], authority: Range<Int>) -> RequestTemplate.Origin? {
        let whole = text[authority]
        if let tag = whole.indices.first(where: { text[$0...].starts(with: "*|".utf8) }) {
            refuse(.mergeTagInOrigin, "merge tags may stand in path and query only", at: tag, in: text)
            return nil
        }
        let at = whole.lastIndex(of: UInt8(ascii: "@"))
        if at != nil {
            let message = "a URL may hold no user name or password; auth is the place for them"
            refuse(.credentialsInURL, message, at: authority.lowerBound, in: text)
        }
        let bytes = at.map { whole[($0 + 1)...] } ?? whole
        let isLiteralAddress = bytes.first == UInt8(ascii: "[")
        let hostEnd =
            isLiteralAddress
            ? bytes.firstIndex(of: UInt8(ascii: "]")).map { $0 + 1 } ?? authority.upperBound
            : bytes.firstIndex(of: UInt8(ascii: ":")) ?? authority.upperBound
        let host = text[bytes.startIndex..<hostEnd]
        let isHost = isHost(host, literalAddress: isLiteralAddress)
        if !isHost {
            let message =
                host.isEmpty ? "no host" : "not a host: letters, digits, dots and hyphens (punycode), or [IPv6]"
            refuse(.invalidURL, message, at: bytes.startIndex, in: text)
        }
        let isSecure = text.count > 4 && text[4].asciiLowercased == UInt8(ascii: "s")
        guard let port = port(text[hostEnd..<authority.upperBound], standard: isSecure ? 443 : 80) else {
            refuse(.invalidURL, "not a port: 1 to 65535", at: hostEnd, in: text)
            return nil
        }
        guard at == nil, isHost else { return nil }
        let name = String(decoding: host.map(\.asciiLowercased), as: UTF8.self)
        return RequestTemplate.Origin(scheme: isSecure ? "https" : "http", host: name, port: port)
    }

    private func isHost(_ host: ArraySlice<UInt8>, literalAddress: Bool) -> Bool {
        if literalAddress {
            return host.count > 3 && host.last == UInt8(ascii: "]")
                && host.dropFirst().dropLast().allSatisfy { hexValue($0) != nil || ":.".utf8.contains($0) }
        }
        return !host.isEmpty && host.count <= 253 && host.first != UInt8(ascii: ".")
            && host.allSatisfy { $0.isASCIILetterOrDigit || ".-_".utf8.contains($0) }
            && !String(decoding: host, as: UTF8.self).contains("..")
    }

    /// The port after the colon; the standard one when there is neither.
    private func port(_ text: ArraySlice<UInt8>, standard: Int) -> Int? {
        if text.isEmpty { return standard }
        let digits = text.dropFirst()
        guard text.first == UInt8(ascii: ":"), (1...5).contains(digits.count), digits.allSatisfy(\.isASCIIDigit),
            let port = Int(String(decoding: digits, as: UTF8.self)), (1...65_535).contains(port)
        else { return nil }
        return port
    }

    /// Refuses a fragment, and beside merge tags a path segment of dots.
    private mutating func checkLiterals(_ tokens: [MergeTagScanner.Token], of text: [UInt8], from start: Int) {
        for case .literal(let range) in tokens {
            let range = range.clamped(to: start..<text.count)
            if let hash = text[range].firstIndex(of: UInt8(ascii: "#")) {
                refuse(.invalidURL, "a fragment is never sent; write %23 for a #", at: hash, in: text)
            }
        }
        guard tokens.count > 1 else { return }
        let hasDots = text.withUnsafeBytes { bytes in
            URLPath.hasDotSegment(UnsafeRawBufferPointer(rebasing: bytes[start...]))
        }
        if hasDots { refuse(.invalidURL, "no path segment may be . or .. beside merge tags", at: start, in: text) }
    }
}

/// Path segments that receivers and libraries take for steps in a hierarchy.
enum URLPath {
    /// Whether a path, up to its query or NUL, has a segment that is `.` or `..`.
    static func hasDotSegment(_ text: UnsafeRawBufferPointer) -> Bool {
        var dots = 0
        var length = 0
        for byte in text {
            let ends = byte == UInt8(ascii: "?") || byte == 0
            if ends || byte == UInt8(ascii: "/") {
                if dots == length && (dots == 1 || dots == 2) { return true }
                if ends { return false }
                dots = 0
                length = 0
            } else {
                length += 1
                if byte == UInt8(ascii: ".") { dots += 1 }
            }
        }
        return dots == length && (dots == 1 || dots == 2)
    }
}
