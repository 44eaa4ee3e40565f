package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// What the questions ask for, whatever form it was answered in.
type (
	customer struct {
		No, Name, Email, Domain, Status string
		Subscriptions                   []subscription
	}
	subscription struct {
		ID, Name, Status string
		Quantity         int
		Product          product
	}
	product struct{ ID, Name, SKU string }
)

// The same as it comes: lists bare or inside of something, numbers as numbers or as text, names as the gateway gives
// them or as they are on the wire.
type (
	wireAnswer struct {
		Data      *wireAnswer          `json:"data"`
		Customers *items[wireCustomer] `json:"customers"`
		Customer  *bare[wireCustomer]  `json:"customer"`
	}
	wireCustomer struct {
		CustomerNo    text                    `json:"customerNo"`
		Name          string                  `json:"name"`
		Email         string                  `json:"email"`
		Domain        string                  `json:"domain"`
		Status        string                  `json:"status"`
		Subscriptions items[wireSubscription] `json:"subscriptions"`
	}
	wireSubscription struct {
		SubscriptionID string            `json:"subscriptionId"`
		Name           string            `json:"name"`
		ProductName    string            `json:"productName"`
		Quantity       int               `json:"quantity"`
		Status         string            `json:"status"`
		Product        bare[wireProduct] `json:"product"`
	}
	wireProduct struct {
		ProductID   text   `json:"productId"`
		Name        string `json:"name"`
		ProductName string `json:"productName"`
		SKUNo       text   `json:"skuNo"`
	}
)

// text is a string, or a number as it was written.
type text string

// UnmarshalJSON takes either form.
func (t *text) UnmarshalJSON(raw []byte) error {
	if bytes.HasPrefix(raw, []byte(`"`)) {
		return json.Unmarshal(raw, (*string)(t))
	}
	var number json.Number
	err := json.Unmarshal(raw, &number)
	*t = text(number)
	return err
}

// bare is a record, with or without the envelope that it has on the wire.
type bare[T any] struct{ record T }

// UnmarshalJSON takes it out of its envelope.
func (b *bare[T]) UnmarshalJSON(raw []byte) error {
	var enveloped struct {
		Data json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(raw, &enveloped); err != nil {
		return err
	}
	if enveloped.Data != nil {
		raw = enveloped.Data
	}
	return json.Unmarshal(raw, &b.record)
}

// items is a list: bare, or as nodes of a connection, or as records of a page.
type items[T any] []T

// UnmarshalJSON takes each of these forms.
func (l *items[T]) UnmarshalJSON(raw []byte) error {
	if bytes.HasPrefix(raw, []byte("[")) {
		return json.Unmarshal(raw, (*[]T)(l))
	}
	var inside struct {
		Nodes   []T `json:"nodes"`
		Records []T `json:"records"`
		Data    *struct {
			Records []T `json:"records"`
		} `json:"data"`
	}
	if err := json.Unmarshal(raw, &inside); err != nil {
		return err
	}
	*l = append(inside.Nodes, inside.Records...)
	if inside.Data != nil {
		*l = append(*l, inside.Data.Records...)
	}
	return nil
}

// normalise reads an answer to a question.
func normalise(body []byte) ([]customer, error) {
	var answer wireAnswer
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, err
	}
	if answer.Data != nil {
		answer = *answer.Data
	}
	var found []wireCustomer
	switch {
	case answer.Customers != nil:
		found = *answer.Customers
	case answer.Customer != nil:
		found = []wireCustomer{answer.Customer.record}
	default:
		return nil, errors.New("the answer has neither customers nor a customer")
	}
	customers := make([]customer, len(found))
	for i, c := range found {
		customers[i] = customer{No: string(c.CustomerNo), Name: c.Name, Email: c.Email, Domain: c.Domain, Status: strings.ToUpper(c.Status)}
		for _, s := range c.Subscriptions {
			customers[i].Subscriptions = append(customers[i].Subscriptions, s.plain())
		}
	}
	return customers, nil
}

func (s wireSubscription) plain() subscription {
	p := s.Product.record
	return subscription{
		ID: s.SubscriptionID, Name: s.Name + s.ProductName, Status: strings.ToUpper(s.Status), Quantity: s.Quantity,
		Product: product{ID: string(p.ProductID), Name: p.Name + p.ProductName, SKU: string(p.SKUNo)},
	}
}

// difference is the first thing in which two answers differ, in words; empty where they are the same.
func difference(a, b []customer) string {
	if len(a) != len(b) {
		return fmt.Sprintf("%d customers against %d", len(a), len(b))
	}
	for i := range a {
		x, y := a[i], b[i]
		if len(x.Subscriptions) != len(y.Subscriptions) {
			return fmt.Sprintf("customer %s has %d subscriptions against %d", x.No, len(x.Subscriptions), len(y.Subscriptions))
		}
		for j := range x.Subscriptions {
			if x.Subscriptions[j] != y.Subscriptions[j] {
				return fmt.Sprintf("subscription %d of customer %s is %+v against %+v", j+1, x.No, x.Subscriptions[j], y.Subscriptions[j])
			}
		}
		x.Subscriptions, y.Subscriptions = nil, nil
		if x.No != y.No || x.Name != y.Name || x.Email != y.Email || x.Domain != y.Domain || x.Status != y.Status {
			return fmt.Sprintf("customer %d is %+v against %+v", i+1, x, y)
		}
	}
	return ""
}
