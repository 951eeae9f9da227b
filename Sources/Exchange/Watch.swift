public import Referral
public import ReferralAPI
import TTRPC

/// Where alarms about sources that fall silent, and what people say of them, come from. Whoever has new ones rings everybody on the
/// exchange's `ChangeBoard`.
public protocol AlarmSource: Sendable {
    /// What somebody is told with a revision after `revision`, in the order of the revisions, at most `limit`.
    func news(for reader: LogReader, after revision: Int64, limit: Int) async throws -> [AlarmNews]
}

public enum AlarmNews: Hashable, Sendable {
    case alarm(SilenceAlarm)
    case notice(ToldNotice)

    var revision: Int64 {
        switch self {
        case .alarm(let alarm): alarm.revision
        case .notice(let notice): notice.revision
        }
    }
}

/// A place in the log from which a watch goes on: after one change of one entry. An entry may be several changes to one reader, one for each
/// service, and a watch may break off between them.
struct WatchPlace: Comparable {
    /// More than a referral has assignments.
    private static let stride: Int64 = 4

    /// On the wire.
    let number: Int64

    init(number: Int64) { self.number = max(0, number) }

    init(_ sequence: Int64, _ index: Int) { number = sequence * Self.stride + min(Int64(index), Self.stride - 1) }

    /// After all changes of an entry.
    init(through sequence: Int64) { self.init(sequence, .max) }

    /// The entry of the change.
    var sequence: Int64 { number / Self.stride }

    /// The last entry of which there is no change after this place.
    var lastWhole: Int64 { number / Self.stride - (number % Self.stride == Self.stride - 1 ? 0 : 1) }

    static func < (left: WatchPlace, right: WatchPlace) -> Bool { left.number < right.number }
}

/// One caller's watch: what concerns it after a place, in order and each once, then that it has caught up, then each change as it comes.
struct Watch<Change: Sendable>: Sendable {
    /// What comes down.
    enum Event: Sendable {
        case change(Change)
        case alarm(AlarmNews)
        case caughtUp(CaughtUp)
    }

    let exchange: Exchange
    /// Who watches, by the directory of now.
    /// - Throws: when it may no longer.
    let access: @Sendable () throws -> LogReader
    /// The changes of one entry for whoever watches, by their places.
    let tell: @Sendable (LoggedChange) throws -> [(place: WatchPlace, change: Change)]

    /// Runs until the caller goes, loses its access, or the exchange stops.
    /// - Parameters:
    ///   - drain: ends it, too.
    ///   - write: returns when the caller can take more; until then nothing is read for it.
    func run(
        _ request: WatchRequest, drain: DrainSignal, _ write: @escaping @Sendable (Event) async throws -> Void
    ) async throws {
        let subscription = exchange.changes.subscribe(to: try access())
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                await drain.wait()
                if drain.isRaised { subscription.finish() }
            }
            defer { group.cancelAll() }
            var position = Position(place: WatchPlace(number: request.after), alarm: request.afterAlarm)
            while await subscription.next() { try await tellAll(&position, write) }
        }
        try Task.checkCancellation()
        throw Status(.unavailable, "the exchange is stopping; watch again from the last change")
    }

    private struct Position {
        var place: WatchPlace
        var alarm: Int64
        /// Where the log ended when the watch began; nil before the first look.
        var end: Int64?
        var isCaughtUp = false
    }

    /// How many entries are read at a time.
    private static var batch: Int { 64 }

    /// Tells what there is now.
    private func tellAll(_ position: inout Position, _ write: (Event) async throws -> Void) async throws {
        var isMore = true
        while isMore {
            // Before each batch: a directory that no longer has the caller ends its watch.
            let reader = try access()
            let news = try await exchange.news(for: reader, from: position.place, limit: Self.batch)
            if position.end == nil, position.place.sequence > news.end {
                throw Status(.failedPrecondition, "after: the exchange has not come that far; watch again from 0")
            }
            let end = position.end ?? news.end
            position.end = end
            for change in news.changes {
                for (place, change) in try tell(change) where place > position.place {
                    try await write(.change(change))
                    position.place = place
                }
            }
            position.place = max(position.place, news.through)
            while case let alarms = try await exchange.alarms.news(for: reader, after: position.alarm, limit: Self.batch), !alarms.isEmpty {
                for alarm in alarms {
                    try await write(.alarm(alarm))
                    position.alarm = max(position.alarm, alarm.revision)
                }
            }
            if !position.isCaughtUp, position.place.sequence >= end {
                position.isCaughtUp = true
                try await write(.caughtUp(CaughtUp(after: position.place.number, afterAlarm: position.alarm)))
            }
            isMore = news.isMore
        }
    }
}

extension Exchange {
    /// What is new for a reader.
    struct News: Sendable {
        let changes: [LoggedChange]
        /// All up to here has been read.
        let through: WatchPlace
        let isMore: Bool
        /// The sequence of the last entry of the whole log.
        let end: Int64
    }

    /// The entries that concern a reader from a place on, that of the place included, each with the referral before and after it. Entries of
    /// a referral whose log contradicts itself are left out: one damaged case must not keep the others from being told.
    func news(for reader: LogReader, from place: WatchPlace, limit: Int) async throws -> News {
        try await read { store in
            let end = try store.lastSequence(for: nil)
            let entries = try store.news(for: reader, after: place.lastWhole, limit: limit)
            var changes: [Int64: LoggedChange] = [:]
            for (referral, entries) in Dictionary(grouping: entries, by: \.referral) {
                let wanted = Set(entries.map(\.sequence))
                guard let log = try Self.undamaged({ try store.log(of: referral) }) else { continue }
                var state: ReferralState?
                for entry in log {
                    guard let after = ReferralState.evolve(state, entry.events, at: entry.at) else { break }
                    if wanted.contains(entry.sequence) { changes[entry.sequence] = LoggedChange(entry, from: state, to: after) }
                    state = after
                }
            }
            let isMore = entries.count == limit
            let through = isMore ? entries.last?.sequence ?? end : end
            return News(
                changes: entries.compactMap { changes[$0.sequence] }, through: WatchPlace(through: through), isMore: isMore, end: end)
        }
    }

    /// Wakes those who watch and for whom something has been committed, here or by another exchange.
    func noticeChanges() async throws {
        let readers = changes.readers
        if readers.isEmpty { return }
        let last = try await read { store in
            var last: [LogReader: Int64] = [:]
            for reader in readers { last[reader] = try store.lastSequence(for: reader) }
            return last
        }
        changes.ring(last)
    }
}
