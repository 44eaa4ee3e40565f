package sim

import "encoding/hex"

// dice is a small deterministic source of numbers (splitmix64): the same throw gives the same numbers for ever, on
// every machine and with every version of Go.
type dice struct{ state uint64 }

// throw starts a source for one purpose: seed, what it is for and which one of its kind.
func throw(seed uint64, purpose string, which ...int) *dice {
	const prime = 1099511628211
	h := seed*prime + 14695981039346656037
	for i := range len(purpose) {
		h = (h ^ uint64(purpose[i])) * prime
	}
	for _, n := range which {
		h = (h ^ uint64(n)) * prime
		h ^= h >> 29
	}
	d := &dice{h}
	d.next()
	return d
}

func (d *dice) next() uint64 {
	d.state += 0x9e3779b97f4a7c15
	z := d.state
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb
	return z ^ (z >> 31)
}

// below is a number from 0 to n-1.
func (d *dice) below(n int) int { return int(d.next() % uint64(n)) }

// between is a number from low to high, both included.
func (d *dice) between(low, high int) int { return low + d.below(high-low+1) }

// percent is true in n of a hundred throws.
func (d *dice) percent(n int) bool { return d.below(100) < n }

// hex is n random-looking bytes in hexadecimal.
func (d *dice) hex(n int) string {
	raw := make([]byte, n)
	for i := range raw {
		raw[i] = byte(d.next() >> 17)
	}
	return hex.EncodeToString(raw)
}

// guid looks like the ids that Microsoft gives out.
func (d *dice) guid() string {
	h := d.hex(16)
	return h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-a" + h[17:20] + "-" + h[20:]
}

// pick is one of the choices.
func pick[T any](d *dice, choices ...T) T { return choices[d.below(len(choices))] }
