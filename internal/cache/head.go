package cache

import (
	"errors"
	"hash/crc32"
	"math"
	"strconv"
	"strings"
	"time"
)

// head is what is kept beside what a Fetch brought: enough to know whether that is good without reading it.
type head struct {
	stamp  string        // random: the same one is the same answer
	digest string        // of the ids of its tags before it was fetched
	spent  time.Duration // between the beginning of its Fetch and when it was kept
	whole  time.Duration // how long it is kept, in milliseconds; Redis says how much of it is left, so clocks may differ
	fresh  time.Duration // since its Fetch began
	size   int
	sum    uint32
}

// headForm is the version of the form. The script that keeps answers reads the digest, too.
const headForm = "1"

const (
	maxHead = 256
	maxLife = 10 * 365 * 24 * time.Hour
)

var errHead = errors.New("cache: what is kept has another form")

func (h head) encode() string {
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	return strings.Join([]string{
		headForm, h.stamp, h.digest, number(h.spent.Microseconds()), number(h.whole.Milliseconds()), number(h.fresh.Microseconds()),
		number(int64(h.size)), number(int64(h.sum)),
	}, " ")
}

// decodeHead reads what encode wrote, and refuses everything else.
func decodeHead(text string) (head, error) {
	if len(text) > maxHead {
		return head{}, errHead
	}
	parts := strings.Split(text, " ")
	if len(parts) != 8 || parts[0] != headForm || parts[1] == "" || parts[2] == "" {
		return head{}, errHead
	}
	well := true
	number := func(part string, most int64) int64 {
		n, err := strconv.ParseInt(part, 10, 64)
		well = well && err == nil && n >= 0 && n <= most && strconv.FormatInt(n, 10) == part
		return n
	}
	h := head{
		stamp: parts[1], digest: parts[2],
		spent: time.Duration(number(parts[3], maxLife.Microseconds())) * time.Microsecond,
		whole: time.Duration(number(parts[4], maxLife.Milliseconds())) * time.Millisecond,
		fresh: time.Duration(number(parts[5], maxLife.Microseconds())) * time.Microsecond,
		size:  int(number(parts[6], maxStored)), sum: uint32(number(parts[7], math.MaxUint32)),
	}
	if !well {
		return head{}, errHead
	}
	return h, nil
}

func checksum(raw []byte) uint32 { return crc32.Checksum(raw, crc32.MakeTable(crc32.Castagnoli)) }

// fits says whether it is the head of these bytes.
func (h head) fits(raw []byte) bool { return len(raw) == h.size && checksum(raw) == h.sum }
