package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"stellr-gateway/graph"
)

// readTrusted reads the file of trusted documents, and checks that each could be executed.
func (c *config) readTrusted() error {
	if c.trustedPath == "" && c.trust == string(graph.TrustAll) {
		return nil
	}
	if c.trustedPath == "" {
		return fmt.Errorf("GATEWAY_TRUSTED_MODE: %s needs GATEWAY_TRUSTED_DOCUMENTS, the file of the documents that are trusted", c.trust)
	}
	raw, err := readSmall(c.trustedPath, 16<<20)
	if err == nil {
		c.trusted, err = parseTrusted(raw)
	}
	if err == nil {
		err = graph.CheckDocuments(c.trusted, c.limits.graph)
	}
	if err != nil {
		return fmt.Errorf("GATEWAY_TRUSTED_DOCUMENTS: %s: %w", c.trustedPath, err)
	}
	return nil
}

// parseTrusted reads documents by their ids: an object of texts, as graphql-codegen and Relay write it, or Apollo's manifest.
func parseTrusted(raw []byte) (map[string]string, error) {
	var manifest struct {
		Format     string
		Version    int
		Operations []struct{ ID, Body string }
	}
	if json.Unmarshal(raw, &manifest) == nil && manifest.Format == "apollo-persisted-query-manifest" {
		if manifest.Version != 1 {
			return nil, fmt.Errorf("it is a manifest of version %d, and version 1 is known", manifest.Version)
		}
		documents := make(map[string]string, len(manifest.Operations))
		for _, operation := range manifest.Operations {
			documents[operation.ID] = operation.Body
		}
		return checkIDs(documents)
	}
	documents := map[string]string{}
	if err := json.Unmarshal(raw, &documents); err != nil {
		return nil, errors.New("it is not a JSON object with a document for each id, nor a manifest of Apollo's")
	}
	return checkIDs(documents)
}

func checkIDs(documents map[string]string) (map[string]string, error) {
	if len(documents) == 0 {
		return nil, errors.New("there is no document in it")
	}
	if _, nameless := documents[""]; nameless {
		return nil, errors.New("there is a document without an id in it")
	}
	return documents, nil
}
