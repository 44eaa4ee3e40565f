// Package access knows who is calling and what they may see and do.
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

// Caller is who sent a request.
type Caller struct {
	Subject       string   // the API key's name, or "local" where nobody has to say who they are
	Roles         []Role   // what the caller may do
	Organizations []string // where the caller belongs
	AllCustomers  bool     // sees every customer of the reseller
}

// Local is the caller of a gateway that asks nobody who they are, which it does on loopback only.
func Local() Caller {
	return Caller{Subject: "local", Roles: []Role{Viewer, Operator, Buyer, Admin}, Organizations: []string{"reseller"}, AllCustomers: true}
}

type callerKey struct{}

// With is ctx on behalf of the caller.
func With(ctx context.Context, caller Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, caller)
}

// From is who ctx acts on behalf of: a caller without a name, roles or customers where nobody was told.
func From(ctx context.Context) Caller {
	caller, _ := ctx.Value(callerKey{}).(Caller)
	return caller
}

// May says whether the caller has the role.
func (c Caller) May(role Role) bool { return slices.Contains(c.Roles, role) }

// KeySpace is the organization that the caller's idempotency keys belong to: one name for all who share them. Callers
// who belong to the same organizations share it.
func (c Caller) KeySpace() string {
	names := slices.Clone(c.Organizations)
	slices.Sort(names)
	return strings.Join(slices.Compact(names), "\x1f")
}
