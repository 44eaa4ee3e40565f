import { useEffect, useState } from 'react'
import type { Gateway } from './gateway'
import { graphql } from './gql'
import type { CommandPartsFragment } from './gql/graphql'

graphql(`
  fragment CommandParts on Command {
    id
    status
    inferred
    error {
      code
      message
      stellrRequestId
    }
    operation {
      ...OperationParts
    }
  }
`)

graphql(`
  fragment OperationParts on Operation {
    id
    operationId
    status
    statusText
    results {
      status
      message
    }
  }
`)

const CommandById = graphql(`
  query CommandById($id: ID!) {
    command(id: $id) {
      ...CommandParts
    }
  }
`)

const CommandUpdated = graphql(`
  subscription CommandUpdated($customerNo: ID!) {
    commandUpdated(customerNo: $customerNo) {
      ...CommandParts
    }
  }
`)

const OperationUpdated = graphql(`
  subscription OperationUpdated($operationId: ID!) {
    operationUpdated(operationId: $operationId) {
      ...OperationParts
    }
  }
`)

export type Command = CommandPartsFragment

/** Nothing more becomes of it. UNKNOWN is no end: the gateway is finding out. */
export const isOver = (command: Command) => command.status !== 'PENDING' && command.status !== 'UNKNOWN'

const often = 2_000 // between two looks while nobody tells us anything
const seldom = 15_000 // while events come, in case one was lost

/**
 * Follows a command to its end: by events while the WebSocket is open, by asking while it is not. An operation says
 * first how it stands, so a connection that comes back misses nothing.
 */
export function useCommand(gateway: Gateway, customerNo: string, first: Command | null): Command | null {
  const [known, setKnown] = useState<Command | null>(null)
  const command = known && known.id === first?.id ? known : first
  const id = command?.id
  const operationId = command?.operation?.operationId
  const over = !command || isOver(command)

  useEffect(() => {
    if (!id || over) return
    const { client, live } = gateway
    let timer: ReturnType<typeof setTimeout>
    let current = true
    const tell = (next: Command | null | undefined) => {
      if (current && next?.id === id) setKnown(next)
    }
    const look = async () => {
      clearTimeout(timer)
      const { data } = await client.query(CommandById, { id }, { requestPolicy: 'network-only' }).toPromise()
      tell(data?.command)
      if (current) timer = setTimeout(look, live.get() ? seldom : often)
    }
    const events = client.subscription(CommandUpdated, { customerNo }).subscribe(({ data }) => tell(data?.commandUpdated))
    const stop = live.listen(() => void look()) // opened: what happened meanwhile; closed: from now on we ask
    void look()
    return () => {
      current = false
      clearTimeout(timer)
      events.unsubscribe()
      stop()
    }
  }, [gateway, customerNo, id, over])

  useEffect(() => {
    if (!operationId || over) return
    const events = gateway.client.subscription(OperationUpdated, { operationId }).subscribe(({ data }) => {
      const operation = data?.operationUpdated
      if (operation) setKnown(now => (now ? { ...now, operation } : first && { ...first, operation }))
    })
    return () => events.unsubscribe()
  }, [gateway, operationId, over])

  return command
}
