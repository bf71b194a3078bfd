import FanfareAudience
import FanfareDelivery

extension JobEncoder {
    func encode(_ map: JourneyMap) -> JSONValue {
        .members(
            (JourneySection.version.name, 1),
            (JourneySection.name.name, .string(map.name)),
            (JourneySection.reentry.name, .string(map.reentry.rawValue)),
            (JourneySection.timeZone.name, .string(map.timeZone)),
            (JourneySection.statuses.name, .array(map.statuses.map(\.rawValue).sorted().map { .string($0) })),
            (JourneySection.start.name, .array(map.start.map { encode($0) })),
            (JourneySection.points.name, .array(map.points.map { encode($0) }))
        )
    }

    private func encode(_ start: StartingPoint) -> JSONValue {
        .members(
            [(JourneyPointSection.id.name, .string(start.id))] + members(of: start.trigger)
                + [
                    (StartingPointSection.segment.name, segment(of: start.part)),
                    (StartingPointSection.next.name, .string(start.next)),
                ]
        )
    }

    private func encode(_ point: JourneyPoint) -> JSONValue {
        .members(
            [
                (JourneyPointSection.id.name, .string(point.id)),
                (JourneyPointSection.name.name, point.name.map { .string($0) }),
            ] + members(of: point.step)
        )
    }

    private typealias Members = [(key: String, value: JSONValue?)]

    private func members(of trigger: JourneyTrigger) -> Members {
        typealias Section = JourneyTriggerSection
        func kind(_ kind: Section.Kind, _ members: Members = []) -> Members {
            [(variantKey, .string(kind.rawValue))] + members
        }
        return switch trigger {
        case .tagAdded(let tag): kind(.tagAdded, [(Section.tag.name, .string(tag))])
        case .signsUp(let imports): kind(.signsUp, [(Section.imports.name, .bool(imports))])
        case .joinsGroup(let group): kind(.joinsGroup, members(of: group))
        case .leavesGroup(let group): kind(.leavesGroup, members(of: group))
        case .fieldChanges(let tag, let value):
            kind(.fieldChanges, [(Section.field.name, .string(tag)), (Section.value.name, value.map { .string($0) })])
        case .birthday(let tag, let minute):
            kind(.birthday, [(Section.field.name, .string(tag)), (Section.at.name, clock(minute))])
        case .recurringDate(let tag, let minute):
            kind(.recurringDate, [(Section.field.name, .string(tag)), (Section.at.name, clock(minute))])
        case .specificDate(let time): kind(.specificDate, [(Section.date.name, .string(time.text))])
        case .event(let name): kind(.event, [(Section.event.name, .string(name))])
        case .api: kind(.api)
        case .manual: kind(.manual)
        }
    }

    private func members(of step: JourneyStep) -> Members {
        typealias Section = JourneyPointSection
        func kind(_ kind: Section.Kind, _ members: Members) -> Members {
            [(variantKey, .string(kind.rawValue))] + members
        }
        func way(_ key: Key<String?>, _ target: String?) -> Members {
            [(key.name, target.map { .string($0) } ?? .null)]
        }
        return switch step {
        case .condition(let part, let then, let otherwise):
            kind(
                .condition,
                condition(part) + way(Section.then, then) + way(Section.otherwise, otherwise)
            )
        case .split(let percent, let first, let second):
            kind(
                .split,
                [(Section.percent.name, .number(percent.shortest))] + way(Section.first, first)
                    + way(Section.second, second)
            )
        case .delay(let delay, let next): kind(.delay, members(of: delay) + way(Section.next, next))
        case .wait(let trigger, let seconds, let then, let otherwise):
            kind(
                .wait,
                [
                    (Section.trigger.name, .members(members(of: trigger))),
                    (Section.limit.name, seconds.map { .string(Duration.seconds($0).jobText) }),
                ] + way(Section.then, then) + (seconds == nil ? [] : way(Section.timedOut, otherwise))
            )
        case .webhook(let webhook, let next): kind(.webhook, members(of: webhook) + way(Section.next, next))
        case .tag(let tag, let isAdded, let next):
            kind(
                isAdded ? .addTag : .removeTag,
                [(JourneyTriggerSection.tag.name, .string(tag))] + way(Section.next, next)
            )
        case .field(let tag, let value, let next):
            kind(
                .updateField,
                [(JourneyTriggerSection.field.name, .string(tag)), (Section.fieldValue.name, .string(value))]
                    + way(Section.next, next)
            )
        case .group(let group, let joins, let next):
            kind(joins ? .joinGroup : .leaveGroup, members(of: group) + way(Section.next, next))
        case .unsubscribe(let next): kind(.unsubscribe, way(Section.next, next))
        case .archive(let next): kind(.archive, way(Section.next, next))
        }
    }

    private func members(of group: JourneyGroup) -> Members {
        [
            (JourneyTriggerSection.category.name, .string(group.category)),
            (JourneyTriggerSection.group.name, .string(group.name)),
        ]
    }

    private func members(of delay: JourneyDelay) -> Members {
        typealias Section = JourneyPointSection
        switch delay {
        case .seconds(let seconds): return [(Section.length.name, .string(Duration.seconds(seconds).jobText))]
        case .until(let time): return [(Section.until.name, .string(time.text))]
        case .day(let days, let minute):
            let names = SendWindow.Day.allCases.filter(days.contains).map { JSONValue.string($0.rawValue) }
            return [(Section.days.name, .array(names)), (JourneyTriggerSection.at.name, clock(minute))]
        }
    }

    private func members(of webhook: JourneyWebhook) -> Members {
        [
            (JourneyWebhookSection.webhook.name, encode(webhook.webhook)),
            (JourneyWebhookSection.delivery.name, delivery(webhook.delivery)),
            (JourneyWebhookSection.onFailure.name, .string(webhook.onFailure.rawValue)),
        ]
    }

    /// The settings that a journey has.
    private func delivery(_ settings: DeliverySettings) -> JSONValue {
        .members(
            (JourneyDeliverySection.maxInFlight.name, .integer(settings.maxInFlight)),
            (DeliverySection.rate.name, settings.ratePerSecond.map { .string(RateText.write($0)) }),
            (JourneyDeliverySection.timeout.name, .string(settings.timeout.jobText)),
            (JourneyDeliverySection.deadline.name, .string(settings.deadline.jobText)),
            (JourneyDeliverySection.retries.name, .array(settings.retries.map { .string($0.jobText) })),
            (DeliverySection.retryOn.name, settings.retryOn.map { .array($0.sorted().map(JSONValue.integer)) })
        )
    }

    private func condition(_ part: RecipientSelection.Part) -> Members {
        if case .tag(let name) = part { return [(JourneyPointSection.tag.name, .string(name))] }
        return [(JourneyPointSection.segment.name, segment(of: part))]
    }

    /// Nil: everyone.
    private func segment(of part: RecipientSelection.Part) -> JSONValue? {
        switch part {
        case .everyone: nil
        case .segment(let definition): encode(definition)
        case .savedSegment(let name): .string(name)
        // A starting point has no key for a tag alone: what is refused when it is read lets nobody in, and everyone
        // would be wrong.
        case .tag(let name): .members((JourneyPointSection.tag.name, .string(name)))
        }
    }

    private func clock(_ minute: Int) -> JSONValue { .string(SendWindow.text(ofMinute: minute)) }
}
