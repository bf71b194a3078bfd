import FanfarePayload
import FanfareTransport

extension TransferRequest {
    /// A rendered request as the loop takes it. Its pointers are the buffer's: submit it before the buffer changes.
    init(
        token: UInt64,
        endpoint: EndpointID,
        timeoutMilliseconds: UInt32,
        _ request: RenderedRequest,
        in bytes: UnsafeRawBufferPointer
    ) {
        self.init()
        self.token = token
        self.endpoint = endpoint
        self.timeoutMilliseconds = timeoutMilliseconds
        guard let start = bytes.baseAddress else { return }
        if let place = request.url {
            url = (start + place.lowerBound).assumingMemoryBound(to: CChar.self)
            urlLength = place.count
        }
        headers = (start + request.headers.lowerBound).assumingMemoryBound(to: CChar.self)
        headersLength = request.headers.count
        body = (start + request.body.lowerBound).assumingMemoryBound(to: UInt8.self)
        bodyLength = request.body.count
    }
}
