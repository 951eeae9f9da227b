import Configuration
import Foundation
import NIOCore
import Operations
import Testing

@testable import lotsd

/// Why the daemon does not start, and what the service manager makes of it.
@Suite struct StartFaultTests {
    @Test(arguments: [
        (EADDRINUSE, 7_443, "cannot listen on [::1]:7443: port 7443 is in use by another program", 1),
        (EACCES, 443, "cannot listen on [::1]:443: lotsd has no right to port 443: let systemd listen for it (lotsd.socket)", 78),
        (EADDRNOTAVAIL, 7_443, "cannot listen on [::1]:7443: this machine does not have that address", 1),
        (EIO, 7_443, "cannot listen on [::1]:7443: Input/output error", 1),
    ]) func aPortThatCannotBeHad(_ code: CInt, _ port: Int, _ text: String, _ exit: Int32) {
        let fault = StartFault.cannotListen(on: "::1", port, IOError(errnoCode: code, reason: "bind(descriptor:ptr:bytes:)"))
        #expect("\(fault)".hasPrefix(text) && !"\(fault)".contains("errno"), "\(fault)")
        #expect(StartFault.exitCode(for: fault) == exit)
    }

    /// Faults that pass are tried without end, those that only a person can mend are not.
    @Test func theUnitTriesAgainWhatMayPass() throws {
        let unit = try String(contentsOf: Installation.project.appending(path: "systemd/lotsd.service"), encoding: .utf8)
        var values: [String: [String]] = [:]
        var section = ""
        for line in unit.split(separator: "\n") where !line.hasPrefix("#") {
            if line.hasPrefix("[") { section = String(line.dropFirst().dropLast()) }
            let parts = line.split(separator: "=", maxSplits: 1).map(String.init)
            if parts.count == 2 { values["\(section).\(parts[0])", default: []].append(parts[1]) }
        }
        #expect(values["Unit.StartLimitIntervalSec"] == ["0"] && values["Unit.StartLimitBurst"] == nil)
        #expect(values["Service.Restart"] == ["on-failure"] && values["Service.RestartSec"] == ["10s"])
        let code = StartFault.exitCode(for: StartFault(description: ""))
        #expect(values["Service.RestartPreventExitStatus"] == ["\(code)"])
        #expect(values["Unit.After"] == ["network-online.target time-sync.target"] && values["Unit.Wants"] == values["Unit.After"])
        let settings = try DaemonConfiguration(file: Installation.project.appending(path: "config/lots.yaml").path)
        let files = try #require(values["Service.LimitNOFILE"]?.first.flatMap { Int($0) })
        #expect(ProcessLimits.shortage(openFiles: files, connections: settings.limits.connections, eventLoops: 256) == nil)
    }
}
