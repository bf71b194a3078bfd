// fasthttp for Go: as many workers as requests are in flight, over one HostClient and one reader of the contacts.
// See ../README.md.
package main

import (
	"net"
	"net/url"
	"time"

	"github.com/valyala/fasthttp"
)

var (
	idName        = []byte("webhook-id")
	timestampName = []byte("webhook-timestamp")
	signatureName = []byte("webhook-signature")
)

// A worker owns what it sends and receives, and uses it again for the next request.
type worker struct {
	job     *job
	client  *fasthttp.HostClient
	message message
	request *fasthttp.Request
	answer  *fasthttp.Response
}

func main() {
	job := openJob()
	client := newClient(job.target, job.inFlight)
	job.run(func() {
		w := worker{job: job, client: client, request: fasthttp.AcquireRequest(), answer: fasthttp.AcquireResponse()}
		w.request.SetRequestURI(job.target.String())
		w.request.Header.SetMethod(fasthttp.MethodPost)
		w.request.Header.SetContentType("application/json")
		w.work()
		fasthttp.ReleaseRequest(w.request)
		fasthttp.ReleaseResponse(w.answer)
	})
}

// newClient allows no more connections than workers, so that none waits for one.
func newClient(target *url.URL, connections int) *fasthttp.HostClient {
	return &fasthttp.HostClient{
		Addr:                     addressOf(target),
		Dial:                     dial,
		MaxConns:                 connections,
		NoDefaultUserAgentHeader: true,
		// Whatever RetryIf says, a request whose connection ended is sent again unless it has one attempt only.
		MaxIdemponentCallAttempts:     1,
		RetryIf:                       func(*fasthttp.Request) bool { return false },
		DisableHeaderNamesNormalizing: true,
		DisablePathNormalizing:        true,
	}
}

func addressOf(target *url.URL) string {
	if target.Port() == "" {
		return net.JoinHostPort(target.Hostname(), "80")
	}
	return target.Host
}

// dial does without the library's limit of a thousand connections being made, and its timeout of three seconds.
func dial(address string) (net.Conn, error) {
	dialer := net.Dialer{KeepAlive: -1}
	return dialer.Dial("tcp", address)
}

func (w *worker) work() {
	for {
		contact, more := w.job.contacts.next()
		if !more {
			return
		}
		w.job.fill(&w.message, &contact)
		w.prepare()
		start := time.Now()
		err := w.client.Do(w.request, w.answer)
		w.job.tally.add(time.Since(start), err == nil && w.answer.StatusCode()/100 == 2)
		if err != nil {
			w.job.tally.note(err)
		}
	}
}

func (w *worker) prepare() {
	w.request.Header.SetCanonical(idName, w.message.id())
	w.request.Header.SetCanonical(timestampName, w.message.timestamp())
	w.request.Header.SetCanonical(signatureName, w.message.signature)
	w.request.SetBodyRaw(w.message.body())
}
