// The API key of whoever asks. It is kept until the browser's tab is closed, and only there: not in GraphiQL's history, its
// tabs or an address. A page that may not store anything keeps it until it is left.
const name = 'stellr:key';

export class Key {
  private value = '';

  constructor(private readonly store: Storage | null) {
    this.value = store?.getItem(name) ?? '';
  }

  get = () => this.value;

  set(value: string) {
    this.value = value.trim();
    if (this.value) {
      this.store?.setItem(name, this.value);
    } else {
      this.store?.removeItem(name);
    }
  }

  /** What an operation is sent with, unless it has such a header of its own. */
  headers(): Record<string, string> {
    return this.value ? { Authorization: `Bearer ${this.value}` } : {};
  }
}

/** The store of this tab of the browser, or null where it is switched off. */
export function tabStore(): Storage | null {
  try {
    return window.sessionStorage;
  } catch {
    return null;
  }
}
