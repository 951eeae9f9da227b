import NIOCore

/// What a connection is about to send: frames gathered into one batch, and the writes that wait for room.
///
/// The batch leaves in one piece. While it is being sent its bytes still count, so that a peer who does not read makes writers
/// wait instead of filling memory.
struct OutboundQueue {
    private let streamLimit: Int
    private let connectionLimit: Int

    private var batch = ByteBuffer()
    private var batchBytesOfStream: [StreamID: Int] = [:]
    private var parked: [ParkedWrite] = []

    /// Bytes in the batch or handed to the transport and not reported as sent.
    private(set) var unsentBytes = 0

    /// Batches up to this size leave their memory for the next.
    private static let largestReusedBatch = 256 << 10

    init(limits: ConnectionLimits) {
        streamLimit = limits.streamOutboundBytes
        connectionLimit = limits.connectionOutboundBytes
    }

    var isFull: Bool { unsentBytes >= connectionLimit }

    var hasParkedWrites: Bool { !parked.isEmpty }

    /// Adds frames to the batch, whatever room there is.
    mutating func append(_ write: (inout ByteBuffer) -> Void) {
        if batch.readableBytes == 0 { batch.clear() }
        let before = batch.readableBytes
        write(&batch)
        unsentBytes += batch.readableBytes - before
    }

    /// Adds a message to the batch if its stream and the connection have room and the peer lets the stream send. True: it has been added.
    mutating func append(_ message: ByteBuffer, on key: StreamKey, _ ledger: inout some CreditLedger) -> Bool {
        let id = key.id
        guard !isFull, batchBytesOfStream[id, default: 0] < streamLimit, ledger.hasCredit(key) else { return false }
        append { $0.writeMessage(message, streamID: id) }
        batchBytesOfStream[id, default: 0] += FrameHeader.byteCount + message.readableBytes
        ledger.spendCredit(forMessage: message.readableBytes, on: key)
        return true
    }

    /// Keeps a write that was not admitted.
    mutating func park(_ write: ParkedWrite) {
        parked.append(write)
    }

    /// Adds the parked writes that have room now, in their order. Returned: whom to tell.
    mutating func unpark(_ ledger: inout some CreditLedger) -> [CheckedContinuation<Void, any Error>] {
        guard !parked.isEmpty, !isFull else { return [] }
        var admitted: [CheckedContinuation<Void, any Error>] = []
        var waiting: [ParkedWrite] = []
        for write in parked {
            if append(write.message, on: write.stream, &ledger) {
                admitted.append(write.continuation)
            } else {
                waiting.append(write)
            }
        }
        parked = waiting
        return admitted
    }

    /// Removes the parked writes for which `matches` holds.
    mutating func removeParked(where matches: (ParkedWrite) -> Bool) -> [CheckedContinuation<Void, any Error>] {
        guard !parked.isEmpty else { return [] }
        defer { parked.removeAll(where: matches) }
        return parked.filter(matches).map(\.continuation)
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
            batchBytesOfStream.removeAll(keepingCapacity: true)
        }
        return batch
    }

    /// The transport has sent this many bytes.
    mutating func sent(_ count: Int) {
        unsentBytes -= count
    }
}
