import FanfareCampaigns
import FanfareStore
import FanfareTesting
import Foundation
import Testing

/// Batches: taken once, done once, in order, and forgotten.
struct BatchBookTests {
    private let folder: FixtureFolder
    private var path: String { folder.path + "/batches.sqlite" }

    init() throws { folder = try FixtureFolder() }

    private func operations(_ count: Int, path: String = "/ping") -> [BatchOperation] {
        (0..<count).map { BatchOperation(id: "op\($0)", method: "GET", path: path, body: nil) }
    }

    /// Does what there is to do, in order.
    private func drain(_ book: BatchBook, status: Int = 200, response: String = "{}") throws -> [String] {
        var done: [String] = []
        while let task = try book.next(now: 20) {
            done.append("\(task.batch.id) \(task.ordinal)")
            try book.finish(task, status: status, response: response, now: 30)
        }
        return done
    }

    @Test func `batches are done one after the other, each operation once, over a death too`() throws {
        var book = try BatchBook(path: path)
        let first = try book.add(operations(3), key: "key", origin: "http://x", now: 10)
        let second = try book.add(operations(1), key: "key", origin: "http://x", now: 11)
        #expect(first.state == .pending && first.total == 3 && first.submitted == 10)
        let task = try #require(try book.next(now: 20))
        #expect(task.batch.id == first.id && task.ordinal == 0 && task.operation.id == "op0")
        #expect(try book.batch(first.id)?.state == .started)
        try book.finish(task, status: 404, response: "no", now: 21)
        // This one is under way when the process dies: it has no result, and is done again.
        #expect(try book.next(now: 22)?.ordinal == 1)
        book = try BatchBook(path: path)
        #expect(try drain(book) == ["\(first.id) 1", "\(first.id) 2", "\(second.id) 0"])
        let done = try #require(try book.batch(first.id))
        #expect(done.state == .finished && done.finished == 3 && done.errored == 1 && done.completed == 30)
        let results = try book.results(of: first.id, after: -1)
        #expect(results.map(\.status) == [404, 200, 200] && results.map(\.operation) == ["op0", "op1", "op2"])
        #expect(try book.results(of: first.id, after: 1).map(\.ordinal) == [2])
        #expect(try book.batches(offset: 0, count: 1).batches.map(\.id) == [second.id])
        #expect(try book.batches(offset: 1, count: 5).total == 2)
    }

    @Test func `the file is its owner's alone`() throws {
        _ = try BatchBook(path: path)
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test func `no more than 500 wait, and one that ends makes room`() throws {
        let book = try BatchBook(path: path)
        for _ in 0..<BatchBook.mostPending { _ = try book.add(operations(1), key: "", origin: "", now: 1) }
        #expect(throws: TooManyBatches.self) { _ = try book.add(operations(1), key: "", origin: "", now: 1) }
        let task = try #require(try book.next(now: 2))
        try book.finish(task, status: 200, response: "", now: 3)
        _ = try book.add(operations(1), key: "", origin: "", now: 4)
    }

    @Test func `one that is removed is not done any further, and its result is of no use`() throws {
        let book = try BatchBook(path: path)
        let batch = try book.add(operations(2), key: "", origin: "", now: 1)
        let task = try #require(try book.next(now: 2))
        #expect(try book.remove(batch.id))
        #expect(try !book.remove(batch.id))
        try book.finish(task, status: 200, response: "late", now: 3)
        #expect(try book.next(now: 4) == nil)
        #expect(try book.batch(batch.id) == nil && book.results(of: batch.id, after: -1).isEmpty)
    }

    @Test func `what ended more than seven days ago is forgotten, what did not end is not`() throws {
        let book = try BatchBook(path: path)
        let old = try book.add(operations(1), key: "", origin: "", now: 1)
        _ = try drain(book)
        let open = try book.add(operations(1), key: "", origin: "", now: 1)
        try book.purge(now: 30 + BatchBook.retention)
        #expect(try book.batch(old.id) != nil)
        try book.purge(now: 31 + BatchBook.retention)
        #expect(try book.batch(old.id) == nil && book.batch(open.id) != nil)
    }

    @Test(
        arguments: [
            ("/lists/1/members/Ada%40example.com", nil),
            ("/lists/1/members/2b9150605ac374d671a306b5fcee60a0", nil),
            ("/lists/1/members", #"{"email_address":"ADA@Example.com"}"#),
            ("/lists/1/members", #"{"email_address":"\u0061da\u0040example.com"}"#),
        ]
    )
    func `an operation that names who was erased is not done any more`(path: String, body: String?) throws {
        let book = try BatchBook(path: self.path)
        let named = BatchOperation(id: "named", method: "PUT", path: path, body: body)
        let other = BatchOperation(id: "other", method: "PUT", path: "/lists/1/b%40x.org", body: #"{"a":"\\u0061"}"#)
        let batch = try book.add([named, other], key: "", origin: "", now: 1)
        let ada = BatchMention(["ada@example.com", "2b9150605ac374d671a306b5fcee60a0"])
        #expect(try book.erase(ada, now: 2) == 1)
        #expect(try drain(book) == ["\(batch.id) 1"])
        let done = try #require(try book.batch(batch.id))
        #expect(done.state == .finished && done.errored == 1)
        let results = try book.results(of: batch.id, after: -1)
        #expect(results.map(\.status) == [410, 200] && results[0].response.contains("deleted for good"))
        // Nor do the bytes lie about.
        for file in [self.path, self.path + "-wal"] {
            let bytes = try String(decoding: Data(contentsOf: URL(fileURLWithPath: file)), as: UTF8.self)
            #expect(!bytes.contains(body ?? path))
        }
    }

    @Test func `a result that names who was erased goes, also one that comes while that is done`() throws {
        let book = try BatchBook(path: path)
        let batch = try book.add(operations(3, path: "/lists/1/members"), key: "", origin: "", now: 1)
        let mention = BatchMention(["ünal@x.org"])
        let first = try #require(try book.next(now: 2))
        try book.finish(first, status: 200, response: #"{"email_address":"Ünal@x.org"}"#, now: 3)
        let second = try #require(try book.next(now: 4))
        #expect(try book.erase(mention, now: 5) == 1)
        try book.finish(second, status: 200, response: #"{"email_address":"ünal@x.org"}"#, now: 6)
        let third = try #require(try book.next(now: 7))
        try book.finish(third, status: 200, response: #"{"email_address":"b@x.org"}"#, now: 8)
        let results = try book.results(of: batch.id, after: -1)
        #expect(results.map { $0.response.contains("deleted for good") } == [true, true, false])
        #expect(results.map(\.status) == [200, 200, 200])
        #expect(try book.batch(batch.id)?.finished == 3)
    }

    @Test(arguments: [("my delete", "my delete"), ("delete ADA@example.com", "")])
    func `what erases somebody has its own result, and tells of them no more`(id: String, kept: String) throws {
        let book = try BatchBook(path: path)
        let ada = BatchMention(["ada@example.com"])
        let erases = BatchOperation(
            id: id,
            method: "POST",
            path: "/lists/1/members/ada%40example.com/actions/delete-permanent",
            body: nil
        )
        let batch = try book.add([erases] + operations(1), key: "", origin: "", now: 1)
        let task = try #require(try book.next(now: 2))
        // Before it goes, and after.
        for now in Int64(3)...4 { _ = try book.erase(ada, now: now) }
        #expect(try book.batch(batch.id)?.finished == 0)
        try book.finish(task, status: 204, response: "", now: 5)
        #expect(try drain(book) == ["\(batch.id) 1"])
        let results = try book.results(of: batch.id, after: -1)
        #expect(results.map(\.status) == [204, 200] && results.map(\.operation) == [kept, "op0"])
        #expect(results[0].response.isEmpty)
        #expect(try book.batch(batch.id)?.errored == 0)
        let bytes = try String(decoding: Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
        #expect(!bytes.lowercased().contains("ada"))
    }

    @Test func `what erased somebody and died before its end is gone, and keeps no batch waiting`() throws {
        let ada = BatchMention(["ada@example.com"])
        let erases = BatchOperation(id: "a", method: "POST", path: "/lists/1/members/ada@example.com", body: nil)
        var book = try BatchBook(path: path)
        let batch = try book.add([erases] + operations(1), key: "", origin: "", now: 1)
        _ = try book.next(now: 2)
        #expect(try book.erase(ada, now: 3) == 1)
        book = try BatchBook(path: path)
        #expect(try drain(book) == ["\(batch.id) 1"])
        #expect(try book.results(of: batch.id, after: -1).map(\.status) == [410, 200])
        #expect(try book.batch(batch.id)?.state == .finished)
    }
}
