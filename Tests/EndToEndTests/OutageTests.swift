import Synchronization
import TTRPC
import Testing

@testable import lots

/// What the command line says while the exchange cannot be reached.
@Suite struct OutageTests {
    private func lines(_ events: ConnectionEvent...) -> [String] {
        let told = Mutex<[String]>([])
        let outage = Outage { line in told.withLock { $0.append(line) } }
        for event in events { outage.observe(event) }
        return told.withLock(\.self)
    }

    private let refused = ConnectionEvent.failed(address: "a:1", reason: "nobody listens there")

    @Test func itIsToldOnce() {
        #expect(
            lines(refused, .waiting(.seconds(1)), refused, .waiting(.seconds(2)), .connected(address: "a:1"), .connected(address: "a:1"))
                == ["cannot reach the exchange, trying again: a:1: nobody listens there", "connected to a:1 again"])
    }

    /// The first pause comes before there is an attempt, and so a reason.
    @Test func aLostConnectionIsToldAsOne() {
        #expect(
            lines(.waiting(.seconds(1)), .waiting(.seconds(1)), refused, .waiting(.seconds(2)), refused, .waiting(.seconds(4)))
                == [
                    "the connection to the exchange was lost, trying again",
                    "cannot reach the exchange, trying again: a:1: nobody listens there",
                ])
        #expect(
            lines(.waiting(.seconds(1)), .connected(address: "a:1"))
                == ["the connection to the exchange was lost, trying again", "connected to a:1 again"])
    }
}
