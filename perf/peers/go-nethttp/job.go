// The part of the job that is the same with any HTTP client of Go: contacts, messages, signatures, the result.
package main

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"hash"
	"io"
	"math/bits"
	"net/url"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unicode/utf8"
)

const (
	textStart = "Bonjour "
	textEnd   = ", vos offres vous attendent : moins trente pour cent jusqu'à dimanche soir, en magasin et en ligne. " +
		"Présentez ce message en caisse, ou le code AUTOMNE en ligne."
)

// A job is what all workers share.
type job struct {
	target   *url.URL
	inFlight int
	contacts contacts
	signers  sync.Pool
	tally    tally
}

func openJob() *job {
	address := flag.String("url", "", "where the requests go")
	path := flag.String("contacts", "", "the CSV file")
	count := flag.Int("count", 0, "how many of its contacts")
	inFlight := flag.Int("in-flight", 0, "requests at the same time")
	secret := flag.String("secret", "", "whsec_…")
	flag.Parse()
	if *address == "" || *path == "" || *secret == "" || *count < 0 || *inFlight < 1 || flag.NArg() > 0 {
		fail(errors.New("needs --url, --contacts, --count, --in-flight and --secret"))
	}
	target, err := url.Parse(*address)
	fail(err)
	if target.Scheme != "http" || target.Host == "" {
		fail(errors.New("only http:// is spoken"))
	}
	j := &job{target: target, inFlight: *inFlight}
	fail(j.contacts.open(*path, *count))
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(*secret, "whsec_"))
	fail(err)
	j.signers.New = func() any { return hmac.New(sha256.New, key) }
	return j
}

// fail ends the program if there is an error: what it is called for makes the job impossible.
func fail(err error) {
	if err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, "peer:", err)
	os.Exit(1)
}

// run keeps as many workers as requests are in flight, then prints the result.
func (j *job) run(work func()) {
	raiseFileLimit()
	calmCollector()
	var workers sync.WaitGroup
	workers.Add(j.inFlight)
	start := time.Now()
	for i := 0; i < j.inFlight; i++ {
		go func() {
			defer workers.Done()
			work()
		}()
	}
	workers.Wait()
	j.tally.print(time.Since(start))
}

func raiseFileLimit() {
	var limit syscall.Rlimit
	fail(syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit))
	limit.Cur = limit.Max
	fail(syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit))
}

// calmCollector trades memory for fewer collections: most of what a request leaves behind is garbage at once.
func calmCollector() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
}

type contact struct {
	number                               int
	phone, email, firstName, city, score string
}

// contacts is the reader that all workers take from; reading a row is short enough for a lock around it.
type contacts struct {
	mutex  sync.Mutex
	rows   *csv.Reader
	places [5]int
	number int
	count  int
}

func (c *contacts) open(path string, count int) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	c.rows, c.count = csv.NewReader(bufio.NewReaderSize(file, 1<<16)), count
	c.rows.ReuseRecord = true
	names, err := c.rows.Read()
	if err != nil {
		return err
	}
	place := map[string]int{}
	for i, name := range names {
		place[name] = i
	}
	for i, name := range []string{"phone", "email", "first_name", "city", "score"} {
		at, found := place[name]
		if !found {
			return fmt.Errorf("%s has no column %s", path, name)
		}
		c.places[i] = at
	}
	return nil
}

// next returns the next contact, and false when there is none.
func (c *contacts) next() (contact, bool) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.number == c.count {
		return contact{}, false
	}
	row, err := c.rows.Read()
	if err == io.EOF {
		return contact{}, false
	}
	fail(err)
	c.number++
	p := &c.places
	return contact{c.number, row[p[0]], row[p[1]], row[p[2]], row[p[3]], row[p[4]]}, true
}

// A message is what one request carries. Its buffers serve one request after the other.
type message struct {
	signed    []byte // ID.TIMESTAMP.BODY, in one piece as it is signed
	idEnd     int
	bodyStart int
	signature []byte
}

func (m *message) id() []byte        { return m.signed[:m.idEnd] }
func (m *message) timestamp() []byte { return m.signed[m.idEnd+1 : m.bodyStart-1] }
func (m *message) body() []byte      { return m.signed[m.bodyStart:] }

// fill makes the message of a contact.
func (j *job) fill(m *message, c *contact) {
	m.signed = strconv.AppendInt(append(m.signed[:0], "msg_"...), int64(c.number), 10)
	m.idEnd = len(m.signed)
	m.signed = strconv.AppendInt(append(m.signed, '.'), time.Now().Unix(), 10)
	m.signed = append(m.signed, '.')
	m.bodyStart = len(m.signed)
	m.signed = appendBody(m.signed, c)
	j.sign(m)
}

// sign takes a signer that has just been used, if it can: it is in the processor's cache, one per worker would not be.
func (j *job) sign(m *message) {
	signer := j.signers.Get().(hash.Hash)
	signer.Reset()
	signer.Write(m.signed)
	var room [sha256.Size]byte
	digest := signer.Sum(room[:0])
	j.signers.Put(signer)
	const mark = "v1,"
	if m.signature == nil {
		m.signature = append(make([]byte, 0, 64), mark...)
		m.signature = m.signature[:len(mark)+base64.StdEncoding.EncodedLen(sha256.Size)]
	}
	base64.StdEncoding.Encode(m.signature[len(mark):], digest)
}

func appendBody(to []byte, c *contact) []byte {
	to = appendEscaped(append(to, `{"to":"`...), c.phone)
	to = appendEscaped(append(to, `","email":"`...), c.email)
	to = appendEscaped(append(to, `","text":"`+textStart...), c.firstName)
	to = appendEscaped(append(to, textEnd+`","city":"`...), c.city)
	to = appendNumber(append(to, `","score":`...), c.score)
	return append(to, '}')
}

// appendEscaped appends a value as it stands within a JSON string.
func appendEscaped(to []byte, value string) []byte {
	if isPlain(value) {
		return append(to, value...)
	}
	quoted, err := json.Marshal(value)
	fail(err)
	return append(to, quoted[1:len(quoted)-1]...)
}

// isPlain tells whether a value stands for itself in JSON, which nearly all do.
func isPlain(value string) bool {
	ascii := true
	for i := 0; i < len(value); i++ {
		c := value[i]
		if c < ' ' || c == '"' || c == '\\' {
			return false
		}
		ascii = ascii && c < utf8.RuneSelf
	}
	return ascii || utf8.ValidString(value)
}

func appendNumber(to []byte, value string) []byte {
	if whole, err := strconv.ParseInt(value, 10, 64); err == nil {
		return strconv.AppendInt(to, whole, 10)
	}
	number, err := strconv.ParseFloat(value, 64)
	fail(err)
	text, err := json.Marshal(number) // refuses infinities, which JSON does not have
	fail(err)
	return append(to, text...)
}

// Latencies are counted in buckets whose width is a 64th of the power of two that they lie above.
const (
	bucketBits = 6
	bucketsPer = 1 << bucketBits
	buckets    = (32 - bucketBits + 1) * bucketsPer
)

func bucketOf(us uint32) uint32 {
	if us < bucketsPer {
		return us
	}
	shift := uint32(bits.Len32(us)) - bucketBits - 1
	return shift*bucketsPer + us>>shift
}

// middleOf is the latency in the middle of a bucket.
func middleOf(bucket uint32) uint32 {
	if bucket < 2*bucketsPer {
		return bucket
	}
	shift := bucket/bucketsPer - 1
	return (bucket-shift*bucketsPer)<<shift + 1<<shift/2
}

type tally struct {
	ok, failed uint64
	latencies  [buckets]uint32
	mutex      sync.Mutex
	errors     map[string]int
}

func (t *tally) add(latency time.Duration, ok bool) {
	atomic.AddUint32(&t.latencies[bucketOf(uint32(latency/time.Microsecond))], 1)
	if ok {
		atomic.AddUint64(&t.ok, 1)
	} else {
		atomic.AddUint64(&t.failed, 1)
	}
}

// note keeps why requests failed; the innermost error is without ports, so that equal causes are counted together.
func (t *tally) note(err error) {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.errors == nil {
		t.errors = map[string]int{}
	}
	t.errors[err.Error()]++
}

func (t *tally) print(took time.Duration) {
	for text, times := range t.errors {
		fmt.Fprintf(os.Stderr, "peer: %s: %d\n", text, times)
	}
	fail(json.NewEncoder(os.Stdout).Encode(struct {
		Sent    uint64  `json:"sent"`
		OK      uint64  `json:"ok"`
		Failed  uint64  `json:"failed"`
		Seconds float64 `json:"seconds"`
		P50     *uint32 `json:"p50_us"`
		P99     *uint32 `json:"p99_us"`
		P999    *uint32 `json:"p999_us"`
	}{t.ok + t.failed, t.ok, t.failed, took.Seconds(), t.percentile(500), t.percentile(990), t.percentile(999)}))
}

// percentile returns the latency below which so many of a thousand requests stayed, or nil when there were none.
func (t *tally) percentile(perMille uint64) *uint32 {
	below := (t.ok + t.failed) * perMille / 1000
	for bucket, count := range t.latencies {
		if below < uint64(count) {
			us := middleOf(uint32(bucket))
			return &us
		}
		below -= uint64(count)
	}
	return nil
}
