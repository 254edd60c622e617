import NIOCore
import NIOHTTP1

/// Closes a connection whose client is slow: to send a head, to send the body after it, or to take the answer. It also ends
/// connections as HTTP/1.0 clients and answers with `Connection: close` expect it.
///
/// Each of the three has one deadline from its start: a byte now and then does not put it off.
final class RequestClock: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart
  typealias OutboundIn = HTTPServerResponsePart
  typealias OutboundOut = HTTPServerResponsePart

  struct Times: Sendable {
    let idle: TimeAmount
    let body: TimeAmount
    let answer: TimeAmount
    /// How long what still comes in is read and dropped after the last answer, so that the client can read that.
    let linger = TimeAmount.seconds(2)

    init(_ limits: Settings.Limits) {
      idle = .seconds(Int64(limits.idleTime))
      body = .seconds(Int64(limits.bodyTime))
      answer = .seconds(Int64(limits.answerTime))
    }
  }

  private let times: Times
  private let onTimeout: () -> Void
  private var deadline: NIODeadline
  private var tick: Scheduled<Void>?
  private var isReading = false
  private var received = 0
  private var answered = 0
  /// The number of the request whose answer is the last; nil while the connection goes on.
  private var last: Int?
  private var isEnding = false

  init(_ times: Times, onTimeout: @escaping () -> Void) {
    self.times = times
    self.onTimeout = onTimeout
    deadline = .now() + times.idle
  }

  func handlerAdded(context: ChannelHandlerContext) { schedule(context) }

  func handlerRemoved(context: ChannelHandlerContext) {
    tick?.cancel()
    tick = nil
  }

  private func schedule(_ context: ChannelHandlerContext) {
    tick = context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(500)) {
      guard context.channel.isActive || self.deadline > .now() else { return }
      if .now() >= self.deadline {
        if !self.isEnding { self.onTimeout() }
        context.close(promise: nil)
      } else {
        self.schedule(context)
      }
    }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isEnding else { return }
    switch unwrapInboundIn(data) {
    case .head(var head):
      isReading = true
      received += 1
      deadline = .now() + times.body
      // RFC 9112 §9.3. What serves the request knows no versions, and no other spelling.
      if head.headers[canonicalForm: "connection"].contains(where: { $0.lowercased() == "close" })
        || head.version != .http1_1 && !head.isKeepAlive
      {
        head.headers.replaceOrAdd(name: "Connection", value: "close")
        last = last ?? received
      }
      if head.version == .http1_1, head.headers.first(name: "Expect")?.lowercased() == "100-continue" {
        context.writeAndFlush(
          wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .continue))), promise: nil)
      }
      context.fireChannelRead(wrapInboundOut(.head(head)))
    case .body: context.fireChannelRead(data)
    case .end:
      isReading = false
      deadline = .now() + (answered < received ? times.answer : times.idle)
      context.fireChannelRead(data)
    }
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    switch unwrapOutboundIn(data) {
    case .head(var head):
      if head.headers.first(name: "Connection") == "close" { last = answered + 1 }
      if last == answered + 1 { head.headers.replaceOrAdd(name: "Connection", value: "close") }
      context.write(wrapOutboundOut(.head(head)), promise: promise)
    case .body: context.write(data, promise: promise)
    case .end:
      answered += 1
      if last == answered {
        isEnding = true
        deadline = .now() + times.linger
        context.writeAndFlush(data, promise: promise)
        context.close(mode: .output, promise: nil)
      } else {
        deadline = .now() + (isReading ? times.body : answered < received ? times.answer : times.idle)
        context.write(data, promise: promise)
      }
    }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if isEnding, let event = event as? ChannelEvent, event == .inputClosed {
      context.close(promise: nil)
    } else {
      context.fireUserInboundEventTriggered(event)
    }
  }
}

@available(*, unavailable)
extension RequestClock: Sendable {}
