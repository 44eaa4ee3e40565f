import { useState, type FormEvent } from 'react'
import { useQuery } from 'urql'
import { problemsOf } from './gateway'
import { graphql } from './gql'
import type { LicenseMatchesQuery, LicenseMatchesQueryVariables } from './gql/graphql'
import { Badge, Empty, Problems, Skeleton, word } from './parts'

const LicenseMatches = graphql(`
  query LicenseMatches($customerNo: ID!, $license: LicenseInput!) {
    licenseMatches(customerNo: $customerNo, license: $license) {
      basis
      confidence
      reason
      subscription {
        id
        subscriptionId
        name
        status
        quantity
      }
    }
  }
`)

type Match = LicenseMatchesQuery['licenseMatches'][number]

/** Finds the subscription that a license in a customer's tenant comes from. */
export function LicensesPage({ customerNo }: { customerNo: string }) {
  const [variables, setVariables] = useState<LicenseMatchesQueryVariables | null>(null)
  const [{ data, error, fetching }, ask] = useQuery({
    query: LicenseMatches,
    variables: variables ?? { customerNo: '', license: {} },
    pause: !variables,
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const text = (name: string) => String(form.get(name)).trim() || null
    setVariables({
      customerNo: text('customerNo') ?? '',
      license: { commerceSubscriptionId: text('commerceSubscriptionId'), skuId: text('skuId'), skuPartNumber: text('skuPartNumber') },
    })
  }
  return (
    <>
      <h1>Which subscription does a license come from?</h1>
      <form className="card fields" onSubmit={submit}>
        <p className="note">As Microsoft Graph names it. One of the three is enough; the more there are, the surer the answer.</p>
        <label>Customer number <input name="customerNo" required defaultValue={customerNo} autoComplete="off" /></label>
        <label>Commerce subscription id <input name="commerceSubscriptionId" autoComplete="off" placeholder="a GUID" /></label>
        <label>SKU id <input name="skuId" autoComplete="off" placeholder="a GUID" /></label>
        <label>SKU part number <input name="skuPartNumber" autoComplete="off" placeholder="SPE_E3" /></label>
        <button className="primary">Find</button>
      </form>
      {variables && (
        <section className="card" aria-label="Candidates" aria-live="polite" aria-busy={fetching}>
          <Problems of={problemsOf(error)} title="There is no answer" retry={() => ask({ requestPolicy: 'network-only' })} />
          {fetching && <Skeleton lines={2} />}
          {!fetching && data && (data.licenseMatches.length > 0 || !error) && <Candidates matches={data.licenseMatches} />}
        </section>
      )}
    </>
  )
}

/** Two that match equally well share what is certain, so the best of several is no answer below a half. */
const isAmbiguous = (matches: Match[]) => matches.length > 1 && (matches[0]!.confidence < 0.5 || matches[0]!.confidence - matches[1]!.confidence < 0.1)

function Candidates({ matches }: { matches: Match[] }) {
  if (!matches.length) return <Empty>No live subscription of this customer matches, or there is no such customer.</Empty>
  return (
    <>
      {isAmbiguous(matches) && <p className="warning" data-ambiguous>Ambiguous: {matches.length} subscriptions match, and none clearly better than the others. Look at the reasons before you change one.</p>}
      <table className="stacked">
        <thead>
          <tr><th scope="col">Subscription</th><th scope="col">Confidence</th><th scope="col">Rests on</th><th scope="col">Why</th></tr>
        </thead>
        <tbody>
          {matches.map(({ subscription, basis, confidence, reason }) => (
            <tr key={subscription.id} data-match={subscription.subscriptionId}>
              <th scope="row">{subscription.name ?? subscription.subscriptionId}<small>{subscription.subscriptionId}, {subscription.quantity ?? '–'} seats</small> <Badge of={subscription.status} /></th>
              <td data-label="confidence"><span className="together"><meter value={confidence} aria-hidden="true" /> {Math.round(confidence * 100)} %</span></td>
              <td data-label="rests on">{word(basis)}</td>
              <td>{reason}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  )
}
