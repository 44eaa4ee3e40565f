package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"stellr-gateway/graph/model"
	"stellr-gateway/internal/access"
)

// viewer is the caller as the schema shows it.
func viewer(ctx context.Context) *model.Viewer {
	caller := access.From(ctx)
	return &model.Viewer{
		Subject: caller.Subject, Roles: append([]access.Role{}, caller.Roles...),
		Organizations: append([]string{}, caller.Organizations...), SeesAllCustomers: caller.Customers.All(),
	}
}

// requires is the directive of the same name: a root field is resolved for those who have its role.
func requires(ctx context.Context, _ any, next graphql.Resolver, role access.Role) (any, error) {
	if !access.From(ctx).May(role) {
		return nil, ErrForbidden
	}
	return next(ctx)
}

// upstream is the state of the Stellr that is read from. It asks nothing of it.
func (r *Resolver) upstream() *model.Upstream {
	c := r.Client
	up := &model.Upstream{
		Region: string(c.Region()), Sandbox: c.Sandbox(), Simulated: r.Simulated, BaseURL: c.BaseURL(),
		Authenticated: c.Authenticated(), Circuit: c.Circuit(),
	}
	if expires := c.TokenExpiresAt(); up.Authenticated && !expires.IsZero() {
		up.TokenExpiresAt = &expires
	}
	return up
}
