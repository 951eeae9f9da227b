import TTRPCTestSupport
import Testing

@testable import TTRPC

@Suite(.timeLimit(.minutes(3)))
struct DrainSignalTests {
    @Test func allWaitersWakeAndLaterOnesDoNotWait() async {
        let signal = DrainSignal()
        #expect(!signal.isRaised)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<10 { group.addTask { await signal.wait() } }
            signal.raise()
            await group.waitForAll()
        }
        #expect(signal.isRaised)
        signal.raise()
        await signal.wait()
    }

    @Test func aCancelledWaiterWakesAlone() async {
        let signal = DrainSignal()
        for _ in 0..<100 {
            let task = Task { await signal.wait() }
            if Bool.random() { await Task.yield() }
            task.cancel()
            await task.value
        }
        #expect(!signal.isRaised)
    }
}
