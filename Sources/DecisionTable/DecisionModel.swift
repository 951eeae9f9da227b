/// The decision tables of one DMN file (Object Management Group, Decision Model and Notation; written for 1.3).
///
/// Understood are decisions that are decision tables with the hit policies UNIQUE and FIRST, with literal cells. Diagrams, extensions,
/// input data and documentation are passed over; anything else that would change a decision is refused, so that no table means
/// something other than what its author sees. The file has to be in UTF-8 and without a document type.
public struct DecisionModel: Sendable {
    /// In the order of the file; never empty.
    public let tables: [DecisionTable]

    /// - Parameters:
    ///   - xml: the file, at most 4 MiB and 200,000 elements.
    ///   - file: its name, for faults.
    /// - Throws: everything that is not understood, in the order of the file.
    public init(xml: [UInt8], file: String) throws(DecisionTableFaults) {
        var reader = DecisionModelReader(file: file)
        let tables = reader.read(xml)
        guard reader.faults.isEmpty else { throw DecisionTableFaults(reader.faults.sorted { $0.line < $1.line }, omitted: reader.omitted) }
        self.tables = tables
    }
}
