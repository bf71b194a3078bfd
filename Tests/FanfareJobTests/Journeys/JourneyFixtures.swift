import FanfareJob

extension JobFolder {
    /// Reads a text as a journey of this folder.
    func journey(
        _ text: String,
        environment: [String: String] = JobFolder.environment
    ) throws -> JourneyDocument {
        try JourneyDocument.read(Array(text.utf8), file: "journey.yaml", folder: path, environment: environment)
    }

    /// The error that reading the text ends with; nil when it is a journey.
    func journeyError(in text: String, environment: [String: String] = JobFolder.environment) -> JobError? {
        do throws(JobError) {
            _ = try JourneyDocument.read(
                Array(text.utf8),
                file: "journey.yaml",
                folder: path,
                environment: environment
            )
            return nil
        } catch {
            return error
        }
    }
}

/// A journey with every key and every kind of point in use.
let exampleJourney = """
    journey: 1
    name: Welcome
    reentry: after_leaving
    time_zone: Europe/Paris
    statuses: [subscribed, transactional]
    start:
      - id: tagged
        type: tag_added
        tag: vip
        segment: {match: all, conditions: [{field: FNAME, op: is, value: Ada}]}
        next: hello
      - {id: new, type: signs_up, imports: true, segment: Paris, next: hello}
      - {id: born, type: birthday, field: BDAY, at: 08:30, next: ask}
    points:
      - id: hello
        name: Say hello
        type: webhook
        webhook:
          name: SMS gateway
          url: https://sms.example.com/send?ref=1
          method: PUT
          auth: {username: mailer, password: hunter2}
          headers: {X-Campaign: welcome, X-Api-Key: hunter3, X-Token: {env: SMS_PASSWORD}}
          content_type: form
          data: {to: "*|PHONE|*", name: "*|FNAME|*"}
          require: [PHONE]
          signing: {secret: [whsec_aHVudGVyNA==, {env: WEBHOOK_SECRET}]}
          tls: {ca: ca.pem}
          proxy: {url: "http://proxy.example:3128", username: u, password: hunter5}
        delivery: {max_in_flight: 10, rate: 50/s, timeout: 5s, deadline: 1h, retries: [1m, 5m], retry_on: [503]}
        on_failure: leave
        next: pause
      - {id: pause, type: delay, for: 2d12h, next: monday}
      - {id: monday, type: delay, on: [mon, thu], at: "10:15", next: christmas}
      - {id: christmas, type: delay, until: 2026-12-24 09:00, next: which}
      - {id: which, type: if, segment: {match: any, conditions: [{field: rating, op: greater, value: 3}]}, then: ab}
      - {id: ab, type: split, percent: 33.5, first: "on", second: "off"}
      - {id: "on", type: add_tag, tag: a, next: wait}
      - {id: "off", type: remove_tag, tag: a, next: wait}
      - {id: wait, type: wait, until: {type: event, event: bought}, limit: 7d, then: field, else: ask}
      - {id: ask, type: if, tag: vip, then: field, else: gone}
      - {id: field, type: update_field, field: STEP, value: 5, next: join}
      - {id: join, type: join_group, category: Interests, group: Music, next: leave}
      - {id: leave, type: leave_group, category: Interests, group: Sports, next: pause}
      - {id: gone, type: unsubscribe, next: closed}
      - {id: closed, type: archive}
    """

/// The least that a journey can say.
let smallestJourney = """
    {"name": "small", "start": [{"id": "s", "type": "manual", "next": "a"}], \
    "points": [{"id": "a", "type": "archive"}]}
    """
