import { useEffect, useState } from 'react'
import { useQuery } from 'urql'
import { Bars, type Figure } from './bars'
import { problemAt, problemsOf, whatWasRead, type Problem } from './gateway'
import { graphql } from './gql'
import type { CustomersQuery } from './gql/graphql'
import { Empty, Missing, Money, Paging, Problems, Skeleton, type Amount } from './parts'
import { Renewals } from './renewals'

graphql(`
  fragment RecurringParts on Recurring {
    cost {
      amount
      currency
    }
    price {
      amount
      currency
    }
    margin {
      amount
      currency
    }
    uncounted
  }
`)

const Customers = graphql(`
  query Customers($search: String, $first: Int!, $after: String) {
    customers(filter: { search: $search }, first: $first, after: $after) {
      nodes {
        id
        customerNo
        name
        recurring {
          ...RecurringParts
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

const Totals = graphql(`
  query Totals {
    recurring {
      ...RecurringParts
    }
  }
`)

type Customer = CustomersQuery['customers']['nodes'][number]
type Sums = NonNullable<Customer['recurring']>

const kinds = ['cost', 'price', 'margin'] as const
const inCurrency = (amounts: Amount[], currency: string) => amounts.find(amount => amount.currency === currency)
const currenciesOf = (sums: Array<Sums | null | undefined>) =>
  [...new Set(sums.flatMap(sum => (sum ? kinds.flatMap(kind => sum[kind].map(amount => amount.currency)) : [])))].sort()

export function Overview() {
  return (
    <>
      <h1>Overview</h1>
      <TotalsCard />
      <CustomersCard />
      <Renewals />
    </>
  )
}

function TotalsCard() {
  const [{ data, error, fetching }, ask] = useQuery({ query: Totals })
  const problems = problemsOf(error)
  const sums = data?.recurring
  return (
    <section className="card" aria-labelledby="totals" aria-busy={fetching}>
      <h2 id="totals">Each month, all customers together</h2>
      {fetching && !data && <Skeleton lines={2} />}
      <Problems of={problems} title={sums ? 'Some of this is missing' : 'The totals could not be read'} retry={() => ask({ requestPolicy: 'network-only' })} />
      {sums && !currenciesOf([sums]).length && <Empty>Nothing recurs yet.</Empty>}
      {sums && (
        <div className="totals">
          {currenciesOf([sums]).map(currency => (
            <dl key={currency} data-currency={currency}>
              {kinds.map(kind => (
                <div key={kind} className={kind}>
                  <dt>{kind}</dt>
                  <dd data-kind={kind}><Money of={inCurrency(sums[kind], currency)} /></dd>
                </div>
              ))}
            </dl>
          ))}
        </div>
      )}
      {sums && <Uncounted n={sums.uncounted} />}
    </section>
  )
}

const Uncounted = ({ n }: { n: number }) =>
  n > 0 ? <p className="note">{n} {n === 1 ? 'subscription is' : 'subscriptions are'} not counted: a price, a quantity or the billing is not known.</p> : null

const pageSize = 10

function CustomersCard() {
  const [typed, setTyped] = useState('')
  const [search, setSearch] = useState('')
  const [pages, setPages] = useState<string[]>([]) // the cursors that led here
  useEffect(() => {
    const wanted = typed.trim()
    if (wanted === search) return // nor is it at the start that somebody searches: pages may be turned by then
    const timer = setTimeout(() => {
      setSearch(wanted)
      setPages([])
    }, 250)
    return () => clearTimeout(timer)
  }, [typed, search])
  const [{ data, error, fetching }, ask] = useQuery({
    query: Customers,
    variables: { search: search || null, first: pageSize, after: pages.at(-1) ?? null },
  })
  const problems = problemsOf(error)
  const list = whatWasRead(data?.customers, problems, 'customers')
  return (
    <section className="card" aria-labelledby="customers" aria-busy={fetching}>
      <div className="row">
        <h2 id="customers">Customers</h2>
        <label className="search">
          <span className="unseen">Search customers</span>
          <input type="search" placeholder="Search name, number, domain" value={typed} onChange={event => setTyped(event.target.value)} />
        </label>
      </div>
      <Problems of={problems} title={list ? 'Some of this is missing' : 'The customers could not be read'} retry={() => ask({ requestPolicy: 'network-only' })} />
      {!list && fetching && <Skeleton lines={pageSize} />}
      {list && !list.nodes.length && <Empty>{search ? `No customer matches “${search}”.` : 'There are no customers yet.'}</Empty>}
      {list && list.nodes.length > 0 && <CustomersPlot customers={list.nodes} problems={problems} />}
      {list && (
        <Paging pages={pages} to={setPages} info={list.pageInfo}>
          {list.nodes.length ? `${pages.length * pageSize + 1}–${pages.length * pageSize + list.nodes.length} of ${list.totalCount ?? 'an unknown number'}` : ''}
        </Paging>
      )}
    </section>
  )
}

/** The currency that most customers of the page have. */
const commonest = (customers: Customer[], currencies: string[]) => {
  const users = (currency: string) => customers.filter(({ recurring }) => currenciesOf([recurring]).includes(currency)).length
  return currencies.toSorted((a, b) => users(b) - users(a))[0]
}

/** One currency at a time: bars of different ones have no common scale, and their sums mean nothing. */
function CustomersPlot({ customers, problems }: { customers: Customer[]; problems: Problem[] }) {
  const currencies = currenciesOf(customers.map(customer => customer.recurring))
  const [chosen, choose] = useState('')
  const currency = currencies.includes(chosen) ? chosen : (commonest(customers, currencies) ?? '')
  const figuresOf = (customer: Customer): Figure[] =>
    kinds.map(kind => ({ kind, of: customer.recurring ? inCurrency(customer.recurring[kind], currency) : undefined }))
  const most = Math.max(0, ...customers.flatMap(figuresOf).map(({ of }) => Math.abs(Number(of?.amount ?? 0))))
  return (
    <>
      <div className="row">
        {currencies.length > 1 ? (
          <fieldset className="choice">
            <legend className="unseen">Currency</legend>
            {currencies.map(name => (
              <label key={name}>
                <input type="radio" name="currency" checked={name === currency} onChange={() => choose(name)} />
                {name}
              </label>
            ))}
          </fieldset>
        ) : (
          <span>{currency}</span>
        )}
        {currency && <span className="legend" aria-hidden="true">{kinds.map(kind => <span key={kind} className={kind}>{kind}</span>)}</span>}
      </div>
      <table className="customers stacked">
        <thead>
          <tr>
            <th scope="col">Customer</th>
            <th scope="col">Each month{currency && `, ${currency}`}</th>
            {kinds.map(kind => <th key={kind} scope="col" className="number">{kind}</th>)}
          </tr>
        </thead>
        <tbody>
          {customers.map((customer, i) => {
            const missing = customer.recurring ? undefined : problemAt(problems, 'customers', 'nodes', i, 'recurring')
            const figures = figuresOf(customer)
            return (
              <tr key={customer.id} data-customer={customer.customerNo}>
                <th scope="row">
                  <a href={`#/customers/${encodeURIComponent(customer.customerNo)}`}>{customer.name ?? customer.customerNo}</a>
                  <small>{customer.customerNo}</small>
                  {customer.recurring && customer.recurring.uncounted > 0 && <small>{customer.recurring.uncounted} not counted</small>}
                </th>
                {missing ? (
                  <td colSpan={4}><Missing problem={missing} /></td>
                ) : !figures.some(figure => figure.of) ? (
                  <td colSpan={4} className="unknown">{customer.recurring?.uncounted ? `nothing known in ${currency}` : `nothing in ${currency}`}</td>
                ) : (
                  <>
                    <td className="plot"><Bars figures={figures} most={most} label={customer.name ?? customer.customerNo} /></td>
                    {figures.map(({ kind, of }) => <td key={kind} className="number" data-label={kind} data-kind={kind}><Money of={of} /></td>)}
                  </>
                )}
              </tr>
            )
          })}
        </tbody>
      </table>
    </>
  )
}
