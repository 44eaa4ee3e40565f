import type { ReactNode } from 'react'
import type { Problem } from './gateway'

export type Amount = { amount: string; currency: string }

/** An amount, exactly as it came: Intl takes decimal texts without making binary fractions of them. */
export const money = ({ amount, currency }: Amount) =>
  new Intl.NumberFormat('en-US', { style: 'currency', currency, currencyDisplay: 'code' }).format(amount as Intl.StringNumericLiteral)

/** One or more amounts, or why there is none. */
export function Money({ of, problem }: { of?: Amount | null; problem?: Problem }) {
  if (problem) return <Missing problem={problem} />
  if (!of) return <span className="unknown" title="not known">–</span>
  return <span className={`money ${of.amount.startsWith('-') ? 'negative' : ''}`}>{money(of)}</span>
}

/** Stands where a part of the answer is missing. */
export function Missing({ problem }: { problem: Problem }) {
  const details = [problem.message, problem.requestId && `Request ${problem.requestId}`].filter(Boolean).join(' ')
  return (
    <span className="missing" title={details}>
      not available <code>{problem.code}</code>
      <span className="unseen">{details}</span>
    </span>
  )
}

/** What went wrong, with what support asks for. */
export function Problems({ of, title = 'Something is missing here', retry }: { of: Problem[]; title?: string; retry?: () => void }) {
  if (!of.length) return null
  const alike = new Map<string, Problem[]>() // one failure is often told of many places
  for (const problem of of) {
    const key = JSON.stringify([problem.message, problem.code, problem.requestId])
    alike.set(key, [...(alike.get(key) ?? []), problem])
  }
  return (
    <div className="problems" role="alert">
      <strong>{title}</strong>
      <ul>
        {[...alike].slice(0, 5).map(([key, [problem, ...others]]) => (
          <li key={key}>
            {problem!.message} {problem!.code && <code>{problem!.code}</code>}{' '}
            {problem!.requestId && <small>request <code>{problem!.requestId}</code></small>}
            {others.length > 0 && <small> in {others.length + 1} places</small>}
          </li>
        ))}
        {alike.size > 5 && <li>and {alike.size - 5} more</li>}
      </ul>
      {retry && <button type="button" onClick={retry}>Try again</button>}
    </div>
  )
}

/** Stands where something is on its way. */
export function Skeleton({ lines = 5 }: { lines?: number }) {
  return (
    <div className="skeleton" role="status">
      <span className="unseen">Loading…</span>
      {Array.from({ length: lines }, (_, i) => <div key={i} aria-hidden="true" />)}
    </div>
  )
}

type PagingProps = {
  pages: string[] // the cursors that led here
  to: (pages: string[]) => void
  info: { hasNextPage: boolean; endCursor?: string | null }
  children: ReactNode
}

/** Where one stands in a list, and the ways to its next page and back. */
export const Paging = ({ pages, to, info, children }: PagingProps) => (
  <div className="row paging">
    <p aria-live="polite">{children}</p>
    <Way open={pages.length > 0} go={() => to(pages.slice(0, -1))}>Previous</Way>
    <Way open={info.hasNextPage} go={() => info.endCursor && to([...pages, info.endCursor])}>Next</Way>
  </div>
)

/** A way that may be closed. It is no disabled button then, which would lose the focus of whoever came to the end by it. */
const Way = ({ open, go, children }: { open: boolean; go: () => void; children: string }) => (
  <button type="button" aria-disabled={!open || undefined} onClick={() => open && go()}>{children}</button>
)

export const Empty = ({ children }: { children: ReactNode }) => <p className="empty">{children}</p>

/** A word of an enum, as people write it. */
export const word = (value: string | null | undefined) =>
  value ? value.charAt(0) + value.slice(1).toLowerCase().replaceAll('_', ' ') : 'unknown'

export const Badge = ({ of }: { of: string | null | undefined }) => <span className={`badge ${(of ?? 'other').toLowerCase()}`}>{word(of)}</span>
