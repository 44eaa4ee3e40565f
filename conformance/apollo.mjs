// What Apollo Client does beyond asking: its cache by type and id, its joining of pages, its errors, its persisted queries.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { ApolloClient, CombinedGraphQLErrors, HttpLink, gql } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { apolloCache } from './adapters.mjs';

const sha256 = text => createHash('sha256').update(text).digest('hex');

const page = gql`
  query ($after: String) {
    customers(first: 2, after: $after, orderBy: { field: CUSTOMER_NO, direction: ASC }) {
      edges {
        cursor
        node {
          id
          customerNo
          name
        }
      }
      pageInfo {
        hasNextPage
        endCursor
        hasPreviousPage
        startCursor
      }
    }
  }
`;

// Two pages are one list, and each customer is one record, wherever it is met.
async function cacheAndPages(client) {
  const watched = client.watchQuery({ query: page });
  const shown = length =>
    new Promise((resolve, reject) => {
      watched.subscribe({ next: ({ data }) => data?.customers.edges.length === length && resolve(data.customers), error: reject });
    });
  const first = await shown(2);
  const longer = shown(4);
  await watched.fetchMore({ variables: { after: first.pageInfo.endCursor } });
  const both = await longer;
  const numbers = both.edges.map(edge => edge.node.customerNo);
  assert.deepEqual(numbers, [...new Set(numbers)].sort());

  const { id, customerNo } = both.edges[3].node;
  const record = client.cache.identify({ __typename: 'Customer', id });
  assert.equal(client.cache.extract()[record].customerNo, customerNo);
  const byNumber = gql('query ($no: ID!) { customer(customerNo: $no) { id name subscriptions(first: 1) { edges { cursor node { id quantity } } } } }');
  await client.query({ query: byNumber, variables: { no: customerNo } });
  assert.ok(client.cache.extract().ROOT_QUERY[`customer({"customerNo":"${customerNo}"})`].__ref === record);
  const byId = gql('query ($id: ID!) { node(id: $id) { id ... on Customer { name phone } } }');
  await client.query({ query: byId, variables: { id } });
  assert.ok('phone' in client.cache.extract()[record]);
  assert.equal(Object.keys(client.cache.extract()).filter(name => name.startsWith('Customer:')).length, 4);
}

// Errors are Apollo's error of GraphQL, with the extensions; what came beside them is kept where that is asked for.
async function errors(client, seen) {
  const refused = await client.query({ query: gql('query { nobody }') }).then(assert.fail, error => error);
  assert.ok(CombinedGraphQLErrors.is(refused));
  assert.equal(refused.errors[0].extensions.code, 'GRAPHQL_VALIDATION_FAILED');

  const part = await client.query({ query: gql('query { viewer { subject } node(id: "of no form") { id } }'), errorPolicy: 'all', fetchPolicy: 'no-cache' });
  assert.ok(CombinedGraphQLErrors.is(part.error));
  const [{ path, extensions }] = part.error.errors;
  assert.deepEqual([path, extensions.code, extensions.retryable], [['node'], 'BAD_USER_INPUT', false]);
  assert.equal(extensions.requestId ?? null, seen.at(-1), 'the number that the log has, where requests are numbered');
  assert.ok(part.data.viewer.subject);
}

// A hash that is not known is followed by the text, and from then on the hash is enough, for a GET too.
async function persisted(url, headers) {
  for (const get of [false, true]) {
    const sent = [];
    const wire = new HttpLink({
      uri: url,
      headers,
      fetch: (input, init) => {
        sent.push(`${init.method} ${init.body?.includes('"query":') ? 'text' : 'hash'}`);
        return fetch(input, init);
      },
    });
    const client = new ApolloClient({ cache: apolloCache(), link: new PersistedQueryLink({ sha256, useGETForHashedQueries: get }).concat(wire) });
    const query = gql(`query Persisted${Date.now()}${get} { viewer { subject } }`);
    for (let i = 0; i < 2; i++) {
      const { data } = await client.query({ query, fetchPolicy: 'network-only' });
      assert.ok(data.viewer.subject);
    }
    const hash = get ? 'GET hash' : 'POST hash';
    assert.deepEqual(sent, [hash, 'POST text', hash]);
    client.stop();
  }
}

export async function apolloChecks(url, headers) {
  const seen = [];
  const numbered = async (input, init) => {
    const response = await fetch(input, init);
    seen.push(response.headers.get('x-request-id'));
    return response;
  };
  const client = new ApolloClient({ cache: apolloCache(), link: new HttpLink({ uri: url, headers, fetch: numbered }) });
  await cacheAndPages(client);
  await errors(client, seen);
  await persisted(url, headers);
  client.stop();
}
