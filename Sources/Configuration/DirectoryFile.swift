public import Referral

/// Reads `directory.yaml`: organisations with their units and what they serve, and the areas with the dates they were valid.
public enum DirectoryFile {
    /// Blocks: to be called at start, never in an asynchronous context that others share.
    /// - Throws: every mistake at once.
    public static func read(_ path: String) throws(ConfigurationFaults) -> Directory {
        let faults = FaultCollector()
        guard let directory = read(path, faults), faults.isEmpty else { throw ConfigurationFaults(faults.sorted) }
        return directory
    }

    static func read(_ path: String, _ faults: FaultCollector) -> Directory? { read(ConfigurationFile(name: path), faults) }

    static func read(_ file: ConfigurationFile, _ faults: FaultCollector) -> Directory? {
        guard let top = MappingReader.top(of: file, faults) else { return nil }
        let areas = top.blocks("areas").map { $0.flatMap(readArea) }.allPresent()
        let organisations = top.blocks("organisations").map { $0.flatMap(readOrganisation) }.allPresent()
        top.finish()
        // Without every id, kind and code the entries cannot be compared with each other; what was found so far is told first.
        guard let areas, let organisations else { return nil }
        do {
            return try Directory(organisations: organisations, areas: areas)
        } catch {
            for fault in error.faults {
                faults.add(.file(file.name, line: top.line(of: fault.path)), fault.path.text, fault.rule)
            }
            return nil
        }
    }

    // MARK: Areas

    private static func readArea(_ block: MappingReader) -> ListedArea? {
        defer { block.finish() }
        let area = block.required("code", .area)
        let name = block.required("name", .text)
        let validity = readPeriod(block)
        return area.map { ListedArea(area: $0, name: name ?? "", validity: validity) }
    }

    private static func readPeriod(_ block: MappingReader) -> DatePeriod {
        DatePeriod(first: block.optional("from", .date), last: block.optional("until", .date))
    }

    // MARK: Organisations

    private static func readOrganisation(_ block: MappingReader) -> Organisation? {
        defer { block.finish() }
        let id = block.required("id", .text)
        let name = block.required("name", .text)
        let kind = block.required("kind", Scalar<OrganisationKind>.word)
        let number = block.optional("organisationsnummer", .text)
        let existence = readPeriod(block)
        let units = block.blocks("units").map { $0.flatMap { readUnit($0, of: id) } }.allPresent()
        let catchment = block.blocks("catchment").map { $0.flatMap(readCatchment) }.allPresent()
        let agreements = block.blocks("agreements").map { $0.map(readAgreement) }.allPresent()
        let languages = block.list("languages", .text).allPresent()
        let readers = block.blocks("protected_readers").map { $0.flatMap { readProtectedReader($0, of: id) } }.allPresent()
        guard let id, let kind, let units, let catchment, let agreements, let languages, let readers else { return nil }
        return Organisation(
            id: OrganisationID(id), name: name ?? "", number: number, kind: kind, existence: existence, units: units, catchment: catchment,
            agreements: agreements, languages: languages, protectedReaders: readers)
    }

    private static func readAgreement(_ block: MappingReader) -> OrganisationAgreement {
        defer { block.finish() }
        if block.keys.allSatisfy(["from", "until"].contains) { block.fault("", "an agreement says at least one thing") }
        func time(_ key: String) -> TimeSpan? { block.optional(key, .timeSpan(OrganisationAgreement.times)) }
        func count(_ key: String) -> Int? { block.optional(key, .number(OrganisationAgreement.attempts)) }
        return OrganisationAgreement(
            period: readPeriod(block), firstContactWithin: time("first_contact_within"),
            firstContactWarning: time("first_contact_warning"), firstMeetingWithin: time("first_meeting_within"),
            untakenWarning: time("untaken_warning"), callAttempts: count("call_attempts"), eveningAttempts: count("evening_attempts"))
    }

    /// A unit is written as in its certificate, with its organisation in front, so that a script finds all participants with one search.
    private static func readUnit(_ block: MappingReader, of organisation: String?) -> OrganisationUnit? {
        defer { block.finish() }
        let name = block.required("name", .text)
        return readUnitID(block, "participant", of: organisation).map { OrganisationUnit(id: $0, name: name ?? "") }
    }

    private static func readProtectedReader(_ block: MappingReader, of organisation: String?) -> ProtectedReader? {
        defer { block.finish() }
        let period = readPeriod(block)
        return readUnitID(block, "unit", of: organisation).map { ProtectedReader(unit: $0, period: period) }
    }

    private static func readUnitID(_ block: MappingReader, _ key: String, of organisation: String?) -> UnitID? {
        guard let participant = block.required(key, .text) else { return nil }
        let parts = participant.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, organisation == nil || parts[0] == organisation ?? "" else {
            block.fault(key, "must be organisation/unit, with the organisation's own id in front")
            return nil
        }
        return UnitID(String(parts[1]))
    }

    private static func readCatchment(_ block: MappingReader) -> Catchment? {
        defer { block.finish() }
        let areas = block.list("areas", .area).allPresent()
        let services = block.list("services", Scalar<Service>.word).allPresent()
        let period = readPeriod(block)
        guard let areas, let services else { return nil }
        return Catchment(areas: areas, services: services, period: period)
    }
}

extension Array {
    /// The elements when none is missing.
    fileprivate func allPresent<Wrapped>() -> [Wrapped]? where Element == Wrapped? {
        let present = compactMap(\.self)
        return present.count == count ? present : nil
    }
}
