package access

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// Customers are the customers whose data somebody may see. The zero value is none. It is never changed.
type Customers struct {
	all     bool
	numbers []string        // each once, as they were given first
	plain   map[string]bool // the same without leading zeros
	name    string          // the same for the same numbers, in the same order and spelling
}

// Everyone is every customer of the reseller.
func Everyone() Customers { return Customers{all: true, name: "everyone"} }

// Only is these customers.
func Only(numbers ...string) Customers {
	c := Customers{plain: make(map[string]bool, len(numbers))}
	for _, number := range numbers {
		if plain := plainNumber(number); number != "" && !c.plain[plain] {
			c.plain[plain] = true
			c.numbers = append(c.numbers, number)
		}
	}
	sum := sha256.Sum256([]byte(strings.Join(c.numbers, "\x1f")))
	c.name = base64.RawStdEncoding.EncodeToString(sum[:])
	return c
}

// All says whether it is every customer.
func (c Customers) All() bool { return c.all }

// Numbers are the customers' numbers, in the order in which they were given; nil for every customer. They are not to be
// changed.
func (c Customers) Numbers() []string { return c.numbers }

// Has says whether the customer is one of them. The empty number, of what belongs to no customer, is nobody's but those
// who have all.
func (c Customers) Has(customerNo string) bool { return c.all || c.plain[plainNumber(customerNo)] }

// and is the customers of both.
func (c Customers) and(other Customers) Customers {
	if c.all || other.all {
		return Everyone()
	}
	return Only(append(append([]string{}, c.numbers...), other.numbers...)...)
}

// plainNumber is a customer's number without leading zeros, with which the same number may come from another place (O).
func plainNumber(number string) string {
	if strings.Trim(number, "0123456789") != "" {
		return number
	}
	if plain := strings.TrimLeft(number, "0"); plain != "" {
		return plain
	}
	return number
}
