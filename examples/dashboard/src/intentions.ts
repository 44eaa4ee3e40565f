import { useSyncExternalStore } from 'react'
import type { Amount } from './parts'

/**
 * One thing that somebody means to do, with the key that makes it happen once. It is kept for as long as the tab is
 * open: whatever breaks on the way, a reload or a second try finds the same key, and the gateway orders nothing twice.
 */
export type Intention = {
  key: string
  customerNo: string
  subscriptionId: string
  name: string
  from: number
  to: number
  confirmDuplicate: boolean
  cost: Amount | null // each month, as the dry run said when it was confirmed
  costNow: Amount | null
  sent: boolean // set before the first request leaves
}

const prefix = 'stellr-dashboard.intention.'
const nameOf = (of: Pick<Intention, 'customerNo' | 'subscriptionId'>) => `${prefix}${of.customerNo}.${of.subscriptionId}`
const listeners = new Set<() => void>()
const tell = () => listeners.forEach(listener => listener())

export function keep(intention: Intention) {
  sessionStorage.setItem(nameOf(intention), JSON.stringify(intention))
  tell()
}

export function forget(intention: Intention) {
  sessionStorage.removeItem(nameOf(intention))
  tell()
}

/** A key for one intention. (crypto.randomUUID is there on https only, and the gateway may be on a plain address.) */
export const newKey = () => `dashboard-${Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, '0')).join('')}`

/** What is under way for a customer, by subscription. */
export function useIntentions(customerNo: string): Intention[] {
  const kept = useSyncExternalStore(
    listener => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    () =>
      JSON.stringify(
        Object.keys(sessionStorage)
          .filter(name => name.startsWith(`${prefix}${customerNo}.`))
          .sort()
          .map(name => sessionStorage.getItem(name)),
      ),
  )
  return (JSON.parse(kept) as string[]).map(text => JSON.parse(text) as Intention)
}
