// Which tabs the page opens with.
//
// A first visit shows the examples. A later one shows the session as it was left, closed
// tabs stay closed. When the gateway has brought other examples since, those nobody touched
// give way to the new ones, and tabs that were edited or added stay behind them.
// "Clear data" in the settings, then a reload, brings the first visit back.
export type Tab = { query: string; variables?: string; headers?: string };

type StoredTab = { query: string | null; variables: string | null; headers: string | null };
type Session = { tabs: StoredTab[]; activeTabIndex: number };

const seenKey = 'graphiql:examples';
const sessionKey = 'graphiql:tabState';

export function readExamples(): Tab[] {
  const text = document.getElementById('examples')?.textContent;
  return text ? (JSON.parse(text) as Tab[]) : [];
}

/** The tabs for a session that is not stored, and the one that is open at the start. */
export function openSession(store: Storage | null, examples: Tab[]): { tabs: Tab[]; active: Tab } {
  const first = examples[0] ?? { query: '' };
  const session = read<Session>(store, sessionKey);
  const seen = read<Tab[]>(store, seenKey) ?? [];
  store?.setItem(seenKey, JSON.stringify(examples));

  if (!Array.isArray(session?.tabs) || session.tabs.length === 0) {
    return { tabs: examples, active: first };
  }
  if (JSON.stringify(seen) === JSON.stringify(examples)) {
    return { tabs: examples, active: fromStored(session.tabs[session.activeTabIndex] ?? session.tabs[0]!) };
  }
  const known = [...seen, ...examples];
  const own = session.tabs.map(fromStored).filter(tab => tab.query.trim() && !known.some(one => same(one, tab)));
  store?.removeItem(sessionKey);
  return { tabs: [...examples, ...own], active: first };
}

function fromStored({ query, variables, headers }: StoredTab): Tab {
  return { query: query ?? '', variables: variables ?? '', headers: headers ?? '' };
}

function same(a: Tab, b: Tab): boolean {
  return a.query === b.query && (a.variables ?? '') === (b.variables ?? '');
}

function read<T>(store: Storage | null, key: string): T | null {
  try {
    return JSON.parse(store?.getItem(key) ?? 'null') as T | null;
  } catch {
    return null;
  }
}
