import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1

/// HTTP/1.1 on connections that are counted and have deadlines.
struct GuardedChannel: ServerChildChannel, HTTPChannelHandler {
  typealias Value = HTTP1Channel.Value

  private let base: HTTP1Channel
  private let times: RequestClock.Times
  private let connections: ConnectionCount
  private let metrics: ServerMetrics

  var responder: HTTPChannelHandler.Responder { base.responder }

  init(
    _ limits: Settings.Limits, connections: ConnectionCount, metrics: ServerMetrics,
    responder: @escaping HTTPChannelHandler.Responder
  ) {
    base = HTTP1Channel(
      responder: responder,
      configuration: HTTP1Channel.Configuration(
        httpDecoderConfiguration: HTTP1Channel.Configuration.DecoderConfiguration(
          maxHeaderFieldSize: limits.headerBytes, maxHeaderListSize: limits.headerBytes, maxHeaderFieldCount: 100)))
    times = RequestClock.Times(limits)
    self.connections = connections
    self.metrics = metrics
  }

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    let address = ClientAddress(channel.remoteAddress)
    guard connections.enter(address) else {
      metrics.refused(by: .connections)
      // A failure alone would leave it open, with no clock to end it.
      channel.close(promise: nil)
      return channel.eventLoop.makeFailedFuture(TooManyConnections())
    }
    channel.closeFuture.whenComplete { [connections] _ in connections.leave(address) }
    return base.setup(channel: channel, logger: logger).flatMapThrowing { [times, metrics] value in
      let pipeline = channel.pipeline.syncOperations
      let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
      let clock = RequestClock(times) { metrics.refused(by: .time) }
      try pipeline.addHandler(clock, position: .after(decoder))
      return value
    }
  }

  func handle(value: Value, logger: Logger) async { await base.handle(value: value, logger: logger) }
}

private struct TooManyConnections: Error {}
