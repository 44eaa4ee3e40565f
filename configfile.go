package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"slices"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"stellr-gateway/internal/access"
	"stellr-gateway/internal/licenses"
	"stellr-gateway/stellr"
)

// configFile is gateway.yaml.
type configFile struct {
	Auth struct {
		JWT     *jwtEntry  `yaml:"jwt"`
		APIKeys []keyEntry `yaml:"api_keys"`
	} `yaml:"auth"`
	Organizations map[string]organizationEntry `yaml:"organizations"`
	Stellr        struct {
		Paths    map[stellr.Action]string `yaml:"paths"`
		Requests []requestEntry           `yaml:"requests"`
	} `yaml:"stellr"`
	Limits   map[string]any `yaml:"limits"`
	Cache    map[string]any `yaml:"cache"`
	Licenses struct {
		File string `yaml:"file"`
	} `yaml:"licenses"`
}

type requestEntry struct {
	Method string `yaml:"method"`
	Path   string `yaml:"path"`
}

type jwtEntry struct {
	Issuer             string   `yaml:"issuer"`
	Audience           string   `yaml:"audience"`
	JWKSURL            string   `yaml:"jwks_url"`
	Algorithms         []string `yaml:"algorithms"`
	RolesClaim         string   `yaml:"roles_claim"`
	OrganizationsClaim string   `yaml:"organizations_claim"`
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
	numbers []customerNumber
}

// customerNumber is one customer's number.
type customerNumber string

var plainDigits = regexp.MustCompile(`^(0|[1-9][0-9]*)$`)

// UnmarshalYAML takes text, and numbers as far as they are what they look like: to YAML, 000123 is 83, which is another
// customer.
func (n *customerNumber) UnmarshalYAML(node ast.Node) error {
	switch node := node.(type) {
	case *ast.StringNode:
		*n = customerNumber(node.Value)
		return nil
	case *ast.IntegerNode:
		if text := node.Token.Value; plainDigits.MatchString(text) {
			*n = customerNumber(text)
			return nil
		}
	}
	return errors.New("a customer number must stand in quotes, but for plain digits without a leading 0")
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

// readFile reads gateway.yaml into c; without one nobody has credentials, and all limits are as usual.
func (c *config) readFile() (err error) {
	if c.path == "" {
		c.directory, err = access.New(access.Config{})
		return errors.Join(err, c.setLimits(nil), c.setCache(nil))
	}
	file, err := parseFile(c.path)
	if err != nil {
		return fmt.Errorf("GATEWAY_CONFIG: %w", err)
	}
	c.file = file
	var problems []error
	problem := func(where string, err error) {
		for _, one := range unjoin(err) {
			problems = append(problems, fmt.Errorf("%s: %s: %w", c.path, where, one))
		}
	}
	c.directory, err = access.New(file.access())
	problem("auth", err)
	problem("stellr.paths", checkActions(file.Stellr.Paths))
	c.stellr.Paths = file.Stellr.Paths
	c.requests, err = stellr.ParseGenericRoutes(file.routes())
	problem("stellr.requests", err)
	problem("limits", c.setLimits(file.Limits))
	problem("cache", c.setCache(file.Cache))
	problem("licenses", c.readLicenses(file.Licenses.File))
	return errors.Join(problems...)
}

// readLicenses reads the table of licenses that is used instead of the one that is built in; without a path there is none.
func (c *config) readLicenses(path string) error {
	if path == "" {
		return nil
	}
	raw, err := readSmall(path, smallFile)
	if err != nil {
		return fmt.Errorf("file: %w", err)
	}
	table, err := licenses.Parse(bytes.NewReader(raw))
	var problems []error
	for _, one := range unjoin(err) {
		problems = append(problems, fmt.Errorf("file: %s: %w", path, one))
	}
	c.licenses = table
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

// access is who may call, as the file has it.
func (f *configFile) access() access.Config {
	c := access.Config{Organizations: make(map[string]access.Customers, len(f.Organizations))}
	for name, entry := range f.Organizations {
		numbers := make([]string, len(entry.Customers.numbers))
		for i, number := range entry.Customers.numbers {
			numbers[i] = string(number)
		}
		c.Organizations[name] = access.Only(numbers...)
		if entry.Customers.all {
			c.Organizations[name] = access.Everyone()
		}
	}
	for _, entry := range f.Auth.APIKeys {
		c.Keys = append(c.Keys, access.Grant(entry))
	}
	if jwt := f.Auth.JWT; jwt != nil {
		c.JWT = &access.Issuer{
			URL: jwt.Issuer, Audience: jwt.Audience, JWKS: jwt.JWKSURL, Algorithms: jwt.Algorithms,
			RolesClaim: jwt.RolesClaim, OrganizationsClaim: jwt.OrganizationsClaim,
		}
	}
	return c
}

// reload reads the file once more, and has the directory know who may call by it now. What else is in the file counts
// from the next start on: changed says that some of it is different. Where the file is wrong nothing changes.
func (c *config) reload() (changed bool, err error) {
	file, err := parseFile(c.path)
	if err != nil {
		return false, err
	}
	if err := c.directory.Replace(file.access()); err != nil {
		return false, err
	}
	changed = !reflect.DeepEqual(file.Stellr, c.file.Stellr) || !reflect.DeepEqual(file.Limits, c.file.Limits) ||
		!reflect.DeepEqual(file.Cache, c.file.Cache) || file.Licenses != c.file.Licenses
	return changed, nil
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
