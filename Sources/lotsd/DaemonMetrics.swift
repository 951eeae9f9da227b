import CoreMetrics
import Exchange
import Operations
import Referral
import Synchronization
import TTRPCOverTLS

/// Whether the daemon takes work now.
final class ServingState: Sendable {
    private enum Phase {
        case starting, serving, stopping
    }

    private let exchange: Exchange
    private let phase = Mutex(Phase.starting)

    init(exchange: Exchange) {
        self.exchange = exchange
    }

    func started() { phase.withLock { if $0 == .starting { $0 = .serving } } }

    func stopping() { phase.withLock { $0 = .stopping } }

    /// Why it takes none; nil when it does.
    var obstacle: String? {
        switch phase.withLock(\.self) {
        case .starting: "starting"
        case .stopping: "stopping"
        case .serving: exchange.isStoreFailing ? "the store fails; see the log" : nil
        }
    }
}

/// The daemon's metrics that are looked up when the page is asked for, and what all of them mean.
enum DaemonMetrics {
    static func sample(
        into registry: MetricsRegistry, commits: CommitQueue, server: Server, exchange: Exchange, state: ServingState,
        newestEntry: Instant?
    ) {
        func gauge(_ name: String) -> Meter { Meter(label: name, factory: registry) }
        let (pending, wait, bytes) = (gauge("lots_pending_writes"), gauge("lots_expected_wait_seconds"), gauge("lots_inbound_bytes"))
        let (connections, watches) = (gauge("lots_connections"), gauge("lots_watches"))
        let (waiting, failing, ready) = (gauge("lots_waiting_recipients"), gauge("lots_store_failing"), gauge("lots_ready"))
        let behind = gauge("lots_clock_behind_log_seconds")
        registry.beforeEachPage {
            behind.set(newestEntry.map { max(.zero, $0 - exchange.now()) / .seconds(1) } ?? 0)
            connections.set(server.connectionCount)
            pending.set(commits.depth)
            wait.set(commits.expectedWait / .seconds(1))
            bytes.set(server.inboundBytes)
            waiting.set(exchange.waitingRecipients)
            watches.set(exchange.changes.watching)
            failing.set(exchange.isStoreFailing ? 1 : 0)
            ready.set(state.obstacle == nil ? 1 : 0)
        }
    }

    static func describe(in registry: MetricsRegistry) {
        for (name, help) in [
            ("lots_calls_total", "Calls answered, by method and status code; method none: not of this service."),
            ("lots_call_seconds", "From a call's request to its answer; streams as long as they are open."),
            ("lots_certificate_days_left", "Whole days until the first of them ends; negative when it has."),
            ("lots_clock_behind_log_seconds", "How much later than now the newest entry is that the log had at the start; 0: not later."),
            ("lots_commit_seconds", "How long a durable commit takes."),
            ("lots_connections", "Connections open now."),
            ("lots_connections_cut_total", "Open connections ended because of the client's certificate, by reason."),
            ("lots_watches", "Watches of cases and referrals open now."),
            ("lots_deadlines_fired_total", "Deadlines that have come, by kind."),
            ("lots_expected_wait_seconds", "How long a write that came now would wait for its commit."),
            ("lots_handshake_seconds", "From a connection's beginning to the end of its handshake."),
            ("lots_handshakes_total", "Handshakes by result."),
            ("lots_inbound_bytes", "Received bytes that wait for their calls."),
            ("lots_inflow_alarm", "1 while a source sends less than is to be expected; recipient empty: what the unit sends to anybody."),
            ("lots_inflow_alarms", "Sources of which that is so."),
            ("lots_inflow_sources", "Sources by standing; too small: a silence would be noticed after 60 days or later."),
            ("lots_log_lines_lost_total", "Log lines dropped or not written."),
            ("lots_oldest_due_seconds", "How long the deadline that is due longest has been due at the clock's last look."),
            ("lots_pending_writes", "Writes that wait for a commit."),
            ("lots_ready", "1 when the daemon takes work."),
            ("lots_received_bytes_total", "Bytes of frames received."),
            ("lots_refusals_total", "What was refused or ended, by the bound that was reached."),
            ("lots_sent_bytes_total", "Bytes of frames sent."),
            ("lots_store_failing", "1 while the store cannot be read or written."),
            ("lots_submissions_total", "Submissions of calls and of streams that had passed their checks, by whether they were taken."),
            ("lots_tls_files_loaded", "0 when the last reading of certificates, authorities and revocation lists failed."),
            ("lots_tls_reloads_total", "Readings of these files by result."),
            ("lots_waiting_recipients", "Fetches and pulls that are open."),
            ("lots_writes_total", "Writes whose commit has ended, well or not."),
        ] { registry.describe(name, help) }
    }
}
