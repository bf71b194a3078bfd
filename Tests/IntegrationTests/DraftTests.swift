import FanfareTesting
import Foundation
import Testing

/// `fanfare init`: from a contact file to a job that passes its check.
@Suite("Drafts of jobs")
struct DraftTests {
    @Test("a drafted job passes its check at once, with numbers as numbers", .timeLimit(.minutes(1)))
    func checks() async throws {
        try await withDesk { desk in
            try desk.write(
                "email,First Name,Score,Phone,Empty\nada@example.com,Ada,12,004412,\nbob@example.com,,-3.5,004413,\n",
                to: "contacts.csv"
            )
            let drafted = try await desk.fanfare("init", "contacts.csv")
            #expect(drafted.status == 0, "\(drafted.errors)")
            let job = try desk.read("job.yaml")
            #expect(job.contains("\"Score\": {tag: SCORE, type: number}"))
            #expect(!job.contains("tag: PHONE, type"))
            #expect(job.contains("\"*|FIRST_NAME|*\"    # 50 % of the contacts have one"))
            let check = try await desk.fanfare("check", "job.yaml")
            #expect(check.status == 0, "\(check.errors)")
            #expect(check.output.contains("requests    2"))
        }
    }

    @Test("no contact's data stands in the draft", .timeLimit(.minutes(1)))
    func keepsData() async throws {
        try await withDesk { desk in
            try desk.write("email,name\nsecret-person@example.com,Xanthippe\n", to: "contacts.csv")
            _ = try await desk.fanfare("init", "contacts.csv", "--output", "j.yaml")
            let job = try desk.read("j.yaml")
            #expect(!job.contains("secret-person") && !job.contains("Xanthippe"))
            #expect(!desk.has("data"))
        }
    }

    @Test(
        "names that YAML or a job would not take stay as near to what they are as can be",
        .timeLimit(.minutes(1)),
        arguments: zip(
            ["no: [way].csv", " pad .csv", "tab\there.csv", "\u{7}.csv"],
            ["no: [way]", "pad", "tab here", "job"]
        )
    )
    func strangeNames(file: String, name: String) async throws {
        try await withDesk { desk in
            try desk.write(
                "email,\"a: \"\"b\"\" #c\\\",TAGS\nada@example.com,1,\"\"\"*x: {y}\"\"\"\n",
                to: file
            )
            let drafted = try await desk.fanfare("init", file, "--output", "j.yaml")
            #expect(drafted.status == 0, "\(drafted.errors)")
            #expect(try desk.read("j.yaml").contains("\nname: \"\(name)\" "))
            let check = try await desk.fanfare("check", "j.yaml")
            #expect(check.status == 0, "\(check.errors)")
        }
    }

    @Test("tags that YAML would read otherwise stay tags", .timeLimit(.minutes(1)))
    func strangeTags() async throws {
        try await withDesk { desk in
            for header in ["2024", "TRUE", "false", "NULL", "1e5", "0x1F", "_1"] {
                try desk.write("email,\(header)\nada@example.com,1\nbob@example.com,\n", to: "contacts.csv")
                let drafted = try await desk.fanfare("init", "contacts.csv", "--output", "j.yaml")
                #expect(drafted.status == 0, "\(drafted.errors)")
                let on = ["  # require": "  require", "  # segment": "  segment"]
                let job = try on.reduce(desk.read("j.yaml")) { $0.replacing($1.key, with: $1.value) }
                try FileManager.default.removeItem(atPath: desk.path("j.yaml"))
                try desk.write(job, to: "full.yaml")
                let check = try await desk.fanfare("check", "full.yaml")
                #expect(check.status == 0, "\(header): \(check.errors)")
                #expect(check.output.contains("requests    1"), "\(check.output)")
            }
        }
    }

    @Test("a name that no job has is refused", .timeLimit(.minutes(1)), arguments: ["", " ", " a", "a\tb", "a/b"])
    func refusesNames(name: String) async throws {
        try await withDesk { desk in
            try desk.writeContacts(1)
            let drafted = try await desk.fanfare("init", "contacts.csv", "--name", name)
            #expect(drafted.status == 2)
            #expect(drafted.errors.contains("--name: accepted is a name of 1 … 100 characters"), "\(drafted.errors)")
            #expect(!desk.has("job.yaml"))
        }
    }

    @Test(
        "columns whose headers do not explain themselves are mapped",
        .timeLimit(.minutes(1)),
        arguments: [
            ("E-mail,Name\nada@example.com,Ada\n", ["\"E-mail\": EMAIL", "\"*|NAME|*\""]),
            ("Name,Kontakt\nAda,ada@example.com\nBob,n/a\nCy,cy@example.com\n", ["\"Kontakt\": EMAIL"]),
            (
                "email,Имя,姓名,😀\nada@example.com,Ада,阿,12\n",
                ["\"Имя\": FIELD1", "\"姓名\": FIELD2", "\"😀\": {tag: FIELD3, type: number}"]
            ),
            ("почта,FIELD1,Имя\nada@example.com,1,Ада\n", ["\"почта\": EMAIL", "\"Имя\": FIELD2"]),
            ("email,Name,Name,City\nada@example.com,Ada,Byron,London\n", ["\"Name\": {role: ignored}", "*|CITY|*"]),
            ("email,first name,First-Name\nada@example.com,Ada,A\n", ["\"First-Name\": FIRST_NAME2"]),
            ("email,Email Address\nada@example.com,a@example.com\n", ["\"Email Address\": EMAIL_ADDRESS2"]),
            ("email,\(String(repeating: "long ", count: 20))\nada@example.com,x\n", [": LONG_LONG_"]),
        ]
    )
    func mapsColumns(contacts: String, lines: [String]) async throws {
        try await withDesk { desk in
            try desk.write(contacts, to: "contacts.csv")
            let drafted = try await desk.fanfare("init", "contacts.csv")
            #expect(drafted.status == 0, "\(drafted.errors)")
            let job = try desk.read("job.yaml")
            for line in lines { #expect(job.contains(line), "\(job)") }
            let check = try await desk.fanfare("check", "job.yaml")
            #expect(check.status == 0, "\(check.errors)\(job)")
        }
    }

    @Test("a file that is there is not replaced", .timeLimit(.minutes(1)))
    func refusesToReplace() async throws {
        try await withDesk { desk in
            try desk.writeContacts(1)
            try desk.write("mine", to: "job.yaml")
            let drafted = try await desk.fanfare("init", "contacts.csv")
            #expect(drafted.status == 2)
            #expect(
                drafted.errors == "fanfare: job.yaml is there already; name another with --output, or remove it\n"
            )
            #expect(try desk.read("job.yaml") == "mine")
        }
    }

    @Test("a file that cannot be written is named, with the reason", .timeLimit(.minutes(1)))
    func unwritable() async throws {
        try await withDesk { desk in
            try desk.writeContacts(1)
            let drafted = try await desk.fanfare("init", "contacts.csv", "--output", "nodir/y.yaml")
            #expect(drafted.status == 1)
            #expect(drafted.errors == "fanfare: nodir/y.yaml cannot be written: No such file or directory\n")
        }
    }

    @Test("a contact file without addresses is refused, and nothing is written", .timeLimit(.minutes(1)))
    func refusesUnusable() async throws {
        try await withDesk { desk in
            try desk.write("name\nAda\n", to: "contacts.csv")
            let drafted = try await desk.fanfare("init", "contacts.csv")
            #expect(drafted.status == 2)
            #expect(drafted.errors.contains("no column holds the addresses"))
            #expect(!desk.has("job.yaml"))
        }
    }
}
