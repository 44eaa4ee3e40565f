// What the browser keeps between visits. Headers carry keys and tokens, so they are kept
// only by someone who says so in the settings ("Persist headers"). GraphiQL puts them into
// its history all the same, and a late write can bring them back after the switch is off:
// so the switch is obeyed here, where everything passes.
const prefix = 'graphiql:';
const switchKey = prefix + 'shouldPersistHeaders';
const headersKey = prefix + 'headers';
const carriers = [headersKey, prefix + 'tabState', prefix + 'queries', prefix + 'favorites'];

export function persistsHeaders(store: Storage | null): boolean {
  return store?.getItem(switchKey) === 'true';
}

/** The browser's store, or null where it is switched off. */
export function browserStore(): Storage | null {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

/** A view of the store, for GraphiQL, that keeps headers only while the switch is on. */
export function careful(store: Storage): Storage {
  const ownKeys = () => Object.keys(store).filter(key => key.startsWith(prefix));
  const whole = new Map<string, string>(); // as GraphiQL wrote them, for the switch to go on

  function setItem(key: string, value: string) {
    if (!carriers.includes(key)) {
      store.setItem(key, value);
    } else {
      whole.set(key, value);
      write(key, value);
    }
    if (key === switchKey) {
      carriers.forEach(carrier => write(carrier, whole.get(carrier) ?? store.getItem(carrier)));
    }
  }

  function write(key: string, value: string | null) {
    const kept = persistsHeaders(store) ? value : withoutHeaders(key, value);
    if (kept === null) {
      store.removeItem(key);
    } else {
      store.setItem(key, kept);
    }
  }

  function removeItem(key: string) {
    whole.delete(key);
    store.removeItem(key);
  }

  return {
    getItem: key => store.getItem(key),
    setItem,
    removeItem,
    clear: () => ownKeys().forEach(removeItem),
    key: index => ownKeys()[index] ?? null,
    get length() {
      return ownKeys().length;
    },
  };
}

function withoutHeaders(key: string, value: string | null): string | null {
  if (value === null || key === headersKey) {
    return null;
  }
  return JSON.stringify(JSON.parse(value), (name, part) => (name === 'headers' ? null : part));
}
