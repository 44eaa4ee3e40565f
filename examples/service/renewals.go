package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"stellr-gateway/examples/service/gateway"
)

// renewals prints what renews within so many days. What could be read is printed also when a part is missing; the error
// then says so.
func (s *service) renewals(ctx context.Context, within int) error {
	var all []gateway.Renewal
	var incomplete error
	for after := (*string)(nil); ; {
		var page gateway.RenewalsRenewalsRenewalConnection
		err := s.repeat(ctx, "reading renewals", func() error {
			answer, err := gateway.Renewals(ctx, s.client, within, after)
			if answer != nil {
				page = answer.Renewals
			}
			return err
		})
		if err != nil {
			incomplete = fmt.Errorf("the list is not complete: %w", err)
		}
		all = append(all, page.Nodes...)
		next := page.PageInfo.EndCursor
		if !page.PageInfo.HasNextPage || next == nil || len(page.Nodes) == 0 {
			break
		}
		after = next
	}
	if len(all) == 0 && incomplete != nil {
		return incomplete
	}
	return errors.Join(table(s.out, all), incomplete)
}

// table prints renewals, soonest first as they come.
func table(out io.Writer, all []gateway.Renewal) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "CUSTOMER\tNO\tSUBSCRIPTION\tPRODUCT\tSEATS\tMONTHLY COST\tRENEWS ON\tDAYS LEFT\tOUTCOME")
	for _, r := range all {
		of := r.Subscription
		customer := gateway.RenewalSubscriptionCustomer{CustomerNo: "-"}
		if of.Customer != nil {
			customer = *of.Customer
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\n", orDash(customer.Name), customer.CustomerNo, of.SubscriptionId,
			orDash(of.Name), orDash(of.Quantity), money(of.MonthlyCost), r.RenewalDate, r.DaysLeft, outcome(r))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "%d to renew\n", len(all))
	return err
}

// orDash is a value, or a dash where it is not known.
func orDash[T any](value *T) string {
	if value == nil {
		return "-"
	}
	return fmt.Sprint(*value)
}

func money(m *gateway.Money) string {
	if m == nil {
		return "-"
	}
	return m.Amount.StringFixed(2) + " " + m.Currency
}

// outcome is what becomes of it. Where nobody has decided, a subscription may still renew by itself; a decision that it
// contradicts, or being suspended, leaves that open.
func outcome(r gateway.Renewal) string {
	auto, status := r.Subscription.AutoRenew, r.Subscription.Status
	open := r.Decision != nil || status == nil || *status == gateway.SubscriptionStatusSuspended
	if r.Outcome != nil && *r.Outcome == gateway.RenewalOutcomeUndecided && auto != nil && *auto && !open {
		return "UNDECIDED, renews by itself"
	}
	return orDash(r.Outcome)
}
