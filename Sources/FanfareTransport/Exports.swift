// Requests and completions are the loop's own records: nothing is converted per transfer.
@_exported public import struct CDeliveryLoop.AddressRange
@_exported public import struct CDeliveryLoop.TransferCompletion
@_exported public import struct CDeliveryLoop.TransferFlags
@_exported public import struct CDeliveryLoop.TransferRequest
