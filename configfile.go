package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/goccy/go-yaml"

	"stellr-gateway/internal/access"
	"stellr-gateway/stellr"
)

// configFile is gateway.yaml.
type configFile struct {
	Auth struct {
		JWT     any        `yaml:"jwt"` // of a later version: refused
		APIKeys []keyEntry `yaml:"api_keys"`
	} `yaml:"auth"`
	Organizations map[string]organizationEntry `yaml:"organizations"`
	Stellr        struct {
		Paths    map[stellr.Action]string `yaml:"paths"`
		Requests []requestEntry           `yaml:"requests"`
	} `yaml:"stellr"`
	Limits map[string]any `yaml:"limits"`
}

type requestEntry struct {
	Method string `yaml:"method"`
	Path   string `yaml:"path"`
}

type keyEntry struct {
	Name          string   `yaml:"name"`
	SHA256        string   `yaml:"sha256"`
	Roles         []string `yaml:"roles"`
	Organizations []string `yaml:"organizations"`
}

type organizationEntry struct {
	Customers customerList `yaml:"customers"`
}

// customerList is the word all, or a list of customer numbers.
type customerList struct {
	all     bool
	numbers []string
}

// UnmarshalYAML reads either form.
func (l *customerList) UnmarshalYAML(decode func(any) error) error {
	var word string
	if decode(&word) == nil {
		if l.all = word == "all"; !l.all {
			return errors.New("customers is the word all or a list of customer numbers")
		}
		return nil
	}
	return decode(&l.numbers)
}

// readFile reads gateway.yaml into c; without one there are no keys, and all limits are as usual.
func (c *config) readFile() error {
	c.keys = &access.Keys{}
	if c.path == "" {
		return c.setLimits(nil)
	}
	file, err := parseFile(c.path)
	if err != nil {
		return fmt.Errorf("GATEWAY_CONFIG: %w", err)
	}
	var problems []error
	problem := func(where string, err error) {
		for _, one := range unjoin(err) {
			problems = append(problems, fmt.Errorf("%s: %s: %w", c.path, where, one))
		}
	}
	if file.Auth.JWT != nil {
		problem("auth.jwt", errors.New("this version knows API keys only: use auth.api_keys"))
	}
	c.keys, err = access.NewKeys(file.grants(), file.organizations())
	problem("auth.api_keys", err)
	problem("stellr.paths", checkActions(file.Stellr.Paths))
	c.stellr.Paths = file.Stellr.Paths
	c.requests, err = stellr.ParseGenericRoutes(file.routes())
	problem("stellr.requests", err)
	problem("limits", c.setLimits(file.Limits))
	return errors.Join(problems...)
}

// parseFile reads the file strictly: a key that it does not know is an error. The error names the place and never
// shows the line.
func parseFile(path string) (*configFile, error) {
	raw, err := readSmall(path, smallFile)
	if err != nil {
		return nil, err
	}
	decoder := yaml.NewDecoder(bytes.NewReader(raw), yaml.Strict())
	var file configFile
	if err := decoder.Decode(&file); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: %s", path, yaml.FormatError(err, false, false))
	}
	if err := decoder.Decode(new(any)); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: there is a second document in it", path)
	}
	return &file, nil
}

func (f *configFile) routes() []stellr.GenericRoute {
	routes := make([]stellr.GenericRoute, len(f.Stellr.Requests))
	for i, entry := range f.Stellr.Requests {
		routes[i] = stellr.GenericRoute(entry)
	}
	return routes
}

func (f *configFile) grants() []access.Grant {
	grants := make([]access.Grant, len(f.Auth.APIKeys))
	for i, entry := range f.Auth.APIKeys {
		grants[i] = access.Grant(entry)
	}
	return grants
}

func (f *configFile) organizations() map[string]access.Organization {
	organizations := make(map[string]access.Organization, len(f.Organizations))
	for name, entry := range f.Organizations {
		organizations[name] = access.Organization{AllCustomers: entry.Customers.all, Customers: entry.Customers.numbers}
	}
	return organizations
}

// checkActions says which names are no rows of the endpoint table. What their paths must look like the client knows.
func checkActions(paths map[stellr.Action]string) error {
	var problems []error
	for action := range paths {
		known := slices.ContainsFunc(stellr.Endpoints(), func(e stellr.Endpoint) bool {
			return e.Action == action && action != stellr.ActionGenericRequest
		})
		if !known {
			problems = append(problems, fmt.Errorf("there is no action %q with a path", action))
		}
	}
	return errors.Join(problems...)
}

// unjoin is the errors that were joined to err.
func unjoin(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	if err == nil {
		return nil
	}
	return []error{err}
}
