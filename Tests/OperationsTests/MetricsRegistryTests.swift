import CoreMetrics
import Operations
import Testing

@Suite struct MetricsRegistryTests {
    @Test func everyKindInItsForm() {
        let registry = MetricsRegistry(buckets: [0.1, 1])
        registry.describe("calls_total", "Calls\nof \"all\" kinds.")
        Counter(label: "calls_total", dimensions: [("method", "a/B"), ("code", "OK")], factory: registry).increment(by: 2)
        Counter(label: "calls_total", dimensions: [("code", "OK"), ("method", "a/B")], factory: registry).increment()
        Meter(label: "connections", factory: registry).set(3)
        Meter(label: "wait", factory: registry).set(0.25)
        let timer = Timer(label: "time_seconds", factory: registry)
        for milliseconds in [50, 100, 500, 5_000] { timer.recordMilliseconds(milliseconds) }
        #expect(
            registry.text() == """
                # HELP calls_total Calls\\nof "all" kinds.
                # TYPE calls_total counter
                calls_total{code="OK",method="a/B"} 3
                # TYPE connections gauge
                connections 3
                # TYPE time_seconds histogram
                time_seconds_bucket{le="0.1"} 2
                time_seconds_bucket{le="1"} 3
                time_seconds_bucket{le="+Inf"} 4
                time_seconds_sum 5.65
                time_seconds_count 4
                # TYPE wait gauge
                wait 0.25

                """)
    }

    /// A value of a label cannot end its line and begin another.
    @Test func hostileTextStaysInItsLabel() {
        let registry = MetricsRegistry()
        Counter(label: "9 bad-name", dimensions: [("a b", "x\"} 1\nfake 2\\")], factory: registry).increment()
        #expect(registry.text() == "# TYPE _9_bad_name counter\n_9_bad_name{a_b=\"x\\\"} 1\\nfake 2\\\\\"} 1\n")
    }

    @Test func thereAreNoMoreSeriesThanAllowed() {
        let registry = MetricsRegistry(seriesLimit: 3)
        for number in 0..<100 { Counter(label: "c", dimensions: [("n", "\(number)")], factory: registry).increment() }
        #expect(registry.text() == "# TYPE c counter\nc{n=\"0\"} 1\nc{n=\"1\"} 1\nc{n=\"2\"} 1\nc{n=\"other\"} 97\n")
    }

    @Test func aNameHasOneKind() {
        let registry = MetricsRegistry()
        Counter(label: "x", factory: registry).increment()
        Meter(label: "x", factory: registry).set(7)
        #expect(registry.text() == "# TYPE x counter\nx 1\n")
    }

    @Test func whatIsDestroyedIsGone() {
        let registry = MetricsRegistry()
        let counter = Counter(label: "x", factory: registry)
        counter.destroy()
        #expect(registry.text() == "")
    }

    @Test func gaugesAreSampledForEachPage() {
        let registry = MetricsRegistry()
        let meter = Meter(label: "x", factory: registry)
        registry.beforeEachPage { meter.increment(by: 1) }
        #expect(registry.text().hasSuffix("x 1\n"))
        #expect(registry.text().hasSuffix("x 2\n"))
    }
}
