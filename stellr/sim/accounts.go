package sim

import (
	"strings"

	"stellr-gateway/stellr"
)

// account is an account with a vendor, and its record as it is on the wire.
type account struct {
	stellr.VendorAccount
	encoded []byte
}

// Who owns a vendor account (A).
const (
	ownerReseller = "RESELLER"
	ownerCustomer = "CUSTOMER"
)

func (w *world) newAccount(record stellr.VendorAccount) *account {
	return &account{record, w.encoder.record(record, record.OwnerType+record.CustomerNo+record.VendorID+record.Domain)}
}

// resellerAccounts are the reseller's own, one for each vendor.
func (w *world) resellerAccounts() []*account {
	var found []*account
	for _, v := range w.catalog.vendors {
		d := throw(w.opts.Seed, "reseller account "+v.VendorID)
		record := stellr.VendorAccount{OwnerType: ownerReseller, VendorID: v.VendorID, Domain: "reseller.example", AdminEmail: "cloud@reseller.example", StatusText: "Active"}
		if v.VendorID == MicrosoftID {
			record.TenantID = d.guid()
		}
		found = append(found, w.newAccount(record))
	}
	return found
}

// seedAccounts are the accounts that a customer has at the start, one for each of its vendors.
func (w *world) seedAccounts(c *customer) []*account {
	var found []*account
	has := map[string]bool{MicrosoftID: c.profile.microsoft, GoogleID: c.profile.google, AcronisID: c.profile.acronis && c.index%2 == 0}
	for _, v := range w.catalog.vendors {
		if !has[v.VendorID] {
			continue
		}
		record := stellr.VendorAccount{
			OwnerType: ownerCustomer, CustomerNo: c.record.CustomerNo, VendorID: v.VendorID, Domain: c.record.Domain,
			AdminEmail: "admin@" + c.record.Domain, StatusText: "Active",
		}
		if v.VendorID == MicrosoftID {
			record.TenantID = c.record.TenantID
			record.Domain = strings.TrimSuffix(c.record.Domain, ".example") + ".onmicrosoft.example"
		}
		found = append(found, w.newAccount(record))
	}
	return found
}

// listVendorAccounts takes the filters customerNo and vendorId (A). The reseller's own come first.
func (s *Server) listVendorAccounts(q *call) (answer, *refusal) {
	customerNo, vendorID := q.query.Get("customerNo"), q.query.Get("vendorId")
	var found [][]byte
	collect := func(accounts []*account) {
		for _, a := range accounts {
			if vendorID == "" || a.VendorID == vendorID {
				found = append(found, a.encoded)
			}
		}
	}
	if customerNo == "" {
		s.world.mu.RLock()
		collect(s.world.accounts)
		s.world.mu.RUnlock()
	}
	for _, c := range s.world.some(customerNo) {
		s.world.openLightly(c)
		collect(c.accounts)
		c.close()
	}
	return q.list(len(found), func(i int) []byte { return found[i] }), nil
}

// saveVendorAccount updates the account of the same owner, vendor and domain or tenant, or creates one (A).
func (s *Server) saveVendorAccount(q *call) (answer, *refusal) {
	var body stellr.VendorAccountSetting
	if refusal := q.readBody(&body); refusal != nil {
		return answer{}, refusal
	}
	if s.world.rules[body.VendorID] == nil {
		return answer{}, breaksRule("Unknown vendor", "There is no vendor of this vendorId")
	}
	fresh := s.world.newAccount(stellr.VendorAccount{
		OwnerType: body.OwnerType, CustomerNo: body.CustomerNo, VendorID: body.VendorID, Domain: body.Domain, TenantID: body.TenantID,
		AdminEmail: body.AdminEmail, StatusText: "Active",
	})
	switch {
	case body.OwnerType == ownerReseller && body.CustomerNo == "":
		s.world.mu.Lock()
		defer s.world.mu.Unlock()
		s.world.accounts = saved(s.world.accounts, fresh)
	case body.OwnerType == ownerCustomer && body.CustomerNo != "":
		c := s.world.customer(body.CustomerNo)
		if c == nil {
			return answer{}, notFound("customer")
		}
		s.world.openLightly(c)
		defer c.close()
		c.accounts = saved(c.accounts, fresh)
	default:
		return answer{}, badRequest("ownerType must be RESELLER, or CUSTOMER with a customerNo")
	}
	return q.did(fresh.encoded), nil
}

func saved(accounts []*account, fresh *account) []*account {
	kept := make([]*account, 0, len(accounts)+1)
	replaced := false
	for _, a := range accounts {
		sameDomain := a.Domain == fresh.Domain && fresh.Domain != "" || a.TenantID == fresh.TenantID && fresh.TenantID != ""
		if !replaced && a.VendorID == fresh.VendorID && sameDomain {
			a, replaced = fresh, true
		}
		kept = append(kept, a)
	}
	if !replaced {
		kept = append(kept, fresh)
	}
	return kept
}
