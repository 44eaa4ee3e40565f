import { useCallback, useState } from 'react'
import { useQuery } from 'urql'
import { Change } from './change'
import { problemAt, problemsOf, type Gateway, type Problem } from './gateway'
import { graphql } from './gql'
import type { CustomerQuery } from './gql/graphql'
import { useIntentions } from './intentions'
import { Badge, Empty, Missing, Money, Paging, Problems, Skeleton, word } from './parts'
import { SeatsDialog, type Seated } from './seats'

const CustomerDocument = graphql(`
  query Customer($customerNo: ID!, $first: Int!, $after: String) {
    customer(customerNo: $customerNo) {
      id
      customerNo
      name
      status
      domain
      subscriptions(first: $first, after: $after) {
        nodes {
          id
          subscriptionId
          name
          status
          statusText
          quantity
          unitCost {
            amount
            currency
          }
          unitPrice {
            amount
            currency
          }
          billingFrequency
          monthlyCost {
            amount
            currency
          }
          monthlyPrice {
            amount
            currency
          }
          monthlyMargin {
            amount
            currency
          }
          endDate
          autoRenew
          allowedActions
        }
        pageInfo {
          hasNextPage
          endCursor
        }
        totalCount
      }
    }
  }
`)

type Subscription = NonNullable<NonNullable<CustomerQuery['customer']>['subscriptions']>['nodes'][number]

const pageSize = 25

export function CustomerPage({ customerNo, gateway }: { customerNo: string; gateway: Gateway }) {
  const [pages, setPages] = useState<string[]>([])
  const [changing, setChanging] = useState<Seated | null>(null)
  const intentions = useIntentions(customerNo)
  const [{ data, error, fetching }, ask] = useQuery({ query: CustomerDocument, variables: { customerNo, first: pageSize, after: pages.at(-1) ?? null } })
  const reread = useCallback(() => ask({ requestPolicy: 'network-only' }), [ask])
  const problems = problemsOf(error)
  const customer = data?.customer
  const list = customer?.subscriptions
  const mayBuy = gateway.who.viewer.roles.some(role => role === 'BUYER' || role === 'ADMIN')
  const busy = new Set(intentions.map(intention => intention.subscriptionId))
  return (
    <>
      <h1>{customer?.name ?? `Customer ${customerNo}`}</h1>
      {customer && <p className="note">{customerNo} {customer.domain && `· ${customer.domain}`} · <Badge of={customer.status} /> · <a href={`#/licenses/${encodeURIComponent(customerNo)}`}>match a license</a></p>}
      {intentions.map(intention => <Change key={intention.key} intention={intention} gateway={gateway} onEnd={reread} />)}
      <section className="card" aria-labelledby="subscriptions" aria-busy={fetching}>
        <div className="row"><h2 id="subscriptions">Subscriptions</h2></div>
        <Problems of={problems} title={list ? 'Some of this is missing' : 'The subscriptions could not be read'} retry={reread} />
        {fetching && !data && <Skeleton />}
        {data && !customer && !problems.length && <Empty>There is no customer with the number {customerNo}, or it is not yours.</Empty>}
        {list && !list.nodes.length && <Empty>No subscriptions yet.</Empty>}
        {list && list.nodes.length > 0 && (
          <table className="subscriptions stacked">
            <thead>
              <tr>
                <th scope="col">Subscription</th>
                <th scope="col">Status</th>
                <th scope="col" className="number">Seats</th>
                <th scope="col" className="number">Unit cost, price</th>
                <th scope="col" className="number">Monthly cost, price</th>
                <th scope="col" className="number">Margin</th>
                <th scope="col">Renews on</th>
                <th scope="col">What can be done</th>
              </tr>
            </thead>
            <tbody>
              {list.nodes.map((subscription, i) => (
                <Row
                  key={subscription.id}
                  subscription={subscription}
                  problem={(...place) => problemAt(problems, 'customer', 'subscriptions', 'nodes', i, ...place)}
                  onChange={mayBuy && !busy.has(subscription.subscriptionId) ? setChanging : undefined}
                />
              ))}
            </tbody>
          </table>
        )}
        {list && (pages.length > 0 || list.pageInfo.hasNextPage) && (
          <Paging pages={pages} to={setPages} info={list.pageInfo}>{list.totalCount == null ? '' : `${list.totalCount} in all`}</Paging>
        )}
      </section>
      {changing && <SeatsDialog customerNo={customerNo} subscription={changing} onClose={() => setChanging(null)} />}
    </>
  )
}

const isLive = ({ status }: Subscription) => status === 'ACTIVE' || status === 'SUSPENDED'

type RowProps = {
  subscription: Subscription
  problem: (...place: string[]) => Problem | undefined
  onChange: ((seated: Seated) => void) | undefined
}

function Row({ subscription: s, problem, onChange }: RowProps) {
  const name = s.name ?? s.subscriptionId
  const others = s.allowedActions.filter(action => action !== 'CHANGE_SEATS')
  const whole = problem()
  return (
    <tr data-subscription={s.subscriptionId}>
      <th scope="row">{name}<small>{s.subscriptionId}</small></th>
      <td data-label="status"><Badge of={s.status === 'OTHER' ? s.statusText : s.status} /></td>
      <td data-label="seats" className="number" data-seats>{s.quantity ?? '–'}</td>
      <td data-label="unit cost, price" className="number"><span><Money of={s.unitCost} problem={problem('unitCost')} /><br /><Money of={s.unitPrice} problem={problem('unitPrice')} /><small>{s.billingFrequency?.replaceAll('_', ' ')}</small></span></td>
      <td data-label="monthly cost, price" className="number"><span><Money of={s.monthlyCost} problem={problem('monthlyCost')} /><br /><Money of={s.monthlyPrice} problem={problem('monthlyPrice')} /></span></td>
      <td data-label="margin" className="number"><Money of={s.monthlyMargin} problem={problem('monthlyMargin')} /></td>
      <td data-label="renews on" className="date"><span>{s.endDate ?? '–'}{s.endDate && s.autoRenew === false && isLive(s) && <small>ends then</small>}</span></td>
      <td>
        {s.allowedActions.includes('CHANGE_SEATS') && s.quantity != null && onChange && (
          <button type="button" onClick={() => onChange({ subscriptionId: s.subscriptionId, name, quantity: s.quantity! })}>
            Change seats<span className="unseen"> of {name}</span>
          </button>
        )}
        {others.length > 0 && <small className="actions">{others.map(word).join(', ')}</small>}
        {!s.allowedActions.length && <small>nothing now</small>}
        {whole && <Missing problem={whole} />}
      </td>
    </tr>
  )
}
