package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"stellr-gateway/examples/service/gateway"
)

// renewals prints what renews within so many days. What could be read is printed also when a part is missing; the error
// then says so.
func (s *service) renewals(ctx context.Context, within int, now time.Time) error {
	today := now.UTC()
	var all []gateway.Renewal
	var incomplete error
	for after := (*string)(nil); ; {
		var page gateway.RenewalsSubscriptionsSubscriptionConnection
		err := s.repeat(ctx, "reading renewals", func() error {
			answer, err := gateway.Renewals(ctx, s.client, today.Format(time.DateOnly), today.AddDate(0, 0, within).Format(time.DateOnly), after)
			if answer != nil {
				page = answer.Subscriptions
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
	return errors.Join(table(s.out, all, today), incomplete)
}

// table prints renewals, soonest first as they come.
func table(out io.Writer, all []gateway.Renewal, today time.Time) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "CUSTOMER\tNO\tSUBSCRIPTION\tPRODUCT\tSEATS\tMONTHLY COST\tRENEWS ON\tDAYS LEFT\tOUTCOME")
	for _, r := range all {
		customer := gateway.RenewalCustomer{CustomerNo: "-"}
		if r.Customer != nil {
			customer = *r.Customer
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", orDash(customer.Name), customer.CustomerNo, r.SubscriptionId,
			orDash(r.Name), orDash(r.Quantity), money(r.MonthlyCost), orDash(r.EndDate), daysLeft(r.EndDate, today), outcome(r.AutoRenew))
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

func daysLeft(date *string, today time.Time) string {
	if date == nil {
		return "-"
	}
	day, err := time.Parse(time.DateOnly, *date)
	if err != nil {
		return "-"
	}
	return fmt.Sprint(int(day.Sub(today.Truncate(24*time.Hour)).Hours() / 24))
}

func outcome(autoRenew *bool) string {
	switch {
	case autoRenew == nil:
		return "UNDECIDED"
	case *autoRenew:
		return "RENEWS"
	}
	return "ENDS"
}
