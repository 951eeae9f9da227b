public import Logging
public import NIOCore
import NIOHTTP1
public import NIOPosix
public import ServiceLifecycle
import Synchronization

/// What a page answers.
public struct Page: Sendable {
    /// The HTTP status: 200 when all is well, 503 when not.
    public var isWell: Bool
    /// Text, in the form of Prometheus for metrics.
    public var text: String

    public init(isWell: Bool = true, text: String) {
        self.isWell = isWell
        self.text = text
    }
}

/// Answers `GET` of a few pages over plain HTTP/1.1, for monitoring on the same machine.
///
/// A connection carries one request of at most 8 KiB and is closed at its answer, or after ten seconds; at most 32 are open at once and
/// further ones are closed as they come. Request bodies are not read.
public final class PagesServer: Service {
    /// Writes a page; called on an event loop, so it must be quick.
    public typealias MakePage = @Sendable () -> Page

    static let connectionLimit = 32
    static let requestBytes = 8 << 10
    static let connectionTime = TimeAmount.seconds(10)

    private let listener: any Channel
    private let logger: Logger

    /// The port listened on.
    public let port: Int

    private init(listener: any Channel, port: Int, logger: Logger) {
        self.listener = listener
        self.port = port
        self.logger = logger
    }

    /// Opens the socket; requests are answered at once.
    /// - Parameters:
    ///   - port: 0 lets the system choose.
    ///   - pages: by path.
    /// - Throws: what the system reports when the address cannot be used.
    public static func bind(
        host: String, port: Int, pages: [String: MakePage], logger: Logger,
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async throws -> PagesServer {
        let connections = ConnectionCount(limit: connectionLimit)
        let listener = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                guard connections.admit(channel) else { return channel.close() }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(RequestBound())
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline(withErrorHandling: true)
                    try channel.pipeline.syncOperations.addHandler(PagesHandler(pages: pages))
                }
            }
            .bind(host: host, port: port).get()
        guard let port = listener.localAddress?.port else { throw ChannelError.unknownLocalAddress }
        logger.info("pages for monitoring", metadata: ["address": "\(host):\(port)", "paths": "\(pages.keys.sorted())"])
        return PagesServer(listener: listener, port: port, logger: logger)
    }

    /// Answers until a graceful shutdown or cancellation.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            try? await withTaskCancellationHandler {
                try await self.listener.closeFuture.get()
            } onCancel: {
                self.listener.close(promise: nil)
            }
        }
    }
}

/// Counts open connections against a bound.
private final class ConnectionCount: Sendable {
    private let limit: Int
    private let count = Mutex(0)

    init(limit: Int) {
        self.limit = limit
    }

    func admit(_ channel: any Channel) -> Bool {
        let isAdmitted = count.withLock { count in
            guard count < limit else { return false }
            count += 1
            return true
        }
        if isAdmitted { channel.closeFuture.whenComplete { _ in self.count.withLock { $0 -= 1 } } }
        return isAdmitted
    }
}

/// Closes a connection that sends more than a request needs, or that takes too long in all.
private final class RequestBound: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private var remaining = PagesServer.requestBytes
    private var deadline: Scheduled<Void>?

    func handlerAdded(context: ChannelHandlerContext) {
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: PagesServer.connectionTime) { context.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        remaining -= unwrapInboundIn(data).readableBytes
        if remaining < 0 { context.close(promise: nil) } else { context.fireChannelRead(data) }
    }
}

/// Answers one request.
private final class PagesHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let pages: [String: PagesServer.MakePage]
    private var isAnswered = false

    init(pages: [String: PagesServer.MakePage]) {
        self.pages = pages
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(let request) = unwrapInboundIn(data), !isAnswered else { return }
        isAnswered = true
        let path = String(request.uri.prefix { $0 != "?" })
        guard request.method == .GET || request.method == .HEAD else {
            return answer(context, .methodNotAllowed, "only GET and HEAD are answered here\n", to: request)
        }
        guard let page = pages[path]?() else {
            return answer(context, .notFound, "pages: \(pages.keys.sorted().joined(separator: " "))\n", to: request)
        }
        answer(context, page.isWell ? .ok : .serviceUnavailable, page.text, to: request)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func answer(_ context: ChannelHandlerContext, _ status: HTTPResponseStatus, _ text: String, to request: HTTPRequestHead) {
        let headers: HTTPHeaders = [
            "content-type": "text/plain; version=0.0.4; charset=utf-8", "content-length": "\(text.utf8.count)", "connection": "close",
            "cache-control": "no-store",
        ]
        context.write(wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: status, headers: headers))), promise: nil)
        if request.method != .HEAD {
            context.write(wrapOutboundOut(.body(.byteBuffer(context.channel.allocator.buffer(string: text)))), promise: nil)
        }
        let channel = context.channel
        let isSent = context.eventLoop.makePromise(of: Void.self)
        isSent.futureResult.whenComplete { _ in channel.close(promise: nil) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: isSent)
    }
}
