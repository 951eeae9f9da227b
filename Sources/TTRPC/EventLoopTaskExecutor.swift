package import NIOCore
import Synchronization

/// Runs tasks on an event loop, together: all that is enqueued before the loop gets to it runs in one go.
///
/// A task that prefers this executor and touches only what lives on the loop never hops, and whatever a batch of tasks writes
/// leaves in one flush.
package final class EventLoopTaskExecutor: TaskExecutor {
    private struct State {
        var jobs: [UnownedJob] = []
        /// A turn of the loop that will run the jobs has been asked for, or is under way.
        var isScheduled = false
        var isRunning = false
    }

    private let eventLoop: any EventLoop
    private let state = Mutex(State())

    package init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let schedule = state.withLock { state in
            state.jobs.append(job)
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        if schedule { eventLoop.execute { self.runJobs() } }
    }

    /// Runs what is enqueued now instead of at the loop's next turn. Call on the loop; does nothing while a job runs.
    ///
    /// Jobs enqueued by jobs run as well, but only so many rounds: then the loop's other tasks have their turn. Its sockets have theirs
    /// when no job is left, so a job must not yield for ever.
    package func runJobs() {
        eventLoop.preconditionInEventLoop()
        for round in 0..<16 {
            let jobs = state.withLock { state -> [UnownedJob] in
                if state.isRunning && round == 0 { return [] }
                defer { state.jobs = [] }
                state.isRunning = !state.jobs.isEmpty
                if state.jobs.isEmpty { state.isScheduled = false }
                return state.jobs
            }
            if jobs.isEmpty { return }
            for job in jobs { job.runSynchronously(on: asUnownedTaskExecutor()) }
        }
        state.withLock { $0.isRunning = false }
        eventLoop.execute { self.runJobs() }
    }
}
