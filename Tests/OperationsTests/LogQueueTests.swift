import Dispatch
import Foundation
import Operations
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(3))) struct LogQueueTests {
    @Test func linesKeepTheirOrderAndAreWrittenBeforeTheEnd() async {
        let written = Mutex(Data())
        let queue = LogQueue(capacity: 1 << 20, droppedLine: { "dropped \($0)" }, write: { data in written.withLock { $0 += data } })
        for number in 0..<10_000 { queue.append("\(number)") }
        #expect(await queue.flush(timeout: .seconds(30)))
        #expect(written.withLock(\.self) == Data((0..<10_000).map { "\($0)\n" }.joined().utf8))
    }

    /// Whoever logs goes on while the disk does not; what is lost is told.
    @Test func aWriterThatHangsStopsNobody() async {
        let gate = DispatchSemaphore(value: 0)
        let written = Mutex("")
        let lost = Mutex(0)
        let queue = LogQueue(
            capacity: 100, droppedLine: { "dropped \($0)" }, whenDropped: { count in lost.withLock { $0 += count } },
            write: { data in
                gate.wait()
                written.withLock { $0 += String(decoding: data, as: UTF8.self) }
            })
        for _ in 0..<1_000 { queue.append("123456789") }
        #expect(await !queue.flush(timeout: .milliseconds(1)))
        let dropped = lost.withLock(\.self)
        // Of 100 bytes and, at most, another 100 that the writer had taken.
        #expect(dropped >= 980)
        for _ in 0..<10 { gate.signal() }
        #expect(await queue.flush(timeout: .seconds(30)))
        let lines = written.withLock(\.self).split(separator: "\n")
        // The writer may have begun when some were dropped already: then it told of those first.
        let told = lines.compactMap { $0.hasPrefix("dropped ") ? Int($0.dropFirst("dropped ".count)) : nil }
        #expect(told.reduce(0, +) == dropped)
        #expect(lines.count - told.count == 1_000 - dropped)
    }

    @Test func aLogThatCannotBeWrittenIsCounted() async {
        let lost = Mutex(0)
        let queue = LogQueue(
            capacity: 1 << 20, droppedLine: { "dropped \($0)" }, whenDropped: { count in lost.withLock { $0 += count } },
            write: { _ in throw CocoaError(.fileWriteOutOfSpace) })
        for _ in 0..<10 { queue.append("line") }
        #expect(await queue.flush(timeout: .seconds(30)))
        #expect(lost.withLock(\.self) == 10)
    }
}
