import { money, type Amount } from './parts'

export type Figure = { kind: 'cost' | 'price' | 'margin'; of: Amount | undefined }

/** Horizontal bars of amounts in one currency, to the scale of `most`. A loss is drawn hollow. */
export function Bars({ figures, most, label }: { figures: Figure[]; most: number; label: string }) {
  const height = 9
  const said = figures.map(({ kind, of }) => `${kind} ${of ? money(of) : 'not known'}`).join(', ')
  return (
    <svg className="bars" role="img" aria-label={`${label}: ${said}`} width="100%" height={figures.length * height}>
      {figures.map(({ kind, of }, row) => {
        if (!of) return null
        const share = most > 0 ? (Math.abs(Number(of.amount)) / most) * 100 : 0
        return (
          <rect
            key={kind}
            className={`${kind} ${of.amount.startsWith('-') ? 'negative' : ''}`}
            data-value={of.amount}
            y={row * height + 1}
            height={height - 2}
            width={`${Math.min(share, 100)}%`}
            rx="1.5"
          />
        )
      })}
    </svg>
  )
}
