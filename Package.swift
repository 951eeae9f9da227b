// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    // An async function runs where its caller does: no hop to another executor and back for every call.
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let metrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

/// What fuzzers feed.
let fuzzed: [Target.Dependency] = ["DecisionTable", "Protobuf", "Referral", "ReferralAPI", "TTRPC", nioCore, nioEmbedded, logging]

let package = Package(
    name: "lots",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "lotsd", targets: ["lotsd"]),
        .executable(name: "lots", targets: ["lots"]),
        // Of use without the rest: decision tables, and the message service.
        .library(name: "DecisionTable", targets: ["DecisionTable"]),
        .library(name: "TTRPC", targets: ["TTRPC", "TTRPCOverTLS", "TLS"]),
        .library(name: "Referral", targets: ["Referral", "ReferralAPI", "Configuration"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
        .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.2"),
        .package(url: "https://github.com/swiftlang/swift-subprocess.git", from: "1.0.2", traits: []),
        .package(url: "https://github.com/apple/swift-system.git", from: "1.8.1"),
    ],
    targets: [
        // C libraries of the system, and the messages written by protoc-c.
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CProtobufC", pkgConfig: "libprotobuf-c", providers: [.apt(["libprotobuf-c-dev"])]),
        .systemLibrary(name: "CAllocator"),
        .target(name: "CReferralMessages", dependencies: ["CProtobufC"]),
        .target(name: "CTTRPCMessages", dependencies: ["CProtobufC"]),

        // The domain, pure.
        .target(name: "DecisionTable", exclude: ["README.md"], swiftSettings: settings),
        .target(name: "Referral", dependencies: ["DecisionTable"], swiftSettings: settings),
        .target(name: "Inflow", dependencies: ["Referral"], exclude: ["README.md"], swiftSettings: settings),
        .target(name: "Figures", dependencies: ["Referral"], exclude: ["README.md"], swiftSettings: settings),

        // The message service.
        .target(name: "Digest", dependencies: ["COpenSSL"], swiftSettings: settings),
        .target(name: "TLS", dependencies: ["COpenSSL", nioCore], swiftSettings: settings),
        .target(name: "Protobuf", dependencies: ["CProtobufC"], swiftSettings: settings),
        .target(name: "TTRPC", dependencies: ["CProtobufC", "CTTRPCMessages", "Protobuf", nioCore, logging], swiftSettings: settings),
        .target(
            name: "TTRPCOverTLS", dependencies: ["CAllocator", "TTRPC", "TLS", nioCore, nioPosix, logging, lifecycle],
            swiftSettings: settings),

        // Where the two meet, and what is built on both.
        .target(
            name: "ReferralAPI",
            dependencies: ["Figures", "Referral", "TTRPC", "CReferralMessages", "CProtobufC", "Protobuf", "Digest", nioCore],
            swiftSettings: settings),
        .target(name: "SQLiteStore", dependencies: ["Referral", grdb], swiftSettings: settings),
        .target(name: "Configuration", dependencies: ["Referral", "DecisionTable", yams], swiftSettings: settings),
        .target(
            name: "Exchange", dependencies: ["Figures", "Inflow", "Referral", "ReferralAPI", "TTRPC", nioCore, metrics, logging],
            swiftSettings: settings),
        // What the daemon tells those who run it.
        .target(
            name: "Operations",
            dependencies: ["TTRPC", "TTRPCOverTLS", "TLS", nioCore, nioPosix, nioHTTP1, metrics, logging, lifecycle],
            swiftSettings: settings),
        .target(name: "Recording", dependencies: ["TTRPC", "Protobuf", nioCore, nioPosix], swiftSettings: settings),
        .executableTarget(
            name: "lotsd",
            dependencies: [
                "Digest", "Referral", "ReferralAPI", "SQLiteStore", "Exchange", "Configuration", "Operations", "TLS", "TTRPC",
                "TTRPCOverTLS", nioCore, nioPosix, metrics, logging, lifecycle, signals, arguments,
            ], swiftSettings: settings),
        .executableTarget(
            name: "lots",
            dependencies: [
                "Figures", "Referral", "ReferralAPI", "Protobuf", "Recording", "Configuration", "TLS", "TTRPC", "TTRPCOverTLS", nioCore,
                nioPosix, arguments,
            ], swiftSettings: settings),

        // Tests. What several of them share stands in targets of its own under Tests.
        .target(name: "CTestMessages", dependencies: ["CProtobufC"], path: "Tests/CTestMessages"),
        .target(name: "SeededRandom", path: "Tests/SeededRandom", swiftSettings: settings),
        .target(name: "StoreContract", dependencies: ["Referral", "SeededRandom"], path: "Tests/StoreContract", swiftSettings: settings),
        .target(
            name: "FigureSamples", dependencies: ["SeededRandom", "Referral", "DecisionTable"], path: "Tests/FigureSamples",
            swiftSettings: settings),
        .target(
            name: "TestSupport", dependencies: ["TLS", logging, subprocess, system], path: "Tests/TestSupport", swiftSettings: settings),
        .target(
            name: "TTRPCTestSupport", dependencies: ["TTRPC", nioCore, logging], path: "Tests/TTRPCTestSupport", swiftSettings: settings),
        .testTarget(
            name: "DecisionTableTests", dependencies: ["SeededRandom", "DecisionTable"], resources: [.copy("Fixtures")],
            swiftSettings: settings),
        .testTarget(name: "ReferralTests", dependencies: ["SeededRandom", "Referral", "DecisionTable"], swiftSettings: settings),
        .testTarget(name: "InflowTests", dependencies: ["SeededRandom", "Inflow", "Referral"], swiftSettings: settings),
        .testTarget(
            name: "FiguresTests", dependencies: ["SeededRandom", "FigureSamples", "StoreContract", "Figures", "Referral"],
            swiftSettings: settings),
        .testTarget(name: "DigestTests", dependencies: ["Digest"], swiftSettings: settings),
        .testTarget(
            name: "TLSTests", dependencies: ["SeededRandom", "TLS", "TestSupport", nioCore, nioEmbedded, nioPosix], swiftSettings: settings),
        .testTarget(
            name: "ProtobufTests", dependencies: ["SeededRandom", "Protobuf", "CProtobufC", "CTestMessages"], exclude: ["Messages"],
            swiftSettings: settings),
        .testTarget(
            name: "TTRPCTests",
            dependencies: [
                "SeededRandom", "TTRPC", "TTRPCTestSupport", "CTTRPCMessages", "Protobuf", nioCore, nioPosix, nioEmbedded, logging,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "TTRPCOverTLSTests",
            dependencies: ["TLS", "TTRPC", "TTRPCOverTLS", "TestSupport", "TTRPCTestSupport", nioCore, nioPosix, logging],
            swiftSettings: settings),
        .testTarget(
            name: "ReferralAPITests",
            dependencies: [
                "Figures", "ReferralAPI", "Referral", "Protobuf", "CProtobufC", "TTRPC", "Digest", "CReferralMessages", "SeededRandom",
                "TestSupport", nioCore, nioPosix, logging,
            ], swiftSettings: settings),
        .testTarget(
            name: "SQLiteStoreTests", dependencies: ["SeededRandom", "SQLiteStore", "StoreContract", "Referral", grdb],
            swiftSettings: settings),
        .testTarget(
            name: "ConfigurationTests", dependencies: ["SeededRandom", "Configuration", "Referral", "DecisionTable"],
            swiftSettings: settings),
        .testTarget(
            name: "RecordingTests",
            dependencies: ["Recording", "TTRPC", "Protobuf", "CReferralMessages", nioCore, nioPosix, logging], swiftSettings: settings),
        .testTarget(
            name: "ExchangeTests", dependencies: ["Exchange", "Referral", "ReferralAPI", "TTRPC"], swiftSettings: settings),
        .testTarget(
            name: "OperationsTests",
            dependencies: ["Operations", "TLS", "TTRPC", "TTRPCOverTLS", "TestSupport", nioCore, nioPosix, metrics, logging],
            swiftSettings: settings),
        // Real peers, written with other implementations.
        .testTarget(
            name: "InteropTests",
            dependencies: ["TLS", "TTRPC", "TTRPCOverTLS", "TTRPCTestSupport", "TestSupport", "lotsd", nioCore, logging, system],
            exclude: ["Peers"], swiftSettings: settings),
        // The targets of the fuzzers, on the inputs that are kept.
        .testTarget(name: "FuzzTests", dependencies: fuzzed, exclude: ["Seeds", "Findings"], swiftSettings: settings),
        // Runs the built lotsd and lots.
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "Configuration", "Exchange", "FigureSamples", "Figures", "Inflow", "Protobuf", "Recording", "Referral", "ReferralAPI",
                "SeededRandom", "SQLiteStore", "TLS", "TTRPC", "TTRPCOverTLS", "TestSupport", "Operations", "lots", "lotsd", grdb, logging,
                metrics, nioCore, nioPosix,
            ], swiftSettings: settings),
    ]
)

// Fuzzers need libFuzzer, so they are there only when asked for. See scripts/fuzz.
if Context.environment["LOTS_FUZZERS"] != nil {
    package.targets += [
        .target(name: "FuzzTargets", dependencies: fuzzed, path: "Tests/FuzzTests/Targets", swiftSettings: settings),
        .executableTarget(name: "fuzz", dependencies: ["FuzzTargets"], path: "Fuzz", swiftSettings: settings),
    ]
    package.targets.removeAll { $0.name == "FuzzTests" }
}
