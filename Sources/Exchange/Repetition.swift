/// Does something again and again, with a pause after each time, until its task is cancelled.
struct Repetition: Sendable {
    let pause: Duration
    let clock: any Clock<Duration>

    /// - Parameters:
    ///   - failed: told once for an incident, however often `work` fails in it.
    ///   - recovered: told when `work` succeeds after that.
    func run(_ work: () async throws -> Void, failed: (any Error) -> Void, recovered: () -> Void) async {
        var isFailing = false
        while !Task.isCancelled {
            do {
                try await work()
                if isFailing { recovered() }
                isFailing = false
            } catch is CancellationError {
                return
            } catch {
                if !isFailing { failed(error) }
                isFailing = true
            }
            // Fails only when the task is cancelled.
            guard (try? await clock.sleep(for: pause)) != nil else { return }
        }
    }
}
