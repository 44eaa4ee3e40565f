import { useGraphiQLActions, type GraphiQLPlugin } from '@graphiql/react';
import { useState } from 'react';
import type { Key } from './key';

/** The pane for the API key, with the way to the schema. */
export function accessPlugin(key: Key): GraphiQLPlugin {
  return {
    title: 'Key and schema',
    icon: () => (
      <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="2" strokeLinecap="round" aria-hidden="true">
        <circle cx="8" cy="12" r="4" />
        <path d="M12 12h9m-3 0v4" />
      </svg>
    ),
    content: () => <Access kept={key} />,
  };
}

function Access({ kept }: { kept: Key }) {
  const { introspect, setVisiblePlugin } = useGraphiQLActions();
  const [typed, setTyped] = useState(kept.get());
  const [said, setSaid] = useState('');

  const use = (value: string) => {
    kept.set(value);
    setTyped(kept.get());
    setSaid(kept.get() ? 'The key is sent from now on.' : 'There is no key any more.');
    void introspect(); // who asks may see another schema, or see it at last
  };

  return (
    <section className="access">
      <h2>API key</h2>
      <form
        onSubmit={event => {
          event.preventDefault();
          use(typed);
        }}
      >
        <label>
          Key
          <input name="key" type="password" autoComplete="off" spellCheck={false} value={typed} onChange={({ target }) => setTyped(target.value)} />
        </label>
        <button type="submit">Use</button>
        <button type="button" onClick={() => use('')}>
          Forget
        </button>
      </form>
      <p aria-live="polite">{said}</p>
      <p className="hint">
        It is sent as <code>Authorization: Bearer …</code> with every operation that has no such header of its own, and kept until this tab of the
        browser is closed.
      </p>
      <h2>Schema</h2>
      <p className="ways">
        <button type="button" onClick={() => setVisiblePlugin('Documentation Explorer')}>
          Documentation
        </button>
        <a href="schema.graphql" onClick={event => kept.get() && (event.preventDefault(), void download(kept, setSaid))}>
          schema.graphql
        </a>
      </p>
    </section>
  );
}

/** A link sends no key, so where there is one the file is fetched. */
async function download(kept: Key, tell: (problem: string) => void) {
  const answer = await fetch('schema.graphql', { headers: kept.headers() }).catch(() => null);
  if (!answer?.ok) {
    tell(answer ? `The schema was refused (${answer.status}).` : 'The gateway was not reached.');
    return;
  }
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await answer.blob());
  link.download = 'schema.graphql';
  link.click();
  URL.revokeObjectURL(link.href);
}
