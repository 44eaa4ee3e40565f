import type { GraphiQLPlugin } from '@graphiql/react';
import { Fragment, useState, useSyncExternalStore, type CSSProperties } from 'react';
import type { Call, Calls, Told } from './calls';

/** The pane with the requests to Stellr of the last answer, each where it stood in time. */
export function waterfallPlugin(calls: Calls): GraphiQLPlugin {
  return {
    title: 'Calls',
    icon: () => (
      <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="2" strokeLinecap="round" aria-hidden="true">
        <path d="M3 5h8M7 12h9M13 19h8" />
      </svg>
    ),
    content: () => <Waterfall calls={calls} />,
  };
}

function Waterfall({ calls }: { calls: Calls }) {
  const told = useSyncExternalStore(calls.subscribe, calls.get);
  const [wanted, setWanted] = useState(calls.wanted);

  return (
    <section className="waterfall">
      <h2>Calls to Stellr</h2>
      <label>
        <input
          type="checkbox"
          checked={wanted}
          onChange={({ target }) => {
            calls.wanted = target.checked;
            setWanted(target.checked);
          }}
        />{' '}
        Ask for them
      </label>
      <p className="hint">An answer that comes with its calls is made for you alone: it is neither shared with others nor kept.</p>
      <div aria-live="polite">{said(told, wanted)}</div>
      {told?.rows && told.rows.length > 0 && <Rows rows={told.rows} took={told.took ?? 0} />}
    </section>
  );
}

/** The sentence above the rows. */
function said(told: Told | null, wanted: boolean): string {
  if (told?.subscription) {
    return 'A subscription comes without its calls: it goes over a WebSocket, on which a page cannot ask for them.';
  }
  if (told?.forbidden) {
    return 'This key may not see how Stellr is asked: that takes the role admin.';
  }
  if (!told?.rows) {
    return wanted ? 'Run a query or a mutation: what it asks of Stellr stands here then.' : 'They are not asked for.';
  }
  if (told.rows.length === 0) {
    return 'Nothing was asked of Stellr.';
  }
  const reused = told.rows.filter(row => row.cached || row.shared).length;
  const sent = told.rows.length - reused + (told.leftOut ?? 0);
  const more = told.leftOut ? ` The first ${told.rows.length} are shown.` : '';
  return `${counted(sent, 'request')} to Stellr, ${counted(reused, 'read')} that needed none, ${told.took} ms in all.${more}`;
}

const counted = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`;

function Rows({ rows, took }: { rows: Call[]; took: number }) {
  const whole = Math.max(took, ...rows.map(row => row.start + row.duration), 0.1);
  return (
    <ol>
      {rows.map((row, i) => (
        <li key={i} data-call={row.action} data-kind={kindOf(row)}>
          <code title={row.action}>
            {row.method} <Breakable path={row.path} />
          </code>
          <span className="outcome">{outcomeOf(row)}</span>
          <span className="track" style={{ '--from': row.start / whole, '--long': row.duration / whole } as CSSProperties}>
            <span className="bar" />
          </span>
        </li>
      ))}
    </ol>
  );
}

/** A path that is broken before a slash where it is too long, and not within a word. */
function Breakable({ path }: { path: string }) {
  return path.split(/(?=\/)/).map((part, i) => (
    <Fragment key={i}>
      {i > 0 && <wbr />}
      {part}
    </Fragment>
  ));
}

function kindOf(row: Call): 'cached' | 'shared' | 'failed' | 'sent' {
  if (row.cached || row.shared) {
    return row.cached ? 'cached' : 'shared';
  }
  return row.code || row.status >= 400 || row.status === 0 ? 'failed' : 'sent';
}

function outcomeOf(row: Call): string {
  switch (kindOf(row)) {
    case 'cached':
      return `kept, ${row.age} s old`;
    case 'shared':
      return 'asked by another';
    default:
      return [row.status || 'no answer', row.code, `${row.duration} ms`, row.attempt > 1 && `attempt ${row.attempt}`].filter(Boolean).join(', ');
  }
}
