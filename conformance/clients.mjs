// Asks a gateway with the clients that people use.
//
//   node clients.mjs http://127.0.0.1:8080/graphql
//
// Each client sends a query, a query that is wrong and a subscription. Where the gateway answers from the simulator, each
// also changes the seats of a subscription: a dry run, the change, its operation to the end, and the same once more.
// Exits 1 unless all of it goes as it should. A gateway that wants a key gets the one in GATEWAY_KEY.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { adapters } from './adapters.mjs';
import { apolloChecks } from './apollo.mjs';

const [url] = process.argv.slice(2);
if (!url) {
  console.error('usage: node clients.mjs URL');
  process.exit(2);
}
const key = process.env.GATEWAY_KEY;
const authorization = key ? { Authorization: `Bearer ${key}` } : {};

const told = 'subscription ($id: ID!) { operationUpdated(operationId: $id) { id operationId status } }';
const change = `mutation ($input: ChangeSeatsInput!) {
  changeSeats(input: $input) {
    preview { request }
    command { id status }
    operation { id operationId status }
    replayed
    userErrors { code message }
  }
}`;

async function reads(client) {
  const answer = await client.ask('query { __typename viewer { subject } customers(first: 2) { totalCount nodes { id name } } }');
  assert.equal(answer.errors, undefined);
  assert.equal(answer.data.__typename, 'Query');
  assert.equal(answer.data.customers.nodes.length, 2);

  const errors = await client.errorsOf('query { nobody }');
  assert.equal(errors[0].extensions.code, 'GRAPHQL_VALIDATION_FAILED');

  if (client.takesNothing) assert.deepEqual(await client.events(told, { id: 'there-is-none' }), []);
}

// A change that the rules allow now, and what a dry run says of it. Clients look among customers of their own.
async function allowed(client, customers) {
  for (const customerNo of customers) {
    const { data } = await client.ask(
      'query ($no: ID!) { customer(customerNo: $no) { id subscriptions(first: 50) { nodes { id subscriptionId quantity allowedActions } } } }',
      { no: customerNo },
    );
    for (const { subscriptionId, quantity, allowedActions } of data.customer.subscriptions.nodes) {
      if (!allowedActions.includes('CHANGE_SEATS')) continue;
      const input = { customerNo, subscriptionId, quantity: quantity + 1, expectedQuantity: quantity, idempotencyKey: randomUUID() };
      const { changeSeats: dry } = (await client.ask(change, { input: { ...input, dryRun: true } })).data;
      if (dry.userErrors.length > 0) continue;
      assert.ok(dry.preview.request);
      assert.equal(dry.command, null);
      assert.equal(dry.replayed, false);
      return input;
    }
  }
  throw new Error('no seats can be changed anywhere');
}

async function writes(client, customers) {
  const input = await allowed(client, customers);
  const seats = async () => {
    const { customerNo, subscriptionId } = input;
    const text = 'query ($no: ID!, $id: ID!) { subscription(customerNo: $no, subscriptionId: $id) { id quantity } }';
    return (await client.ask(text, { no: customerNo, id: subscriptionId })).data.subscription.quantity;
  };
  assert.equal(await seats(), input.expectedQuantity, 'a dry run changes nothing');

  const { data } = await client.ask(change, { input });
  const { command, operation, replayed, userErrors } = data.changeSeats;
  assert.deepEqual(userErrors, []);
  assert.equal(replayed, false);

  const events = await client.events(told, { id: operation.operationId });
  assert.ok(events.every(event => event.errors === undefined && event.data.operationUpdated.operationId === operation.operationId));
  assert.equal(events.at(-1).data.operationUpdated.status, 'SUCCEEDED');
  if (client.cached) assert.equal(client.cached('Operation', operation.id).status, 'SUCCEEDED', 'an event is kept where the mutation was');
  assert.equal(await seats(), input.quantity);

  const { changeSeats: again } = (await client.ask(change, { input })).data;
  assert.deepEqual([again.replayed, again.command.id, again.userErrors], [true, command.id, []]);
  const { changeSeats: other } = (await client.ask(change, { input: { ...input, quantity: input.quantity + 1 } })).data;
  assert.equal(other.userErrors[0].code, 'IDEMPOTENCY_KEY_REUSED');
}

// A client that is still waiting when nothing else goes on would end the program in silence.
const patience = setTimeout(() => {
  console.error('no end after 60 seconds');
  process.exit(1);
}, 60_000);

const start = adapters['graphql-ws'](url, authorization);
const { upstream, customers } = (await start.ask('query { upstream { simulated } customers(first: 50) { nodes { customerNo } } }')).data;
start.end();
if (!upstream.simulated) console.log('nothing is written: the gateway does not answer from the simulator');

const names = Object.keys(adapters);
await Promise.all(
  names.map(async (name, i) => {
    const client = adapters[name](url, authorization);
    const own = customers.nodes.map(customer => customer.customerNo).filter((_, at) => at % names.length === i);
    try {
      await reads(client);
      if (upstream.simulated) await writes(client, own);
    } catch (error) {
      error.message = `${name}: ${error.message}`;
      throw error;
    }
    await client.end();
    console.log(`${name}: ok`);
  }),
);
await apolloChecks(url, authorization);
console.log("Apollo's cache, pages, errors and persisted queries: ok");
clearTimeout(patience);
