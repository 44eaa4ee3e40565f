// Which tabs the page opens with.
//
// A first visit shows the few examples that are meant for it; the pane of examples has them all. A later one shows the session
// as it was left: closed tabs stay closed, and what was edited or added stays as it is. When the gateway has brought other
// examples since, the tabs that nobody touched follow them: one whose operation is written anew shows it as it is now, and
// one whose operation is gone goes too. "Clear data" in the settings, then a reload, brings the first visit back.
import { picksOf, type Example } from './picks';

export type Tab = { query: string; variables?: string; headers?: string };

type Text = { query: string | null; variables?: string | null };
type StoredTab = { id: string; title: string; query: string | null; variables: string | null; headers: string | null; operationName: string | null };
type Session = { tabs: StoredTab[]; activeTabIndex: number };
type Known = { name: string; query: string; variables: string };

const seenKey = 'graphiql:examples';
const sessionKey = 'graphiql:tabState';

/** The tabs for a session that is not stored, the one that is open at the start, and whether this is a first visit. */
export function openSession(store: Storage | null, examples: Example[]): { tabs: Tab[]; active: Tab; first: boolean } {
  const opened = examples.some(one => one.open) ? examples.filter(one => one.open) : examples.slice(0, 1);
  const tabs = opened.map(({ query, variables }) => ({ query, variables }));
  const known = examples.flatMap(formsOf);
  const first = store?.getItem(seenKey) == null;
  const seen = read<Text[]>(store, seenKey) ?? [];
  store?.setItem(seenKey, JSON.stringify(known.map(({ query, variables }) => ({ query, variables }))));

  const session = read<Session>(store, sessionKey);
  if (!Array.isArray(session?.tabs) || session.tabs.length === 0) {
    return { tabs, active: tabs[0] ?? { query: '' }, first };
  }
  const kept = session.tabs.flatMap(tab => followed(tab, seen, known));
  if (kept.length === 0) {
    store?.removeItem(sessionKey);
    return { tabs, active: tabs[0] ?? { query: '' }, first };
  }
  const active = session.tabs[session.activeTabIndex]?.id;
  const activeTabIndex = Math.max(0, kept.findIndex(tab => tab.id === active));
  store?.setItem(sessionKey, JSON.stringify({ ...session, tabs: kept, activeTabIndex }));
  return { tabs, active: fromStored(kept[activeTabIndex]!), first };
}

/** The texts in which an example stands in a tab: the whole file, and each of its operations. */
function formsOf(example: Example): Known[] {
  const picks = picksOf(example);
  const { query, variables = '' } = example;
  return [{ name: picks[0]?.name ?? '', query, variables }, ...picks];
}

/** A stored tab as it is, or as its example is now; nothing where that is gone. */
function followed(tab: StoredTab, seen: Text[], known: Known[]): StoredTab[] {
  const untouched = (tab.query ?? '').trim() !== '' && seen.some(one => same(one, tab));
  if (!untouched || known.some(one => same(one, tab))) {
    return [tab];
  }
  const next = known.find(one => one.name === tab.title);
  return next ? [{ ...tab, query: next.query, variables: next.variables }] : [];
}

function fromStored({ query, variables, headers }: StoredTab): Tab {
  return { query: query ?? '', variables: variables ?? '', headers: headers ?? '' };
}

/** Whether two tabs hold the same operation with the same variables. */
export function same(a: Text, b: Text): boolean {
  return (a.query ?? '') === (b.query ?? '') && (a.variables ?? '') === (b.variables ?? '');
}

function read<T>(store: Storage | null, key: string): T | null {
  try {
    return JSON.parse(store?.getItem(key) ?? 'null') as T | null;
  } catch {
    return null;
  }
}
