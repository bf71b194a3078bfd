import FanfareJob
import FanfareTesting
import Foundation

/// A folder of its own for a test, with a contact file in it; removed with the last reference.
final class JobFolder: Sendable {
    private let folder: FixtureFolder
    var path: String { folder.path }

    init() throws {
        folder = try FixtureFolder()
        try write("contacts.csv", "Email Address\na@example.com\n")
        try write("ca.pem", "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n")
        try write("client.pem", "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n")
        let label = "ENCRYPTED PRIVATE KEY"
        try write("client.key", "-----BEGIN \(label)-----\nMAA=\n-----END \(label)-----\n")
    }

    @discardableResult
    func write(_ name: String, _ text: String) throws -> String {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path + "/" + name))
        return path + "/" + name
    }

    /// Parses a text as a job file of this folder.
    func parse(_ text: String, environment: [String: String] = JobFolder.environment) throws -> LoadedJob {
        try JobFile.parse(Array(text.utf8), file: "job.yaml", folder: path, environment: environment)
    }

    /// The error that parsing the text ends with; nil when it parses.
    func error(in text: String, environment: [String: String] = JobFolder.environment) -> JobError? {
        do throws(JobError) {
            _ = try JobFile.parse(Array(text.utf8), file: "job.yaml", folder: path, environment: environment)
            return nil
        } catch {
            return error
        }
    }

    static let environment = [
        "SMS_PASSWORD": "hunter2-from-env", "WEBHOOK_SECRET": "whsec_c2VjcmV0", "TZ": "Europe/Paris",
    ]
}

/// The example of the documentation, with every key in use.
let exampleJob = """
    fanfare: 1
    name: black-friday-sms                  # identity of the fan-out: unique, stable
    audience:
      import: contacts.csv                  # or .jsonl, .zip (Mailchimp export), or `name:` of a stored audience
      columns: {Email Address: EMAIL, First Name: FNAME, Score: {tag: SCORE, type: number}}
      tag: vip
    webhook:
      name: SMS gateway
      url: https://sms.example.com/v2/messages?ref=*|UNIQID|*
      auth: {username: mailer, password: {env: SMS_PASSWORD}}
      headers: {X-Campaign: black-friday}
      content_type: json                    # json | form | multipart | raw
      data:
        to: "*|PHONE|*"
        text: "Bonjour *|FNAME|*, vos offres vous attendent."
        score: "*|SCORE|*"
      require: [PHONE]
      signing: {secret: {env: WEBHOOK_SECRET}}
    schedule:
      at: 2026-11-27 09:00
      time_zone: Europe/Paris
    delivery:
      max_in_flight: 2000
      concurrency: adaptive                 # or fixed
      rate: 5000/s
      timeout: 10s
      deadline: 1h                          # per delivery, from its first attempt
      stop_after: 6h                        # for the whole fan-out
      retries: [5s, 30s, 2m, 10m]
      when_uncertain: resend                # or hold
      http: 1.1
      canary: {contacts: 100, proceed_at: 99%}
    """

/// The least a job file can say, and its version.
let smallestJob = """
    fanfare: 1
    name: small
    audience: {name: customers}
    webhook: {url: "https://example.com/hook"}
    """
