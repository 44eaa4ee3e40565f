// Asks a gateway with the reference clients of GraphQL over WebSocket and over server-sent events.
//
//   node clients.mjs http://127.0.0.1:8080/graphql [operationId]
//
// Each client sends a query, a query that is wrong and a subscription; with the id of an operation that is under way at
// Stellr, also a subscription that tells until the operation has ended. Exits 1 unless all of it goes as it should. A
// gateway that wants a key gets the one in GATEWAY_KEY.
import assert from 'node:assert/strict';
import { createClient as createSocket } from 'graphql-ws';
import { createClient as createStream } from 'graphql-sse';
import WebSocket from 'ws';

const [url, operationId] = process.argv.slice(2);
if (!url) {
  console.error('usage: node clients.mjs URL [operationId]');
  process.exit(2);
}
const key = process.env.GATEWAY_KEY;
const authorization = key ? { Authorization: `Bearer ${key}` } : {};
const events = 'subscription ($id: ID!) { operationUpdated(operationId: $id) { operationId status } }';

const clients = {
  'graphql-ws': () =>
    createSocket({ url: url.replace(/^http/, 'ws'), webSocketImpl: WebSocket, connectionParams: authorization, retryAttempts: 0 }),
  'graphql-sse': () => createStream({ url, headers: authorization, retryAttempts: 0 }),
};

async function all(client, request) {
  const results = [];
  for await (const result of client.iterate(request)) results.push(result);
  return results;
}

// The two protocols tell of a document that is wrong in different ways: as an error, and as a result with errors.
async function errorsOf(client, request) {
  try {
    return (await all(client, request))[0].errors;
  } catch (errors) {
    return errors;
  }
}

async function check(client) {
  const [answer, ...more] = await all(client, { query: '{ __typename viewer { subject } }' });
  assert.equal(answer.data.__typename, 'Query');
  assert.equal(answer.errors, undefined);
  assert.deepEqual(more, []);

  const errors = await errorsOf(client, { query: '{ nobody }' });
  assert.equal(errors[0].extensions.code, 'GRAPHQL_VALIDATION_FAILED');

  assert.deepEqual(await all(client, { query: events, variables: { id: 'there-is-none' } }), []);

  if (operationId) {
    const told = await all(client, { query: events, variables: { id: operationId } });
    const last = told.at(-1).data.operationUpdated;
    assert.equal(last.operationId, operationId);
    assert.match(last.status, /^(SUCCEEDED|FAILED)$/);
  }
}

// A client that is still waiting when nothing else goes on would end the program in silence.
const patience = setTimeout(() => {
  console.error('no end after 60 seconds');
  process.exit(1);
}, 60_000);

for (const [name, create] of Object.entries(clients)) {
  const client = create();
  await check(client);
  client.dispose();
  console.log(`${name}: ok`);
}
clearTimeout(patience);
