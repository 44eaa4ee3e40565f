import { useCallback, useEffect, useRef, useState } from 'react'
import { isOver, useCommand, type Command } from './commands'
import { problemsOf, type Gateway, type Problem } from './gateway'
import { graphql } from './gql'
import type { UserErrorCode } from './gql/graphql'
import { forget, keep, type Intention } from './intentions'
import { Badge, money, Problems } from './parts'

const ChangeSeats = graphql(`
  mutation ChangeSeats($input: ChangeSeatsInput!) {
    changeSeats(input: $input) {
      command {
        ...CommandParts
      }
      subscription {
        id
        quantity
      }
      replayed
      userErrors {
        code
        message
        field
      }
    }
  }
`)

const CommandByKey = graphql(`
  query CommandByKey($key: String!) {
    commandByKey(idempotencyKey: $key) {
      ...CommandParts
    }
  }
`)

type UserError = { code: UserErrorCode; message: string }

// What is known of an intention. `lost`: it was sent, and nothing came back.
type Known = {
  phase: 'asking' | 'sending' | 'lost' | 'absent' | 'refused' | 'taken'
  command: Command | null
  replayed: boolean
  userErrors: UserError[]
  problems: Problem[]
}
const nothing: Known = { phase: 'asking', command: null, replayed: false, userErrors: [], problems: [] }

/** Carries out one intention, and says what becomes of it until it has ended. */
export function Change({ intention, gateway, onEnd }: { intention: Intention; gateway: Gateway; onEnd: () => void }) {
  const [known, setKnown] = useState<Known>(nothing)
  const command = useCommand(gateway, intention.customerNo, known.command)
  const panel = useRef<HTMLElement>(null)
  const begun = useRef(false)

  const send = useCallback(async () => {
    setKnown({ ...nothing, phase: 'sending' })
    keep({ ...intention, sent: true }) // before the request leaves: a reload from here on asks what became of it
    const { customerNo, subscriptionId, to: quantity, from: expectedQuantity, key: idempotencyKey, confirmDuplicate } = intention
    const input = { customerNo, subscriptionId, quantity, expectedQuantity, idempotencyKey, confirmDuplicate }
    const { data, error } = await gateway.client.mutation(ChangeSeats, { input }).toPromise()
    const problems = problemsOf(error)
    const payload = data?.changeSeats
    if (payload) {
      const { command = null, replayed, userErrors } = payload
      setKnown({ phase: command ? 'taken' : 'refused', command, replayed, userErrors, problems })
    } else {
      setKnown({ ...nothing, phase: error?.networkError ? 'lost' : 'refused', problems })
    }
  }, [gateway, intention])

  const ask = useCallback(async () => {
    setKnown(nothing)
    const { data, error } = await gateway.client.query(CommandByKey, { key: intention.key }, { requestPolicy: 'network-only' }).toPromise()
    const command = data?.commandByKey ?? null
    setKnown({ ...nothing, command, phase: command ? 'taken' : error ? 'lost' : 'absent', problems: problemsOf(error) })
  }, [gateway, intention.key])

  useEffect(() => {
    if (begun.current) return
    begun.current = true
    panel.current?.focus()
    void (intention.sent ? ask() : send())
  }, [ask, send, intention.sent])

  const status = known.phase === 'taken' ? command?.status : undefined
  const over = known.phase === 'refused' || (command ? isOver(command) : false)
  const told = useRef(false)
  useEffect(() => {
    if (over && !told.current) onEnd()
    told.current = over
  }, [over, onEnd])

  const again = known.phase === 'lost' || known.phase === 'absent' || command?.error?.code === 'NOT_PROCESSED' || (known.phase === 'refused' && known.problems.length > 0)
  return (
    <section className="card change" ref={panel} tabIndex={-1} aria-labelledby={`change-${intention.key}`} data-phase={known.phase} data-status={status} data-key={intention.key}>
      <h2 id={`change-${intention.key}`}>{intention.name}: {intention.from} → {intention.to} seats</h2>
      {intention.costNow && intention.cost && <p className="note">Cost each month, as confirmed: {money(intention.costNow)} → {money(intention.cost)}</p>}
      <div role="status" aria-live="polite">
        <Said known={known} command={command} intention={intention} />
        {known.replayed && <p className="note">Replayed: this is the outcome of the first call with this key. Nothing was ordered twice.</p>}
        {command?.inferred && <p className="note">Found out by reading: Stellr’s answer never came.</p>}
      </div>
      {known.userErrors.filter(error => error.code !== known.command?.error?.code).map((error, i) => <p key={i} className="problems" role="alert">{error.message} <code>{error.code}</code></p>)}
      <Problems of={known.problems} title={known.phase === 'taken' ? 'Some of the answer is missing' : 'What went wrong'} />
      <div className="row paging">
        <p>Key <code>{intention.key}</code></p>
        {again && <button type="button" onClick={() => void send()}>Send again with the same key</button>}
        {known.phase === 'lost' && <button type="button" onClick={() => void ask()}>Find out</button>}
        {(over || known.phase === 'absent') && <button type="button" onClick={() => forget(intention)}>Close</button>}
      </div>
    </section>
  )
}

function Said({ known, command, intention }: { known: Known; command: Command | null; intention: Intention }) {
  switch (known.phase) {
    case 'asking':
      return <p>Asking the gateway what became of it…</p>
    case 'sending':
      return <p>Sending…</p>
    case 'lost':
      return <p className="warning">We do not know yet: no answer came. It may have been carried out. The same key cannot order it twice.</p>
    case 'absent':
      return <p className="warning">The gateway has no record of it: it did not arrive. It can be sent again with the same key.</p>
    case 'refused':
      return <p>Nothing was carried out.</p>
    case 'taken':
      return command && <Outcome command={command} intention={intention} />
  }
}

function Outcome({ command, intention }: { command: Command; intention: Intention }) {
  const { status, error, operation } = command
  const request = error?.stellrRequestId && <small>Stellr’s request <code>{error.stellrRequestId}</code></small>
  return (
    <>
      <p>
        <Badge of={status} />{' '}
        {status === 'PENDING' && (operation ? 'Stellr took it and is working on it.' : 'On its way to Stellr.')}
        {status === 'SUCCEEDED' && `Done: ${intention.to} seats.`}
        {status === 'REJECTED' && 'Refused; nothing was changed.'}
        {status === 'FAILED' && 'It failed.'}
        {operation && <> Operation <code>{operation.operationId}</code> <Badge of={operation.status} /></>}
      </p>
      {status === 'UNKNOWN' && (
        <p className="warning">
          We do not know yet. It was sent and Stellr’s answer never came: it may have been carried out. The gateway is finding out by
          reading and does not send it again; this page follows what it finds. {error && <code>{error.code}</code>} {request}
        </p>
      )}
      {error && status !== 'PENDING' && status !== 'UNKNOWN' && <p className="problems">{error.message} <code>{error.code}</code> {request}</p>}
      {operation?.results.map((result, i) => result.message && <p key={i} className="note">{result.message}</p>)}
    </>
  )
}
