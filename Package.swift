// swift-tools-version: 6.2
import PackageDescription

/// What every Swift target of this package is compiled with.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

/// The C targets are built without warnings; they are C17 (see `cLanguageStandard`).
let strictC: [CSetting] = [
    .enableWarning("all"), .enableWarning("extra"), .enableWarning("conversion"),
]

let package = Package(
    name: "fanfare",
    products: [
        .library(name: "Fanfare", targets: ["Fanfare"]),
        .executable(name: "fanfare", targets: ["fanfare"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // MARK: C
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CAllocator"),
        .systemLibrary(name: "CSpawn"),
        .systemLibrary(name: "CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
        .target(name: "CDeliveryLoop", dependencies: ["CCurl"], cSettings: strictC),
        .target(name: "CDigest", cSettings: strictC, linkerSettings: [.linkedLibrary("crypto")]),
        .target(
            name: "CPageChecks",
            dependencies: [.product(name: "GRDBSQLite", package: "GRDB.swift")],
            cSettings: strictC
        ),
        .target(
            name: "CTextFolding",
            dependencies: [.product(name: "GRDBSQLite", package: "GRDB.swift")],
            cSettings: strictC
        ),

        // MARK: Library, lowest first
        .target(
            name: "FanfareTransport",
            dependencies: ["CDeliveryLoop", .product(name: "NIOConcurrencyHelpers", package: "swift-nio")],
            swiftSettings: strict
        ),
        .target(
            name: "FanfarePayload",
            dependencies: ["CDigest", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: strict
        ),
        .target(
            name: "FanfareStore",
            dependencies: [
                "CPageChecks",
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "FanfareAudience",
            dependencies: [
                "FanfareStore", "FanfarePayload", "CArchive", "CTextFolding",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "FanfareDelivery",
            dependencies: [
                "FanfareTransport", "FanfarePayload", "FanfareStore", "FanfareAudience",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "HeapModule", package: "swift-collections"),
                .product(name: "Histogram", package: "hdrhistogram-swift"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "FanfareJob",
            dependencies: [
                "FanfareDelivery", "FanfareAudience", "FanfarePayload", "Yams",
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "FanfareReport",
            dependencies: [
                "FanfareDelivery", "FanfareAudience", "FanfarePayload", "FanfareStore",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Histogram", package: "hdrhistogram-swift"),
                .product(name: "Mustache", package: "swift-mustache"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "FanfareCampaigns",
            dependencies: [
                "FanfareDelivery", "FanfareAudience", "FanfareJob", "FanfarePayload", "FanfareStore",
                "FanfareTransport",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "FanfareControl",
            dependencies: [
                "FanfareAudience", "FanfareDelivery", "FanfareStore", "FanfareTransport",
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "Fanfare",
            dependencies: [
                "CAllocator", "CSpawn", "FanfareJob", "FanfareReport", "FanfareControl", "FanfareCampaigns",
                "FanfareDelivery",
                "FanfareAudience", "FanfarePayload",
                "FanfareStore",
                "FanfareTransport", .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ],
            swiftSettings: strict
        ),

        .target(
            name: "FanfareServer",
            dependencies: [
                "CArchive", "Fanfare", "FanfareCampaigns", "FanfareDelivery", "FanfareAudience", "FanfareJob",
                "FanfarePayload", "FanfareReport", "FanfareStore",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Mustache", package: "swift-mustache"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict
        ),

        // MARK: Programs
        .target(
            name: "FanfareReceiver",
            dependencies: [
                "FanfarePayload",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "fanfare",
            dependencies: [
                "CAllocator", "Fanfare", "FanfareServer", "FanfareReceiver", "FanfarePayload",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict
        ),

        // The programs of the README; no products, so that who depends on the library does not build them.
        .executableTarget(
            name: "example-deliver",
            dependencies: ["Fanfare"],
            path: "scripts/examples/deliver",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "example-fan-out",
            dependencies: ["Fanfare"],
            path: "scripts/examples/fan-out",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "example-contacts",
            dependencies: ["Fanfare"],
            path: "scripts/examples/contacts",
            swiftSettings: strict
        ),

        .executableTarget(
            name: "loop-bench",
            dependencies: ["CDeliveryLoop"],
            path: "perf/loop-bench",
            cSettings: strictC
        ),

        .executableTarget(
            name: "delivery-bench",
            dependencies: ["Fanfare"],
            path: "perf/delivery-bench",
            swiftSettings: strict
        ),

        // MARK: Tests
        .target(
            name: "FanfareTesting",
            dependencies: [
                "FanfareReceiver",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ],
            path: "Tests/FanfareTesting",
            swiftSettings: strict
        ),
        .testTarget(
            name: "FanfareTransportTests",
            dependencies: ["FanfareTransport", .product(name: "NIOConcurrencyHelpers", package: "swift-nio")],
            swiftSettings: strict
        ),
        .testTarget(
            name: "FanfarePayloadTests",
            dependencies: ["FanfarePayload", "FanfareTesting", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: strict
        ),
        .testTarget(
            name: "FanfareStoreTests",
            dependencies: ["FanfareStore", "FanfareTesting", .product(name: "GRDB", package: "GRDB.swift")],
            swiftSettings: strict
        ),
        .testTarget(
            name: "FanfareAudienceTests",
            dependencies: [
                "FanfareAudience", "FanfareStore", "FanfarePayload", "FanfareTesting", "CTextFolding", "CArchive",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "FanfareDeliveryTests",
            dependencies: [
                "FanfareDelivery", "FanfareTesting", "FanfareReceiver", "FanfareStore", "FanfareAudience",
                "FanfarePayload", "FanfareTransport",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "FanfareJobTests",
            dependencies: [
                "FanfareJob", "FanfareDelivery", "FanfareAudience", "FanfarePayload", "FanfareStore", "FanfareTesting",
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "FanfareReportTests",
            dependencies: [
                "FanfareReport", "FanfareDelivery", "FanfareAudience", "FanfarePayload", "FanfareStore",
                "FanfareTesting",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "FanfareCampaignsTests",
            dependencies: [
                "FanfareCampaigns", "FanfareDelivery", "FanfareAudience", "FanfareJob", "FanfarePayload",
                "FanfareStore",
                "FanfareTransport", "FanfareTesting", "FanfareReceiver",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "FanfareServerTests",
            dependencies: [
                "FanfareServer", "Fanfare", "FanfareAudience", "FanfareJob", "FanfarePayload", "FanfareTesting",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "FanfareControlTests",
            dependencies: [
                "FanfareControl", "FanfareAudience", "FanfareDelivery", "FanfareStore", "FanfareTesting",
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "FanfareTests",
            dependencies: [
                "Fanfare", "FanfareDelivery", "FanfareTransport", "FanfareTesting", "FanfareReceiver",
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "FanfareReceiverTests",
            dependencies: [
                "FanfareReceiver", "FanfarePayload", "FanfareTesting",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "IntegrationTests",
            dependencies: [
                "FanfarePayload", "FanfareReceiver", "FanfareStore", "FanfareTesting",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ],
            swiftSettings: strict
        ),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c17
)
