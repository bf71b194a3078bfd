import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Closes a connection whose client sends too slowly, or does not take its answer; and one too many of its address.
///
/// A head that drips in is no part of a request before it is whole, so that time runs from the connection's beginning
/// or the answer before; a body has its time as a whole, or a byte a minute would keep it open; an answer may take as
/// long as it likes while the client takes some of it.
///
/// Thread: the connection's event loop.
final class Watchman: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let limits: ConnectionLimits
    /// Where connections of one address are counted; nil: nowhere.
    private let table: ConnectionTable?
    private var address: String?
    /// By when the client must have sent something, or taken a piece of its answer; the distant future: it need not.
    private var (receiving, answering) = (NIODeadline.distantFuture, NIODeadline.distantFuture)
    /// Runs at one of the two, or before both: a deadline moves with every request and piece, and to set a timer anew
    /// each time would cost more than one that comes too early now and then.
    private var timer: (time: NIODeadline, task: Scheduled<Void>)?
    /// Pieces of answers that the client has not taken.
    private var untaken = 0
    /// Whole requests that have not been answered.
    private var open = 0
    private var hasBegunAnswer = false

    /// - Parameters:
    ///   - limits: How long it waits.
    ///   - table: Where connections of one address are counted; nil: nowhere.
    init(_ limits: ConnectionLimits, _ table: ConnectionTable?) {
        (self.limits, self.table) = (limits, table)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { begin(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        context.fireChannelActive()
        begin(context)
    }

    private func begin(_ context: ChannelHandlerContext) {
        guard receiving == .distantFuture, address == nil else { return }
        if let table, let address = context.remoteAddress?.ipAddress {
            guard table.open(address) else { return context.close(promise: nil) }
            self.address = address
        }
        expect(within: limits.firstHead, context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.task.cancel()
        (receiving, answering, timer) = (.distantFuture, .distantFuture, nil)
        if let address { table?.close(address) }
        address = nil
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            open += 1
            hasBegunAnswer = false
            expect(within: limits.body, context)
        case .body: break
        case .end:
            receiving = .distantFuture
            // It was answered before it was whole.
            if open == 0 { expect(within: limits.nextHead, context) }
        }
        context.fireChannelRead(data)
    }

    private func expect(within time: TimeAmount, _ context: ChannelHandlerContext) {
        receiving = context.eventLoop.now + time
        setTimer(context)
    }

    private func isLate(_ context: ChannelHandlerContext) {
        // Who has had part of an answer, or is between two requests, is told nothing.
        guard open == 1, !hasBegunAnswer else { return context.close(promise: nil) }
        let head = HTTPResponse(status: .requestTimeout, headerFields: [.connection: "close", .contentLength: "0"])
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        context.close(promise: nil)
    }

    // MARK: Answers

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head: hasBegunAnswer = true
        case .body: break
        case .end:
            open -= 1
            if open == 0 { expect(within: limits.nextHead, context) }
        }
        let taken = promise ?? context.eventLoop.makePromise(of: Void.self)
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        taken.futureResult.whenComplete { _ in
            let (watchman, context) = bound.value
            watchman.isTaken(context)
        }
        untaken += 1
        if answering == .distantFuture { wait(context) }
        context.write(data, promise: taken)
    }

    /// The client has taken a piece, or never will.
    private func isTaken(_ context: ChannelHandlerContext) {
        untaken -= 1
        answering = .distantFuture
        if untaken > 0 { wait(context) }
    }

    private func wait(_ context: ChannelHandlerContext) {
        answering = context.eventLoop.now + limits.answer
        setTimer(context)
    }

    // MARK: Time

    /// Sees to it that the timer comes no later than the first deadline.
    private func setTimer(_ context: ChannelHandlerContext) {
        let first = min(receiving, answering)
        if first == .distantFuture { return }
        if let timer, timer.time <= first { return }
        timer?.task.cancel()
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let task = context.eventLoop.scheduleTask(deadline: first) {
            let (watchman, context) = bound.value
            watchman.timer = nil
            watchman.look(context)
        }
        timer = (first, task)
    }

    /// Closes the connection if a deadline is over.
    private func look(_ context: ChannelHandlerContext) {
        let now = context.eventLoop.now
        if receiving <= now {
            receiving = .distantFuture
            isLate(context)
        }
        if answering <= now {
            answering = .distantFuture
            context.close(promise: nil)
        }
        setTimer(context)
    }
}
