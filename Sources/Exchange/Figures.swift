public import Figures
import Logging
public import Referral

// Figures are a fold of the log, one row for each referral, counted a batch of the log at a time.

extension Exchange {
    /// Counts the next entries of the log. Several exchanges on one store do not count twice.
    /// - Parameter limit: how many at most; nil: the batch of the settings.
    /// - Returns: how many entries were counted; there may be more when it equals the limit.
    @discardableResult public func countFigures(upTo limit: Int? = nil) async throws -> Int {
        let limit = limit ?? settings.figuresBatch
        let (before, count, next) = try await read { reader in
            let before = try reader.figuresSequence()
            let entries = try reader.changes(after: before, limit: limit)
            guard let last = entries.last?.sequence else { return (before, 0, Counted(rows: [], damaged: [], through: before)) }
            return (before, entries.count, try Self.count(Set(entries.map(\.referral)), through: last, in: reader))
        }
        if count == 0 { return 0 }
        for id in next.damaged {
            logger.error(
                "a referral cannot be counted: its log cannot be read, or does not begin with its submission",
                metadata: ["referral": "\(id)"])
        }
        try await write(.exchange) { transaction in
            // Another exchange has been faster: what it counted stands.
            guard try transaction.figuresSequence() == before else { return }
            try transaction.putFigures(next.rows, through: next.through)
        }
        return count
    }

    /// Forgets all figures. They are counted again, to the same result.
    public func forgetFigures() async throws {
        try await write(.exchange) { try $0.clearFigures() }
    }

    /// A report of what is counted. A little that is not yet counted is counted first; the report says how far it goes.
    public func report(_ kind: ReportKind, of view: ReportView, on days: ClosedRange<CivilDate>) async throws -> Report {
        for _ in 0..<4 where try await countFigures() < settings.figuresBatch { break }
        let (policy, now) = (policy, now())
        let (writer, sequence) = try await read { reader in
            var writer = ReportWriter(kind, of: view, on: days, policy: policy, now: now)
            try reader.figures(on: writer.neededDays) { row in
                guard let record = try? ReferralRecord(encoded: row.record) else {
                    throw StoreError(
                        .damaged, "the figures of referral \(row.referral) cannot be read; `lotsd recount` has them counted anew")
                }
                writer.add(record)
            }
            return (writer, try reader.figuresSequence())
        }
        return writer.report(through: sequence)
    }

    private struct Counted: Sendable {
        let rows: [FigureRow]
        let damaged: [ReferralID]
        let through: Int64
    }

    /// What the log says of these referrals up to a place in it.
    private static func count(_ ids: Set<ReferralID>, through last: Int64, in reader: any ReferralReader) throws -> Counted {
        var (rows, damaged): ([FigureRow], [ReferralID]) = ([], [])
        for id in ids.sorted() {
            // One referral that contradicts itself must not keep the others from being counted.
            let log = try undamaged { try reader.log(of: id).prefix { $0.sequence <= last } }
            guard let log, let record = ReferralRecord(log: log), let bytes = try? record.encoded() else {
                damaged.append(id)
                continue
            }
            rows.append(FigureRow(id, days: record.days, record: bytes))
        }
        return Counted(rows: rows, damaged: damaged, through: last)
    }
}

/// Counts again and again what has come to the log.
public struct FiguresTimer: Sendable {
    private let exchange: Exchange
    private let repetition: Repetition
    /// Between one full batch and the next: whoever submits needs the machine and the store more.
    private let rest = Duration.milliseconds(200)

    /// - Parameter interval: how late something may be counted.
    public init(exchange: Exchange, interval: Duration = .seconds(5), clock: any Clock<Duration> = ContinuousClock()) {
        self.exchange = exchange
        repetition = Repetition(pause: interval, clock: clock)
    }

    /// Runs until its task is cancelled.
    public func run() async {
        await repetition.run {
            while try await exchange.countFigures() >= exchange.settings.figuresBatch {
                try await repetition.clock.sleep(for: rest)
            }
        } failed: {
            exchange.logger.error("figures cannot be counted now; trying again and again", metadata: ["error": "\($0)"])
        } recovered: {
            exchange.logger.notice("figures are counted again")
        }
    }
}
