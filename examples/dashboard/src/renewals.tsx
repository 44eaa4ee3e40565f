import { useState } from 'react'
import { useQuery } from 'urql'
import { problemAt, problemsOf, whatWasRead, type Problem } from './gateway'
import { graphql } from './gql'
import { Badge, Empty, Missing, Money, Paging, Problems, Skeleton } from './parts'

const Upcoming = graphql(`
  query Upcoming($within: Int!, $first: Int!, $after: String) {
    renewals(within: $within, first: $first, after: $after) {
      nodes {
        renewalDate
        daysLeft
        outcome
        decisionText
        subscription {
          id
          name
          subscriptionId
          quantity
          monthlyPrice {
            amount
            currency
          }
          customer {
            id
            customerNo
            name
          }
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
      totalCount
    }
  }
`)

const spans = [30, 60, 90]

/** What renews, changes or ends soon, soonest first. */
export function Renewals() {
  const [within, setWithin] = useState(30)
  const [pages, setPages] = useState<string[]>([])
  const [{ data, error, fetching }, ask] = useQuery({ query: Upcoming, variables: { within, first: 10, after: pages.at(-1) ?? null } })
  const problems = problemsOf(error)
  const list = whatWasRead(data?.renewals, problems, 'renewals')
  return (
    <section className="card" aria-labelledby="renewals" aria-busy={fetching}>
      <div className="row">
        <h2 id="renewals">Renewals coming up</h2>
        <fieldset className="choice">
          <legend className="unseen">Within how many days</legend>
          {spans.map(days => (
            <label key={days}>
              <input type="radio" name="within" checked={days === within} onChange={() => { setWithin(days); setPages([]) }} />
              {days} days
            </label>
          ))}
        </fieldset>
      </div>
      <Problems of={problems} title={list ? 'Some of this is missing' : 'The renewals could not be read'} retry={() => ask({ requestPolicy: 'network-only' })} />
      {fetching && !list && <Skeleton />}
      {list && !list.nodes.length && <Empty>Nothing renews within {within} days.</Empty>}
      {list && list.nodes.length > 0 && (
        <table className="renewals stacked">
          <thead>
            <tr>
              <th scope="col">Subscription</th>
              <th scope="col">Customer</th>
              <th scope="col">On</th>
              <th scope="col">Then</th>
              <th scope="col" className="number">Seats</th>
              <th scope="col" className="number">Price each month</th>
            </tr>
          </thead>
          <tbody>
            {list.nodes.map(({ subscription, renewalDate, daysLeft, outcome, decisionText }, i) => (
              <tr key={subscription.id} data-subscription={subscription.subscriptionId}>
                <th scope="row">{subscription.name ?? subscription.subscriptionId}</th>
                <td data-label="customer">
                  {subscription.customer ? (
                    <a href={`#/customers/${encodeURIComponent(subscription.customer.customerNo)}`}>{subscription.customer.name ?? subscription.customer.customerNo}</a>
                  ) : '–'}
                </td>
                <td data-label="on" className="date"><span>{renewalDate} <small>{daysLeft === 0 ? 'today' : `in ${daysLeft} ${daysLeft === 1 ? 'day' : 'days'}`}</small></span></td>
                <td data-label="then"><Outcome of={outcome} said={decisionText} problem={problemAt(problems, 'renewals', 'nodes', i, 'outcome')} /></td>
                <td data-label="seats" className="number">{subscription.quantity ?? '–'}</td>
                <td data-label="price" className="number"><Money of={subscription.monthlyPrice} /></td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {list && (pages.length > 0 || list.pageInfo.hasNextPage) && (
        <Paging pages={pages} to={setPages} info={list.pageInfo}>{list.totalCount == null ? '' : `${list.totalCount} in all`}</Paging>
      )}
    </section>
  )
}

/** Stellr's own word where the gateway knows none for it. */
function Outcome({ of, said, problem }: { of: string | null | undefined; said: string | null | undefined; problem?: Problem }) {
  if (!of && problem) return <Missing problem={problem} />
  return <Badge of={of ?? said} />
}
