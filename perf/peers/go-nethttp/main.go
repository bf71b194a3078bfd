// Go's net/http: as many workers as requests are in flight, over one Transport and one reader of the contacts.
// See ../README.md.
package main

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"time"
)

// A worker owns what it sends and uses it again for the next request.
type worker struct {
	job       *job
	transport *http.Transport
	message   message
	request   *http.Request
	payload   *payload
}

// A payload is a body without the allocation of a reader, and one of a closer around it, for each request.
type payload struct{ bytes.Reader }

func (*payload) Close() error { return nil }

func main() {
	job := openJob()
	transport := newTransport(job.inFlight)
	job.run(func() {
		w := worker{job: job, transport: transport}
		w.renew()
		w.work()
	})
}

// newTransport allows no more connections than workers, and keeps all of them.
func newTransport(connections int) *http.Transport {
	return &http.Transport{
		DialContext:         (&net.Dialer{KeepAlive: -1}).DialContext,
		MaxIdleConns:        connections,
		MaxIdleConnsPerHost: connections,
		MaxConnsPerHost:     connections,
		DisableCompression:  true,
	}
}

// renew gives the worker a request and buffers of its own. Without a GetBody the transport sends nothing twice.
func (w *worker) renew() {
	w.message, w.payload = message{}, &payload{}
	w.request = &http.Request{
		Method: http.MethodPost,
		URL:    w.job.target,
		Host:   w.job.target.Host,
		Header: http.Header{
			"Content-Type":      {"application/json"},
			"User-Agent":        nil, // not sent
			"Webhook-Id":        {""},
			"Webhook-Timestamp": {""},
			"Webhook-Signature": {""},
		},
		Body: w.payload,
	}
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
		ok := w.send()
		w.job.tally.add(time.Since(start), ok)
	}
}

func (w *worker) prepare() {
	w.request.Header["Webhook-Id"][0] = string(w.message.id())
	w.request.Header["Webhook-Timestamp"][0] = string(w.message.timestamp())
	w.request.Header["Webhook-Signature"][0] = string(w.message.signature)
	w.payload.Reset(w.message.body())
	w.request.ContentLength = int64(len(w.message.body()))
}

// send tells whether the answer was 2xx. It goes to the transport itself, which follows no redirects.
func (w *worker) send() bool {
	answer, err := w.transport.RoundTrip(w.request)
	if err != nil {
		w.job.tally.note(err)
		w.renew() // the transport may still be reading the old one
		return false
	}
	_, err = io.Copy(io.Discard, answer.Body)
	answer.Body.Close()
	if err != nil {
		w.job.tally.note(err)
	}
	if err != nil || answer.Close {
		w.renew()
	}
	return err == nil && answer.StatusCode/100 == 2
}
