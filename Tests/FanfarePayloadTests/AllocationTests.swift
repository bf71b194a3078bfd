import FanfarePayload
import Foundation
import Testing

/// Counts this thread's allocations; there when the test runs below the counting library.
private typealias AllocationCounter = @convention(c) () -> UInt
private let counter = dlsym(nil, "fanfare_allocations").map { unsafeBitCast($0, to: AllocationCounter.self) }

/// Sanitizers replace malloc themselves.
private let isSanitized = dlsym(nil, "__tsan_init") != nil || dlsym(nil, "__asan_init") != nil

/// Rendering allocates nothing for a contact.
///
/// The counting is done in a second process of this test program, below a preloaded malloc.
@Suite(.disabled(if: isSanitized, "malloc is the sanitizer's")) struct AllocationTests {
    private static let source = """
        #include <stddef.h>
        extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t);
        extern void *__libc_realloc(void *, size_t), *__libc_memalign(size_t, size_t);
        static __thread unsigned long count;
        unsigned long fanfare_allocations(void) { return count; }
        void *malloc(size_t size) { count++; return __libc_malloc(size); }
        void *calloc(size_t number, size_t size) { count++; return __libc_calloc(number, size); }
        void *realloc(void *old, size_t size) { count++; return __libc_realloc(old, size); }
        void *aligned_alloc(size_t alignment, size_t size) { count++; return __libc_memalign(alignment, size); }
        int posix_memalign(void **result, size_t alignment, size_t size) {
            count++;
            *result = __libc_memalign(alignment, size);
            return *result ? 0 : 12;
        }
        """

    private func run(_ program: String, _ arguments: [String], environment: [String: String] = [:]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "\(program) ended with \(process.terminationStatus)")
        return String(decoding: text, as: UTF8.self)
    }

    @Test("nothing is allocated for a contact", .disabled(if: counter != nil)) func inSecondProcess() throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("fanfare-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let source = directory.appendingPathComponent("count.c")
        let library = directory.appendingPathComponent("count.so").path
        try Self.source.write(to: source, atomically: true, encoding: .utf8)
        _ = try run("/usr/bin/env", ["clang", "-shared", "-fPIC", "-O1", "-fno-builtin", "-o", library, source.path])
        let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let output = try run(
            program,
            ["--testing-library", "swift-testing", "--filter", "AllocationTests/counted"],
            environment: ["LD_PRELOAD": library]
        )
        let counts = output.split(separator: "\n").filter { $0.hasPrefix("allocations for ") }
        #expect(counts.count == 9, "the counting process printed: \(output)")
        for line in counts { #expect(line.hasSuffix(": 0"), "\(line)") }
    }

    @Test(.enabled(if: counter != nil)) func counted() throws {
        let data = PayloadNode.object([
            .init(
                "text",
                .string("*|IF:SCORE > 10|*a*|FNAME|**|ELSE:|*b*|END:IF|* *|DATE:r|* *|ADDRESS|* *|DELIVERY_ID|*")
            ),
            .init("score", .string("*|SCORE|*")), .init("joined", .string("*|JOINED|* *|LNAME|*")),
        ])
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        let url = "https://x.example/*|FNAME|*?a=*|DATE:c|*"
        try count("JSON", compile(.json(data)))
        try count("form", compile(.form(data)))
        try count("multipart", compile(.multipart(data)))
        try count("raw", compile(.raw("*|FNAME|* *|INTERESTED:A:B|*x*|END:INTERESTED|*", contentType: nil)))
        try count("URL", compile(url: url, require: ["FNAME"]))
        try count("headers", compile(headers: [.init(name: "X", value: .text("*|FNAME|*"))]))
        try count("signed", compile(.json(data), signing: [secret]))
        let links = try PageLinks(
            #require(PublicURL("https://n.example")),
            audience: "0123456789",
            key: PageKey(),
            campaign: "5aa2102003"
        )
        let linking = try compile(.json(.string("*|UNSUB|* *|UPDATE_PROFILE|* *|LIST:SUBSCRIBE|*")), links: links)
        try count("links", linking)
        try count("skipped", compile(url: url, require: ["PHONE"]))
    }

    private func count(_ name: String, _ template: RequestTemplate) throws {
        let counter = try #require(counter)
        let address = #"{"addr1":"1 Main \u00e9","city":"Paris"}"#
        let texts: [ContactColumn: StaticString] = [
            .field("FNAME"): "Zo\u{EB} \"Z\"", .field("SCORE"): "12.5", .field("JOINED"): "2024-02-29", .key: "12",
            .uniqueID: "0123456789abcdef",
        ]
        let memory = Array(address.utf8)
        memory.withUnsafeBytes { memory in
            let slots = template.columns.map { column -> ContactRow.Value in
                if column == .field("ADDRESS") { return .init(start: memory.baseAddress, count: memory.count) }
                guard let text = texts[column] else { return .init(start: nil, count: 0) }
                return .init(start: UnsafeRawPointer(text.utf8Start), count: text.utf8CodeUnitCount)
            }
            slots.withUnsafeBufferPointer { slots in
                var buffer = RequestBuffer(capacity: 1 << 20)
                let context = RenderContext(deliveryID: someID, unixTime: someTime)
                for _ in 0..<100 { _ = template.render(ContactRow(slots), context: context, into: &buffer) }
                buffer.reset()
                let before = counter()
                for _ in 0..<200 { _ = template.render(ContactRow(slots), context: context, into: &buffer) }
                let allocations = Int(counter() - before)
                print("allocations for \(name): \(allocations)")
            }
        }
    }
}
