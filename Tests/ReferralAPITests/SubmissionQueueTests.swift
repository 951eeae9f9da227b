import Testing

@testable import ReferralAPI

@Suite struct SubmissionQueueTests {
    private func queue(_ items: ClosedRange<Int>, window: Int = 8) -> SubmissionQueue<Int> {
        var queue = SubmissionQueue<Int>(window: window)
        for item in items { queue.add(item) }
        return queue
    }

    private func next(_ queue: inout SubmissionQueue<Int>) -> Int? {
        if case .send(let item) = queue.next() { item } else { nil }
    }

    private func answered(_ queue: inout SubmissionQueue<Int>, _ number: UInt64, again: Int? = nil) -> Int? {
        queue.answered(number, againUnlessSent: again)?.item
    }

    @Test func whatALostStreamHasNotAnsweredGoesFirst() {
        var queue = queue(1...5)
        let sent = (1...4).map { _ in next(&queue) }
        #expect(sent == [1, 2, 3, 4])
        let answers = [answered(&queue, 2), answered(&queue, 2), answered(&queue, 9)]
        #expect(answers == [2, nil, nil])
        #expect(queue.unanswered == 3)
        queue.restart()
        let again = (1...4).map { _ in next(&queue) }
        #expect(again == [1, 3, 4, 5])
        // Numbers count from 1 on each stream.
        let third = queue.answered(3, againUnlessSent: nil)
        #expect(third?.item == 4 && third?.index == 4 && third?.attempts == 2)
    }

    @Test func whatIsRefusedForNowEndsTheStreamAndIsSentAgain() {
        var queue = queue(1...3)
        _ = (next(&queue), next(&queue))
        let first = answered(&queue, 1, again: 2)
        #expect(first == nil)
        if case .finish = queue.next() {} else { Issue.record("the stream goes on") }
        let second = answered(&queue, 2)
        #expect(second == 2 && queue.unanswered == 1)
        queue.restart()
        #expect(queue.needsStream == true)
        let sent = [next(&queue), next(&queue)]
        #expect(sent == [1, 3])
        // It has been sent twice: the refusal stands.
        let last = answered(&queue, 1, again: 2)
        #expect(last == 1)
    }

    @Test func theEnd() {
        var queue = queue(1...1, window: 1)
        #expect(queue.isFull && queue.needsStream == true)
        _ = next(&queue)
        #expect(queue.isFull)
        if case .wait = queue.next() {} else { Issue.record("there may be more") }
        queue.end()
        if case .finish = queue.next() {} else { Issue.record("there is no more") }
        _ = answered(&queue, 1)
        #expect(!queue.isFull && queue.needsStream == false)
        #expect(self.queue(1...1).needsStream == true && SubmissionQueue<Int>(window: 1).needsStream == nil)
    }

    /// However streams end, every item gets one answer, unanswered ones stay in order and within the window.
    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func anyOrderOfEvents(_ seed: UInt64) {
        var generator = SeededNumbers(state: seed)
        let total = 300
        var queue = SubmissionQueue<Int>(window: 16)
        var (added, streams) = (0, 0)
        var numbers: [UInt64] = []
        var answers: [Int: Int] = [:]
        while answers.count < total {
            switch Int.random(in: 0..<12, using: &generator) {
            case 0...3 where added < total && !queue.isFull:
                added += 1
                queue.add(added)
                if added == total { queue.end() }
            case 4...7:
                if next(&queue) != nil { numbers.append(UInt64(numbers.count + 1)) }
            case 8...10:
                guard let number = numbers.randomElement(using: &generator) else { continue }
                let again = Int.random(in: 0..<5, using: &generator) == 0 ? 3 : nil
                if let item = answered(&queue, number, again: again) { answers[item, default: 0] += 1 }
            default:
                guard Int.random(in: 0..<4, using: &generator) == 0 || queue.unanswered == 0 else { continue }
                queue.restart()
                streams += 1
                numbers = []
                #expect(queue.unanswered == 0)
            }
            #expect(queue.unanswered <= 16)
        }
        #expect(streams > 1)
        #expect(answers.keys.sorted() == Array(1...total) && answers.values.allSatisfy { $0 == 1 })
        queue.restart()
        #expect(queue.needsStream == false)
    }
}

/// Numbers that are the same in every run (xorshift).
private struct SeededNumbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
