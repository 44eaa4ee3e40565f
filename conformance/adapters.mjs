// The clients that people use, each behind the same few words: ask, errorsOf, events, end.
//
// ask answers {data, errors} of a query or mutation, past any cache of the client's; events answers all results of a
// subscription when it has ended; cached is the record in a cache by type and id. A client with takesNothing false makes an error of a subscription that ends at once.
import { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { relayStylePagination } from '@apollo/client/utilities';
import { Client, cacheExchange, fetchExchange, subscriptionExchange } from '@urql/core';
import { createClient as createStream } from 'graphql-sse';
import { createClient as createSocket } from 'graphql-ws';
import { onEnd, pipe, subscribe } from 'wonka';
import WebSocket from 'ws';

const socket = (url, headers) =>
  createSocket({ url: url.replace(/^http/, 'ws'), webSocketImpl: WebSocket, connectionParams: headers, retryAttempts: 0 });

async function all(iterator) {
  const results = [];
  for await (const result of iterator) results.push(result);
  return results;
}

// A client of a protocol carries queries and mutations like events.
function protocol(client) {
  const ask = async (query, variables) => {
    const [result, ...more] = await all(client.iterate({ query, variables }));
    if (more.length > 0) throw new Error('one question had several answers');
    return result;
  };
  return {
    ask,
    events: (query, variables) => all(client.iterate({ query, variables })),
    takesNothing: true,
    // The two protocols tell of a document that is wrong in different ways: as an error, and as a result with errors.
    errorsOf: query => ask(query).then(({ errors }) => errors, errors => errors),
    end: () => client.dispose(),
  };
}

// apolloCache is the cache as an application would have it: the connections are joined page by page.
export const apolloCache = () =>
  new InMemoryCache({
    typePolicies: {
      Query: { fields: { customers: relayStylePagination(['filter', 'orderBy']) } },
      Customer: { fields: { subscriptions: relayStylePagination(['filter', 'orderBy']) } },
    },
  });

export function apollo(url, headers) {
  const wire = socket(url, headers);
  const client = new ApolloClient({
    cache: apolloCache(),
    link: ApolloLink.split(({ operationType }) => operationType === 'subscription', new GraphQLWsLink(wire), new HttpLink({ uri: url, headers })),
  });
  const plain = ({ data, error }) => {
    if (error && !CombinedGraphQLErrors.is(error)) throw error;
    return { data, errors: error?.errors };
  };
  const ask = async (text, variables) => {
    const document = gql(text);
    const options = { variables, errorPolicy: 'all' };
    if (document.definitions[0].operation === 'mutation') return plain(await client.mutate({ mutation: document, ...options }));
    return plain(await client.query({ query: document, fetchPolicy: 'network-only', ...options }));
  };
  return {
    ask,
    takesNothing: true,
    events: (text, variables) =>
      new Promise((resolve, reject) => {
        const results = [];
        client
          .subscribe({ query: gql(text), variables })
          .subscribe({ next: result => results.push(plain(result)), error: reject, complete: () => resolve(results) });
      }),
    errorsOf: async text => (await ask(text)).errors,
    cached: (__typename, id) => client.cache.extract()[client.cache.identify({ __typename, id })],
    end() {
      client.stop();
      return wire.dispose();
    },
  };
}

function urql(url, headers, overSocket) {
  const wire = overSocket && socket(url, headers);
  const forward = ({ query, variables }) => ({
    subscribe: sink => ({ unsubscribe: wire.subscribe({ query, variables }, sink) }),
  });
  const client = new Client({
    url,
    fetchOptions: { headers },
    fetchSubscriptions: !overSocket,
    exchanges: [cacheExchange, fetchExchange, ...(overSocket ? [subscriptionExchange({ forwardSubscription: forward })] : [])],
    preferGetMethod: false,
  });
  const plain = ({ data, error }) => {
    if (error?.networkError) throw error.networkError;
    return { data, errors: error?.graphQLErrors };
  };
  const ask = async (text, variables) =>
    plain(await (/^\s*mutation/.test(text) ? client.mutation(text, variables) : client.query(text, variables, { requestPolicy: 'network-only' })).toPromise());
  return {
    ask,
    takesNothing: overSocket, // its reader of event streams wants one event at least
    events: (text, variables) =>
      new Promise((resolve, reject) => {
        const results = [];
        const take = result => {
          try {
            results.push(plain(result));
          } catch (error) {
            reject(error);
          }
        };
        pipe(client.subscription(text, variables), onEnd(() => resolve(results)), subscribe(take));
      }),
    errorsOf: async text => (await ask(text)).errors,
    end: () => wire && wire.dispose(),
  };
}

export const adapters = {
  'graphql-ws': (url, headers) => protocol(socket(url, headers)),
  'graphql-sse': (url, headers) => protocol(createStream({ url, headers, retryAttempts: 0 })),
  'Apollo Client, events by graphql-ws': apollo,
  'urql, events by graphql-ws': (url, headers) => urql(url, headers, true),
  'urql, events by server-sent events': (url, headers) => urql(url, headers, false),
};
