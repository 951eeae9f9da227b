import NIOCore

/// What a connection is about to send: frames gathered into one batch, and the writes that wait for room.
///
/// The batch leaves in one piece. While it is being sent its bytes still count, so that a peer who does not read makes writers
/// wait instead of filling memory.
struct OutboundQueue {
    private let streamLimit: Int
    private let connectionLimit: Int
    private let parkedLimit: Int

    private var batch = ByteBuffer()
    private var batchBytesOfStream: [StreamID: Int] = [:]
    /// Writes that wait, by stream. Never an empty list.
    private var parked: [StreamKey: [ParkedWrite]] = [:]
    /// In the order in which they began to wait.
    private var streamsWithParked: [StreamKey] = []
    /// What the parked writes cost together.
    private var parkedBytes = 0

    /// Bytes in the batch or handed to the transport and not reported as sent.
    private(set) var unsentBytes = 0
    /// Those of them that are more than a sign of life.
    private var unsentBytesOfUse = 0

    /// Batches up to this size leave their memory for the next.
    private static let largestReusedBatch = 64 << 10

    init(limits: ConnectionLimits) {
        streamLimit = limits.streamOutboundBytes
        connectionLimit = limits.connectionOutboundBytes
        parkedLimit = limits.parkedBytes
    }

    var isFull: Bool { unsentBytes >= connectionLimit }

    var hasParkedWrites: Bool { !streamsWithParked.isEmpty }

    /// Adds frames to the batch, whatever room there is.
    /// - Parameter isUse: false for what only shows life, a PING or a PONG.
    mutating func append(isUse: Bool = true, _ write: (inout ByteBuffer) -> Void) {
        if batch.readableBytes == 0 { batch.clear() }
        let before = batch.readableBytes
        write(&batch)
        let added = batch.readableBytes - before
        unsentBytes += added
        if isUse { unsentBytesOfUse += added }
    }

    /// Adds a message to the batch if its stream and the connection have room and the peer lets the stream send. True: it has been added.
    mutating func append(_ message: ByteBuffer, on key: StreamKey, _ ledger: inout some CreditLedger) -> Bool {
        // Not past those that wait.
        guard !hasParkedWrites || parked[key] == nil else { return false }
        return add(message, on: key, &ledger)
    }

    private mutating func add(_ message: ByteBuffer, on key: StreamKey, _ ledger: inout some CreditLedger) -> Bool {
        let id = key.id
        guard !isFull, batchBytesOfStream[id, default: 0] < streamLimit, ledger.hasCredit(key) else { return false }
        append { $0.writeMessage(message, streamID: id) }
        batchBytesOfStream[id, default: 0] += FrameHeader.byteCount + message.readableBytes
        ledger.spendCredit(forMessage: message.readableBytes, on: key)
        return true
    }

    /// Keeps a write that was not admitted. False: too much is kept already, and the write is not.
    mutating func park(_ write: ParkedWrite) -> Bool {
        guard parkedBytes + write.cost <= parkedLimit else { return false }
        if parked[write.stream] == nil { streamsWithParked.append(write.stream) }
        parked[write.stream, default: []].append(write)
        parkedBytes += write.cost
        return true
    }

    /// Adds the parked writes that have room now, those of each stream in their order. Returned: whom to tell.
    mutating func unpark(_ ledger: inout some CreditLedger) -> [CheckedContinuation<Void, any Error>] {
        guard hasParkedWrites, !isFull else { return [] }
        var admitted: [CheckedContinuation<Void, any Error>] = []
        for key in streamsWithParked {
            guard let writes = parked[key] else { continue }
            let count = writes.prefix { add($0.message, on: key, &ledger) }.count
            if count == 0 { continue }
            admitted += writes.prefix(count).map(\.continuation)
            parkedBytes -= writes.prefix(count).reduce(0) { $0 + $1.cost }
            parked[key] = count == writes.count ? nil : Array(writes.dropFirst(count))
        }
        if !admitted.isEmpty { streamsWithParked.removeAll { parked[$0] == nil } }
        return admitted
    }

    /// Removes the parked writes of one use of a stream.
    mutating func removeParked(of key: StreamKey) -> [CheckedContinuation<Void, any Error>] {
        guard hasParkedWrites, let writes = parked.removeValue(forKey: key) else { return [] }
        streamsWithParked.removeAll { $0 == key }
        parkedBytes -= writes.reduce(0) { $0 + $1.cost }
        return writes.map(\.continuation)
    }

    /// Removes the parked writes of a stream, whichever of its uses.
    mutating func removeParked(on id: StreamID) -> [CheckedContinuation<Void, any Error>] {
        guard hasParkedWrites else { return [] }
        return streamsWithParked.filter { $0.id == id }.flatMap { removeParked(of: $0) }
    }

    /// Removes one parked write.
    mutating func removeParked(_ ticket: ParkedWrite.Ticket, of key: StreamKey) -> CheckedContinuation<Void, any Error>? {
        guard let index = parked[key]?.firstIndex(where: { $0.ticket === ticket }), let write = parked[key]?.remove(at: index) else {
            return nil
        }
        parkedBytes -= write.cost
        if parked[key]?.isEmpty == true { _ = removeParked(of: key) }
        return write.continuation
    }

    mutating func removeAllParked() -> [CheckedContinuation<Void, any Error>] {
        defer {
            parked = [:]
            streamsWithParked = []
            parkedBytes = 0
        }
        return streamsWithParked.flatMap { parked[$0] ?? [] }.map(\.continuation)
    }

    /// The batch, to be sent; nil when there is nothing. Streams may fill the next one.
    mutating func takeBatch() -> ByteBuffer? {
        guard batch.readableBytes > 0 else { return nil }
        defer {
            // The memory is used again if the transport is done with it by then; `append` clears it.
            if batch.capacity > Self.largestReusedBatch {
                batch = ByteBuffer()
            } else {
                batch.moveReaderIndex(to: batch.writerIndex)
            }
            if !batchBytesOfStream.isEmpty { batchBytesOfStream.removeAll(keepingCapacity: true) }
        }
        return batch
    }

    /// The transport has sent this many bytes. False: nothing but signs of life was waiting.
    @discardableResult mutating func sent(_ count: Int) -> Bool {
        defer {
            unsentBytes -= count
            unsentBytesOfUse = min(unsentBytesOfUse, unsentBytes)
        }
        return unsentBytesOfUse > 0
    }
}
