/// What is promised of the alarm, for every source alike.
public struct InflowPolicy: Sendable, Equatable {
    /// The mean number of false alarms of one source in a year is at most this, while its inflow is as expected. Half of it is spent on
    /// the test for silence, half on the test for a fall to half.
    public var falseAlarmsPerYear: Double
    /// A source whose silence would be noticed later than this many days after it began is told to be too small. It is tested all the same.
    public var sensibleDays: Int
    /// Days between two updates of one alarm, at least.
    public var daysBetweenUpdates: Int

    /// - Parameter falseAlarmsPerYear: from 0.001 to 10; what is outside becomes the nearest.
    public init(falseAlarmsPerYear: Double = 0.5, sensibleDays: Int = 60, daysBetweenUpdates: Int = 7) {
        self.falseAlarmsPerYear = falseAlarmsPerYear > 0.001 ? min(falseAlarmsPerYear, 10) : 0.001
        self.sensibleDays = max(1, sensibleDays)
        self.daysBetweenUpdates = max(1, daysBetweenUpdates)
    }

    public static let standard = InflowPolicy()

    /// How much of the evidence of 1 : 20 must speak for the usual rate before an alarm is cleared, in nats.
    static let evidenceOfReturn = 2.995_732
    /// Days with cases since the alarm before it is cleared: one upload of everything that was left over is no return.
    static let daysOfReturn = 3
    /// Learned days and cases before a source is watched.
    static let learningDays = 28
    static let learningCases = 12.0
    /// Learned days before the test for a fall to half: a dip that comes every year must have been seen once.
    static let seasonDays = 365
}
