import Inflow
import Logging
import Referral
import ReferralAPI

/// What people say of sources, and what there is to be said of them.
extension Exchange {
    /// Takes what somebody says of a source, once however often it is said, and clears the alarms that it explains. Metrics follow with the
    /// next `countInflow`.
    /// - Throws: `Rejection` or `Faults`, when nothing was ever counted of the source or it cannot be said of it now.
    func hear(_ notice: SourceNotice, by participant: Participant, as reader: LogReader) async throws -> ToldNotice {
        let now = now()
        let (taken, effect) = try await write { transaction -> (StoredNotice, NoticeEffect?) in
            if let known = try transaction.notice(notice.id, by: participant) {
                guard known.notice == notice else {
                    throw Rejection(.alreadyExists, "command_id: was used before for another notice; every notice needs its own id")
                }
                return (known, nil)
            }
            let today = CivilDate(inStockholmAt: now)
            let faults = notice.faults(on: today)
            guard faults.isEmpty else { throw Faults(faults.map { Fault(path: $0.field, rule: $0.rule) }) }
            let monitors = try transaction.inflowMonitors()
            guard monitors.contains(where: { $0.source == notice.source }) else {
                throw Rejection(.notFound, "nothing of this source was counted before today")
            }
            let concerned = monitors.filter { notice.concerns($0.source) }.map { ($0, InflowMonitor(stored: $0)) }
            if notice.kind == .paused, reader != .coordinator, concerned.contains(where: { $1?.alarm != nil }) {
                throw Rejection(.failedPrecondition, "an alarm is on: what is to be expected now the coordinator says")
            }
            if notice.kind == .paused, concerned.allSatisfy({ $1?.standing(on: today) == .ended }) {
                throw Rejection(
                    .failedPrecondition, "the source has ended and nothing is to be expected of it; if it goes on, say RESUMED first")
            }
            if notice.kind == .resumed, !concerned.contains(where: { $1?.isResumable(on: today) ?? false }) {
                throw Rejection(.failedPrecondition, "the source has neither paused nor ended")
            }
            let said = InflowNotice(notice, on: today)
            let heard = concerned.map { stored, before in
                var monitor = before ?? InflowMonitor()
                let event = monitor.hear(said, on: today)
                return (stored, monitor, event, isChanged: event != nil || monitor != before)
            }
            if !heard.contains(where: \.isChanged), let last = try transaction.lastNotice(about: notice.source, by: participant),
                last.notice.saysTheSame(as: notice)
            {
                return (last, nil)
            }
            let taken = try transaction.append(StoredNotice(notice, by: participant, at: now))
            let alarms = try heard.compactMap { stored, monitor, event, _ in
                try Self.keep(event, of: stored.source, monitor, stored.alarm, at: now, in: transaction)
            }
            return (taken, NoticeEffect(alarms: alarms, unreadable: concerned.filter { $1 == nil }.map(\.0.source)))
        }
        logger.notice(
            effect != nil ? "somebody said what is to be expected of a source" : "somebody said again what is to be expected of a source",
            metadata: [
                "source": "\(notice.source)", "by": "\(participant)", "notice": "\(notice.kind.rawValue)",
                "reason": "\(notice.reason.rawValue)", "revision": "\(taken.revision)",
            ])
        if let effect {
            tell(unreadable: effect.unreadable)
            tell(effect.alarms)
            changes.ringAll()
        }
        return ToldNotice(taken, policy.routing.directory(on: CivilDate(inStockholmAt: now)))
    }

    /// One page of the sources that a reader is told of.
    func sources(_ request: ListSourcesRequest, for reader: LogReader) async throws -> ListSourcesResponse {
        let place = try request.pageToken.map { try InflowSource(token: $0) }
        let today = CivilDate(inStockholmAt: now())
        let directory = policy.routing.directory(on: today)
        // States are decoded where they are read, not on the connection's event loop.
        return try await read { store in
            let notices = try store.lastNotices()
            var page: [SourceStatus] = []
            let monitors = try store.inflowMonitors().told(to: reader).sorted { $0.source < $1.source }
            for stored in monitors where place.map({ $0 < stored.source }) ?? true {
                var status = SourceStatus(stored, on: today)
                guard request.state.map({ $0 == status.state }) ?? true else { continue }
                guard page.count < request.limit else {
                    return ListSourcesResponse(sources: page, nextPageToken: page.last?.source.token)
                }
                status.notice = notices.last { $0.notice.concerns(stored.source) }.map { ToldNotice($0, directory) }
                page.append(status)
            }
            return ListSourcesResponse(sources: page)
        }
    }
}

/// What a notice has changed.
private struct NoticeEffect {
    let alarms: [StoredAlarm]
    /// Sources of which the state could not be read: they begin anew.
    let unreadable: [InflowSource]
}

extension [StoredInflowMonitor] {
    /// Those of the sources whose alarms a reader is told of.
    fileprivate func told(to reader: LogReader) -> [StoredInflowMonitor] {
        switch reader {
        case .coordinator: return self
        case .sender(let unit): return filter { $0.source.sender == unit }
        case .organisation(let organisation):
            let senders = Set(lazy.filter { $0.source.recipient == organisation }.map(\.source.sender))
            return filter { $0.source.recipient.map { $0 == organisation } ?? senders.contains($0.source.sender) }
        }
    }
}

extension InflowSource {
    /// For callers to bring back, never to take apart.
    fileprivate var token: String {
        let lengths = [sender.organisation.rawValue, sender.unit.rawValue].map { "\($0.utf8.count)" }.joined(separator: "_")
        return "\(lengths)_\(sender.organisation)\(sender.unit)\(recipient?.rawValue ?? "")"
    }

    fileprivate init(token: String) throws {
        let parts = token.split(separator: "_", maxSplits: 2, omittingEmptySubsequences: false)
        let lengths = parts.prefix(2).compactMap { Int($0) }
        guard parts.count == 3, lengths.count == 2, lengths.allSatisfy({ (1...64).contains($0) }),
            parts[2].utf8.count >= lengths[0] + lengths[1]
        else {
            throw Faults([Fault(path: "page_token", rule: "must be a next_page_token of the same list")])
        }
        let names = parts[2].utf8
        let (organisation, rest) = (names.prefix(lengths[0]), names.dropFirst(lengths[0]))
        let (unit, recipient) = (rest.prefix(lengths[1]), rest.dropFirst(lengths[1]))
        func text(_ bytes: Substring.UTF8View) -> String { String(decoding: bytes, as: UTF8.self) }
        self.init(
            Participant(organisation: OrganisationID(text(organisation)), unit: UnitID(text(unit))),
            to: recipient.isEmpty ? nil : OrganisationID(text(recipient)))
    }
}

extension InflowNotice {
    /// - Parameter today: a pause that begins then begins at once.
    fileprivate init(_ notice: SourceNotice, on today: CivilDate) {
        self =
            switch notice.kind {
            case .paused: .paused(from: notice.from.flatMap { $0 > today ? $0 : nil }, until: notice.until)
            case .ended: .ended
            case .accepted: .accepted
            case .resumed: .resumed
            }
    }
}

extension SourceStatus {
    fileprivate init(_ stored: StoredInflowMonitor, on today: CivilDate) {
        let monitor = InflowMonitor(stored: stored) ?? InflowMonitor()
        switch monitor.standing(on: today) {
        case .normal: self.init(source: stored.source, state: monitor.watch() == .learning ? .learning : .normal)
        case .alarmed(let alarm):
            self.init(
                source: stored.source, state: alarm.kind == .silence ? .silent : .half,
                alarm: Alarm(id: stored.alarm ?? "", since: alarm.since, expected: alarm.expected, seen: alarm.seen))
        case .paused(let until): self.init(source: stored.source, state: .paused, until: until)
        case .ended: self.init(source: stored.source, state: .ended)
        }
    }
}

extension ToldNotice {
    init(_ stored: StoredNotice, _ directory: Directory) {
        self.init(
            revision: stored.revision, source: stored.notice.source, kind: stored.notice.kind, reason: stored.notice.reason,
            from: stored.from, until: stored.notice.until, by: stored.by, at: stored.at, text: stored.text(in: directory))
    }
}
