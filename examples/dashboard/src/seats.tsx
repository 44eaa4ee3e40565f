import { useEffect, useRef, useState, type FormEvent } from 'react'
import { useClient } from 'urql'
import { problemsOf, type Problem } from './gateway'
import { graphql } from './gql'
import type { SeatsPreviewMutation } from './gql/graphql'
import { keep, newKey } from './intentions'
import { money, Money, Problems } from './parts'

const SeatsPreview = graphql(`
  mutation SeatsPreview($input: ChangeSeatsInput!) {
    changeSeats(input: $input) {
      preview {
        cost {
          amount
          currency
        }
        costNow {
          amount
          currency
        }
        price {
          amount
          currency
        }
        priceNow {
          amount
          currency
        }
      }
      userErrors {
        code
        message
        field
      }
    }
  }
`)

type Payload = SeatsPreviewMutation['changeSeats']
type Tried = { quantity: number; confirmDuplicate: boolean; payload?: Payload; problems: Problem[] }
export type Seated = { subscriptionId: string; name: string; quantity: number }

/** Asks how many seats it shall be, tries it without doing it, and lets it be confirmed with its amounts. */
export function SeatsDialog({ customerNo, subscription, onClose }: { customerNo: string; subscription: Seated; onClose: () => void }) {
  const client = useClient()
  const dialog = useRef<HTMLDialogElement>(null)
  const confirm = useRef<HTMLButtonElement>(null)
  const [typed, setTyped] = useState(String(subscription.quantity))
  const [meant, setMeant] = useState(false)
  const [trying, setTrying] = useState(false)
  const [tried, setTried] = useState<Tried | null>(null)
  const quantity = Number(typed)

  useEffect(() => dialog.current?.showModal(), []) // which keeps the focus inside, and gives it back at the end

  const preview = async (event: FormEvent) => {
    event.preventDefault()
    setTrying(true)
    const input = { customerNo, subscriptionId: subscription.subscriptionId, quantity, expectedQuantity: subscription.quantity, confirmDuplicate: meant, dryRun: true }
    const { data, error } = await client.mutation(SeatsPreview, { input }).toPromise()
    setTrying(false)
    setTried({ quantity, confirmDuplicate: meant, payload: data?.changeSeats, problems: problemsOf(error) })
  }
  const current = tried && tried.quantity === quantity && tried.confirmDuplicate === meant ? tried : null // another number, another dry run
  const planned = current?.payload && !current.payload.userErrors.length ? current.payload.preview : null
  useEffect(() => {
    if (planned) confirm.current?.focus()
  }, [planned])

  const carryOut = () => {
    keep({
      key: newKey(), customerNo, subscriptionId: subscription.subscriptionId, name: subscription.name, from: subscription.quantity, to: quantity,
      confirmDuplicate: meant, cost: planned?.cost ?? null, costNow: planned?.costNow ?? null, sent: false,
    })
    dialog.current?.close()
  }
  const suspected = meant || current?.payload?.userErrors.some(error => error.code === 'DUPLICATE_SUSPECTED')
  return (
    <dialog ref={dialog} onClose={onClose} aria-labelledby="seats-title">
      <form onSubmit={preview}>
        <h2 id="seats-title">Change seats</h2>
        <p>{subscription.name} <small>{subscription.subscriptionId}</small></p>
        <label>
          New total (now {subscription.quantity})
          <input name="quantity" type="number" inputMode="numeric" min={1} step={1} required autoFocus value={typed} onChange={event => setTyped(event.target.value)} />
        </label>
        {suspected && (
          <label className="check">
            <input type="checkbox" checked={meant} onChange={event => setMeant(event.target.checked)} /> It is meant, although the same was bought a moment ago
          </label>
        )}
        <div aria-live="polite">
          {current && <Problems of={current.problems} title="It could not be tried" />}
          {current?.payload?.userErrors.map((error, i) => <p key={i} className="problems">{error.message} <code>{error.code}</code></p>)}
          {planned && <Amounts of={planned} />}
        </div>
        <div className="row paging">
          <button type="button" onClick={() => dialog.current?.close()}>Cancel</button>
          <button className={planned ? '' : 'primary'} disabled={trying || quantity === subscription.quantity}>{trying ? 'Trying…' : 'Dry run'}</button>
          {planned && (
            <button type="button" ref={confirm} className="primary confirm" onClick={carryOut}>
              Change {subscription.quantity} → {quantity} seats
              {planned.costNow && planned.cost ? `: ${money(planned.costNow)} → ${money(planned.cost)} each month` : ', at a cost that is not known'}
            </button>
          )}
        </div>
      </form>
    </dialog>
  )
}

function Amounts({ of }: { of: NonNullable<Payload['preview']> }) {
  return (
    <table className="amounts stacked">
      <thead>
        <tr><th scope="col">Each month</th><th scope="col" className="number">now</th><th scope="col" className="number">then</th></tr>
      </thead>
      <tbody>
        <tr><th scope="row">What you pay</th><td className="number" data-label="now"><Money of={of.costNow} /></td><td className="number" data-label="then" data-amount="cost"><Money of={of.cost} /></td></tr>
        <tr><th scope="row">What the customer pays</th><td className="number" data-label="now"><Money of={of.priceNow} /></td><td className="number" data-label="then" data-amount="price"><Money of={of.price} /></td></tr>
      </tbody>
    </table>
  )
}
