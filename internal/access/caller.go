// Package access knows who is calling and what they may see and do. It is the one place that decides: the schema's roles,
// the client of Stellr, events and the audit trail ask here.
package access

import (
	"context"
	"slices"
	"strings"
)

// Role is what a caller may do. Each role but Viewer includes the ones before it.
type Role string

// The roles, from the least to the most.
const (
	Viewer   Role = "VIEWER"
	Operator Role = "OPERATOR"
	Buyer    Role = "BUYER"
	Admin    Role = "ADMIN"
)

// Roles are all roles, from the least to the most.
func Roles() []Role { return []Role{Viewer, Operator, Buyer, Admin} }

// Caller is who sent a request.
type Caller struct {
	Subject       string    // a token's subject or an API key's name; "local" where nobody has to say who they are
	Roles         []Role    // what the caller may do, the roles that are included among them
	Organizations []string  // where the caller belongs
	Customers     Customers // whose data the caller may see
}

// Local is the caller of a gateway that asks nobody who they are, which it does on loopback only.
func Local() Caller {
	return Caller{Subject: "local", Roles: Roles(), Organizations: []string{"reseller"}, Customers: Everyone()}
}

// Gateway is the gateway itself, at work that nobody waits for: it follows operations and reads back what became of
// writes, whoever sent them. It may read, and holds no role.
func Gateway() Caller { return Caller{Subject: "gateway", Customers: Everyone()} }

// May says whether the caller has the role.
func (c Caller) May(role Role) bool { return slices.Contains(c.Roles, role) }

// Sees says whether the caller may see what belongs to a customer. What belongs to none, and is given as "", is the
// reseller's own: only those who see every customer see it.
func (c Caller) Sees(customerNo string) bool { return c.Customers.Has(customerNo) }

// KeySpace is the organization that the caller's idempotency keys belong to: one name for all who share them. Callers
// who belong to the same organizations share it.
func (c Caller) KeySpace() string {
	names := slices.Clone(c.Organizations)
	slices.Sort(names)
	return strings.Join(slices.Compact(names), "\x1f")
}

// ID tells callers apart: those of two organizations may have the same name.
func (c Caller) ID() string { return c.Subject + "\x1e" + c.KeySpace() }

// Rights is one name for all callers who may do and see the same: whatever is not about the callers themselves, they are
// answered alike.
func (c Caller) Rights() string {
	roles := make([]byte, 0, 8)
	for _, role := range []Role{Viewer, Operator, Buyer, Admin} {
		if c.May(role) {
			roles = append(roles, role[0])
		}
	}
	return string(roles) + " " + c.Customers.name
}

type callerKey struct{}

// With is ctx on behalf of the caller.
func With(ctx context.Context, caller Caller) context.Context {
	return WithLive(ctx, func() Caller { return caller })
}

// WithLive is ctx on behalf of a caller whose rights may change while it lasts, as those of a WebSocket do: now answers
// how they stand, and is asked each time that something is decided.
func WithLive(ctx context.Context, now func() Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, now)
}

// From is who ctx acts on behalf of: a caller without a name, roles or customers where nobody was told.
func From(ctx context.Context) Caller {
	now, ok := ctx.Value(callerKey{}).(func() Caller)
	if !ok {
		return Caller{}
	}
	return now()
}

// Scope is the decision that the client of Stellr asks for: which customers a request on behalf of ctx may be for, and
// its answer's records may belong to.
func Scope(ctx context.Context) func(customerNo string) bool { return From(ctx).Sees }
