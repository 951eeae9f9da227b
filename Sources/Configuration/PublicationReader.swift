import Foundation
public import Referral

/// Reads rules and directories from the texts of publications, by the same rules as from files.
public struct PublicationReader: PublicationReading {
    public init() {}

    public func ruleSet(_ content: PublicationContent, number: Int) throws(PublicationFaults) -> RuleSet {
        let faults = FaultCollector()
        let ruleSet = RoutingFile.ruleSet(
            number: number, name: content.name, validity: DatePeriod(first: content.first, last: content.last), tables: Self.files(content),
            accepted: content.accepted, faults)
        guard let ruleSet, faults.isEmpty else { throw PublicationFaults(faults) }
        return ruleSet
    }

    public func directory(_ content: PublicationContent) throws(PublicationFaults) -> Directory {
        let faults = FaultCollector()
        guard let file = Self.files(content).first, let directory = DirectoryFile.read(file, faults), faults.isEmpty else {
            throw PublicationFaults(faults)
        }
        return directory
    }

    private static func files(_ content: PublicationContent) -> [ConfigurationFile] {
        PublicationContent.names(of: content.kind).map { ConfigurationFile(name: $0, content: Data((content.text($0) ?? "").utf8)) }
    }
}

extension PublicationFaults {
    fileprivate init(_ faults: FaultCollector) {
        self.init(
            faults.sorted.map { fault in
                let file =
                    switch fault.source {
                    case .file(let name, let line): line.map { "\(name):\($0)" } ?? name
                    case .variable(let name): name
                    }
                return PublicationFault(place: fault.path.isEmpty ? file : "\(file): \(fault.path)", rule: fault.rule)
            })
    }
}
