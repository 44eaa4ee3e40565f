import { useCallback, useEffect, useRef, useState, useSyncExternalStore, type FormEvent } from 'react'
import { Provider } from 'urql'
import { CustomerPage } from './customer'
import { connect, keepKey, KeyWanted, type Gateway, type Problem } from './gateway'
import { LicensesPage } from './licenses'
import { Overview } from './overview'
import { Problems, Skeleton } from './parts'

type State = { gateway: Gateway } | { wanted: string } | { problems: Problem[] } | 'connecting'

export function App() {
  const [state, setState] = useState<State>('connecting')
  const [attempt, setAttempt] = useState(0)
  const again = useCallback(() => {
    setState('connecting')
    setAttempt(n => n + 1)
  }, [])

  useEffect(() => {
    let current = true
    let gateway: Gateway | undefined
    const tell = (next: State) => current && setState(next)
    const wanted = () => {
      keepKey(null)
      tell({ wanted: 'The key is not good any more.' })
    }
    connect(wanted).then(
      made => {
        gateway = made
        if (current) tell({ gateway: made })
        else void made.socket.dispose()
      },
      (failure: Error & { problems?: Problem[] }) => {
        if (failure instanceof KeyWanted) tell({ wanted: failure.message })
        else tell({ problems: failure.problems?.length ? failure.problems : [{ message: failure.message }] })
      },
    )
    return () => {
      current = false
      void gateway?.socket.dispose()
    }
  }, [attempt])

  if (state === 'connecting') return <main><Skeleton lines={8} /></main>
  if ('problems' in state) return <main><Problems of={state.problems} title="The gateway does not answer" retry={again} /></main>
  if ('wanted' in state) return <KeyForm why={state.wanted} onKey={again} />
  return (
    <Provider value={state.gateway.client}>
      <Frame gateway={state.gateway} forget={() => { keepKey(null); again() }} />
    </Provider>
  )
}

/** Routes are behind the #, so that any server of files will do. */
const useRoute = () =>
  useSyncExternalStore(
    listener => {
      addEventListener('hashchange', listener)
      return () => removeEventListener('hashchange', listener)
    },
    () => location.hash.replace(/^#/, '') || '/',
  )

function Frame({ gateway, forget }: { gateway: Gateway; forget: () => void }) {
  const route = useRoute()
  const main = useRef<HTMLElement>(null)
  const first = useRef(true)
  useEffect(() => {
    if (!first.current) main.current?.focus() // a new page begins at its beginning, for those who cannot see that it is new
    first.current = false
  }, [route])
  const { viewer, upstream } = gateway.who
  const customerNo = /^\/customers\/(.+)$/.exec(route)?.[1]
  return (
    <>
      <a className="skip" href="#main" onClick={event => { event.preventDefault(); main.current?.focus() }}>Skip to the page</a>
      <header>
        <nav aria-label="Pages">
          <a href="#/" aria-current={route === '/' ? 'page' : undefined}>Overview</a>
          <a href="#/licenses" aria-current={route.startsWith('/licenses') ? 'page' : undefined}>Licenses</a>
        </nav>
        <p className="who">
          {viewer.subject} · {upstream.simulated ? 'simulator: nothing is real' : `${upstream.region}${upstream.sandbox ? ', sandbox' : ''}`}
          {viewer.subject !== 'local' && <button type="button" onClick={forget}>Forget the key</button>}
        </p>
      </header>
      <main ref={main} tabIndex={-1} id="main">
        {customerNo ? (
          <CustomerPage key={customerNo} customerNo={decodeURIComponent(customerNo)} gateway={gateway} />
        ) : route.startsWith('/licenses') ? (
          <LicensesPage key={route} customerNo={decodeURIComponent(route.slice('/licenses/'.length))} />
        ) : (
          <Overview />
        )}
      </main>
    </>
  )
}

function KeyForm({ why, onKey }: { why: string; onKey: () => void }) {
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    keepKey(String(new FormData(event.currentTarget).get('key')).trim())
    onKey()
  }
  return (
    <main>
      <form className="card narrow" onSubmit={submit}>
        <h1>A key, please</h1>
        <p>This gateway answers those who show an API key or a token. It is kept until this tab is closed, and nowhere else.</p>
        {why && <p role="alert" className="problems">{why}</p>}
        <label>
          Key
          <input name="key" type="password" autoComplete="off" required autoFocus />
        </label>
        <button className="primary">Go on</button>
      </form>
    </main>
  )
}
