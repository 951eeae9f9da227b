import NIOCore

/// Submissions on their way over a row of streams: what waits to be sent, and what waits for its answer. What a stream has not answered
/// when it ends is sent again on the next one, which is safe: the same submission gets the same receipt.
struct SubmissionQueue<Item> {
    struct Entry {
        let item: Item
        /// Its place among all items, counted from 1.
        let index: Int
        /// How often it has been sent.
        var attempts = 0
    }

    /// How many may be unanswered, sent or not.
    private let window: Int
    private var waiting = CircularBuffer<Entry>()
    /// By their number on this stream, from 1.
    private var sent: [UInt64: Entry] = [:]
    private var lastNumber: UInt64 = 0
    private var lastIndex = 0
    /// Refused on this stream with the advice to try again.
    private var postponed: [Entry] = []
    private(set) var hasEnded = false

    init(window: Int) {
        self.window = window
    }

    var isFull: Bool { waiting.count + sent.count + postponed.count >= window }
    /// Sent on this stream and not answered.
    var unanswered: Int { sent.count + postponed.count }

    mutating func add(_ item: Item) {
        lastIndex += 1
        waiting.append(Entry(item: item, index: lastIndex))
    }

    /// No further item comes.
    mutating func end() {
        hasEnded = true
    }

    enum Next {
        case send(Item)
        /// There is nothing now.
        case wait
        /// Nothing more is to be sent on this stream.
        case finish
    }

    /// What to send next on this stream.
    mutating func next() -> Next {
        // A stream that refuses for now is brought to its end.
        if !postponed.isEmpty { return .finish }
        guard var entry = waiting.popFirst() else { return hasEnded ? .finish : .wait }
        entry.attempts += 1
        lastNumber += 1
        sent[lastNumber] = entry
        return .send(entry.item)
    }

    /// Takes the answer to the item of this number on this stream.
    ///
    /// - Parameter attempts: an item refused for now is sent again unless it has been sent so often; nil when the answer is final.
    /// - Returns: the item whose answer this is; nil when it will be sent again, or when nothing of the number waits.
    mutating func answered(_ number: UInt64, againUnlessSent attempts: Int?) -> Entry? {
        guard let entry = sent.removeValue(forKey: number) else { return nil }
        guard let attempts, entry.attempts < attempts else { return entry }
        postponed.append(entry)
        return nil
    }

    /// The stream is over: what it has not answered goes first on the next one, in order.
    mutating func restart() {
        let again = (sent.values + postponed).sorted { $0.index < $1.index }
        for entry in again.reversed() { waiting.prepend(entry) }
        (sent, postponed, lastNumber) = ([:], [], 0)
    }

    /// Between streams: is another one needed? Nil when that is not known yet.
    var needsStream: Bool? {
        if !waiting.isEmpty { return true }
        return hasEnded ? false : nil
    }
}
