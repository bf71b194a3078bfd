@_exported public import FanfareAudience
@_exported public import FanfareControl
@_exported public import FanfareDelivery
@_exported public import FanfareJob
@_exported public import FanfarePayload
@_exported public import FanfareReport
@_exported public import FanfareStore
@_exported public import FanfareTransport
