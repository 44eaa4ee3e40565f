import { Client, cacheExchange, fetchExchange, mapExchange, subscriptionExchange, type CombinedError, type DocumentInput } from '@urql/core'
import { createClient as createSocket, type Client as Socket } from 'graphql-ws'
import { graphql } from './gql'
import type { WhoQuery } from './gql/graphql'

// Who is asking and what the gateway reads from: the first question, which also finds out how the gateway wants to be asked.
const Who = graphql(`
  query Who {
    viewer {
      subject
      roles
      seesAllCustomers
    }
    upstream {
      simulated
      sandbox
      region
    }
  }
`)

/** A connection to the gateway, once it has said who is asking. */
export type Gateway = { client: Client; socket: Socket; live: Live; who: WhoQuery }

/** What went wrong, in the gateway's words. */
export type Problem = { message: string; code?: string; requestId?: string; retryable?: boolean; path?: ReadonlyArray<string | number> }

/** The key is wanted: there is none, or it is not good any more. */
export class KeyWanted extends Error {}

// The key is kept for as long as the tab is open, and nowhere else.
const keyName = 'stellr-dashboard.key'
export const readKey = () => sessionStorage.getItem(keyName)
export const keepKey = (key: string | null) => (key ? sessionStorage.setItem(keyName, key) : sessionStorage.removeItem(keyName))

const headers = (): Record<string, string> => {
  const key = readKey()
  return key ? { Authorization: `Bearer ${key}` } : {}
}

/** The hash that the build wrote for a document, by which a gateway with trusted documents knows it. */
const hashOf = (document: DocumentInput<unknown, never>) => (document as { __meta__?: { hash?: string } }).__meta__?.hash

/**
 * Asks who is asking, by hash. A gateway that has the build's documents answers; one that takes any document does not
 * know the hash, and is sent texts from then on. That is no fault, so plain JSON is asked for, which has no status for
 * it: the browser would tell its console of a 400.
 */
export async function connect(onKeyWanted: () => void): Promise<Gateway> {
  const key = readKey() // now: who is told that it is not good forgets it
  for (const byHash of [true, false]) {
    const gateway = open(byHash, onKeyWanted)
    const fetchOptions = () => ({ headers: { ...headers(), accept: 'application/json' } })
    const { data, error } = await gateway.client.query(Who, {}, { requestPolicy: 'network-only', fetchOptions })
    const problems = problemsOf(error)
    if (problems.some(p => p.code === 'UNAUTHENTICATED')) throw new KeyWanted(key ? 'This key is not known here.' : '')
    if (byHash && problems.some(p => p.code === 'PERSISTED_QUERY_NOT_FOUND')) continue
    if (data?.viewer) return { ...gateway, who: data }
    throw Object.assign(new Error(problems[0]?.message ?? 'There was no answer.'), { problems })
  }
  throw new Error('The gateway takes the documents neither by hash nor as texts.')
}

function open(byHash: boolean, onKeyWanted: () => void) {
  const live = new Live()
  const socket = createSocket({
    url: `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/graphql`,
    connectionParams: headers,
    retryAttempts: Infinity, // operations say first how they stand, so what was missed is caught up with
    shouldRetry: failure => !(failure instanceof Error), // that is a mistake in here, which no new connection mends
    retryWait: attempt => new Promise(done => setTimeout(done, Math.min(500 * 2 ** attempt, 10_000))),
    on: { connected: () => live.set(true), closed: () => live.set(false) },
  })
  const client = new Client({
    url: '/graphql',
    fetchOptions: () => ({ headers: headers() }),
    preferGetMethod: false, // answers may hold what is nobody else's business, and URLs end up in logs
    exchanges: [
      mapExchange({
        onOperation(operation) {
          const sha256Hash = byHash && hashOf(operation.query)
          return sha256Hash ? { ...operation, extensions: { persistedQuery: { version: 1, sha256Hash } } } : operation
        },
        onError(error) {
          if (problemsOf(error).some(p => p.code === 'UNAUTHENTICATED')) onKeyWanted()
        },
      }),
      cacheExchange,
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: request => ({
          // graphql-ws sends nothing that has no text; to the gateway an empty one is none, and the hash counts.
          subscribe: sink => ({ unsubscribe: socket.subscribe({ ...request, query: request.query ?? '' }, sink) }),
        }),
      }),
    ],
  })
  return { client, socket, live }
}

/** Whether the WebSocket is open; what depends on it can listen. */
export class Live {
  private open = false
  private listeners = new Set<() => void>()
  set(open: boolean) {
    this.open = open
    this.listeners.forEach(listener => listener())
  }
  get = () => this.open
  listen = (listener: () => void) => {
    this.listeners.add(listener)
    return () => void this.listeners.delete(listener)
  }
}

/** Everything that an answer says went wrong. */
export function problemsOf(error: CombinedError | undefined): Problem[] {
  if (!error) return []
  if (error.networkError) {
    return [{ message: 'The gateway could not be reached.', code: 'NO_CONNECTION', retryable: true }]
  }
  return error.graphQLErrors.map(({ message, path, extensions }) => ({
    message,
    path,
    code: extensions.code as string | undefined,
    requestId: extensions.requestId as string | undefined,
    retryable: extensions.retryable === true,
  }))
}

/** What went wrong at a place of the answer or inside it. */
export const problemAt = (problems: Problem[], ...place: Array<string | number>) =>
  problems.find(problem => problem.path && place.every((step, i) => problem.path?.[i] === step))

/** A list, unless it could not be read: the gateway then answers an empty one, with a problem at its place. */
export const whatWasRead = <List extends { nodes: unknown[] }>(list: List | null | undefined, problems: Problem[], name: string) =>
  list?.nodes.length || !problems.some(({ path }) => path?.length === 1 && path[0] === name) ? list : undefined
