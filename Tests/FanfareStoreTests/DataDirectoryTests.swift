import FanfareStore
import FanfareTesting
import Glibc
import Testing

@Suite struct DataDirectoryTests {
    let folder: FixtureFolder
    var path: String { folder.path + "/data" }

    init() throws { folder = try FixtureFolder() }

    @Test func `an owner makes the directory for itself alone`() throws {
        let directory = try DataDirectory(path: path, access: .own)
        #expect(mode(of: path) == 0o700)
        #expect(mode(of: path + "/audiences") == 0o700)
        #expect(mode(of: path + "/fanouts") == 0o700)
        #expect(mode(of: path + "/lock") == 0o600)
        #expect(try directory.owner()?.pid == getpid())
    }

    @Test func `a second owner is refused with the first one's pid and a way out`() throws {
        let first = try DataDirectory(path: path, access: .own)
        let error = #expect(throws: StoreError.self) { _ = try DataDirectory(path: path, access: .own) }
        #expect(error?.code == .inUse)
        #expect(error?.message.contains("process \(getpid())") == true)
        #expect(error?.message.contains("--data") == true)
        withExtendedLifetime(first) {}
    }

    @Test func `ownership ends with the owner`() throws {
        do { _ = try DataDirectory(path: path, access: .own) }
        let reader = try DataDirectory(path: path, access: .read)
        #expect(try reader.owner() == nil)
        _ = try DataDirectory(path: path, access: .own)
    }

    @Test func `a reader opens beside an owner and sees its pid`() throws {
        let owner = try DataDirectory(path: path, access: .own)
        let reader = try DataDirectory(path: path, access: .read)
        #expect(try reader.owner()?.pid == getpid())
        withExtendedLifetime(owner) {}
    }

    @Test func `whoever asks for the owner is in nobody's way`() async throws {
        do { _ = try DataDirectory(path: path, access: .own) }
        let path = path
        try await withThrowingTaskGroup { group in
            group.addTask {
                let reader = try DataDirectory(path: path, access: .read)
                while !Task.isCancelled { _ = try reader.owner() }
            }
            group.addTask {
                for _ in 0..<2000 { _ = try DataDirectory(path: path, access: .own) }
            }
            try await group.next()
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    @Test func `an owner says which fan-outs it runs`() throws {
        let owner = try DataDirectory(path: path, access: .own)
        let reader = try DataDirectory(path: path, access: .read)
        #expect(try reader.owner()?.fanOuts == [])
        try owner.announce(fanOuts: ["0123456789", "abcdef0123"])
        #expect(try reader.owner()?.fanOuts == ["0123456789", "abcdef0123"])
        #expect(try reader.owner()?.pid == getpid())
        try owner.announce(fanOuts: ["abcdef0123"])
        #expect(try reader.owner()?.fanOuts == ["abcdef0123"])
        withExtendedLifetime(owner) {}
    }

    @Test func `a reader makes nothing`() throws {
        let error = #expect(throws: StoreError.self) { _ = try DataDirectory(path: path, access: .read) }
        #expect(error?.code == .notFound)
        #expect(mode(of: path) == nil)
    }

    @Test func `a file is no data directory`() throws {
        fclose(fopen(path, "w"))
        let error = #expect(throws: StoreError.self) { _ = try DataDirectory(path: path, access: .own) }
        #expect(error?.message.contains("no directory") == true)
    }

    @Test func `a place that cannot be written is named`() throws {
        let error = #expect(throws: StoreError.self) { _ = try DataDirectory(path: "/sys/fanfare-data", access: .own) }
        #expect(error?.code == .readOnly)
        #expect(error?.message.contains("/sys/fanfare-data") == true)
    }

    @Test func `the sealing key is made once, private, and stays`() throws {
        let key: [UInt8]
        do {
            let directory = try DataDirectory(path: path, access: .own)
            key = try directory.sealingKey()
            #expect(try directory.sealingKey() == key)
        }
        #expect(key.count == 32)
        #expect(Set(key).count > 8)
        #expect(mode(of: path + "/key") == 0o600)
        #expect(try DataDirectory(path: path, access: .read).sealingKey() == key)
    }

    @Test func `a reader makes no key`() throws {
        do { _ = try DataDirectory(path: path, access: .own) }
        let reader = try DataDirectory(path: path, access: .read)
        let error = #expect(throws: StoreError.self) { _ = try reader.sealingKey() }
        #expect(error?.code == .notFound)
    }

    @Test(arguments: ["", "short", String(repeating: "x", count: 33)])
    func `a key of another length is refused`(text: String) throws {
        let directory = try DataDirectory(path: path, access: .own)
        let file = try #require(fopen(directory.keyPath, "w"))
        fputs(text, file)
        fclose(file)
        let error = #expect(throws: StoreError.self) { _ = try directory.sealingKey() }
        #expect(error?.code == .corrupt)
    }
}
