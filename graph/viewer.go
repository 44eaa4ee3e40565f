package graph

import (
	"context"

	"stellr-gateway/graph/model"
	"stellr-gateway/internal/access"
)

// viewer is the caller as the schema shows it.
func viewer(ctx context.Context) *model.Viewer {
	caller := access.From(ctx)
	view := &model.Viewer{Subject: caller.Subject, Roles: []model.Role{}, Organizations: []string{}, SeesAllCustomers: caller.Customers.All()}
	for _, role := range caller.Roles {
		view.Roles = append(view.Roles, model.Role(role))
	}
	view.Organizations = append(view.Organizations, caller.Organizations...)
	return view
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
