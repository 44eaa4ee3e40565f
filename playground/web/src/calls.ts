// What the last answer was made of, as the gateway tells it to those who may know.

/** One request to Stellr, or one read that needed none. Times are in milliseconds. */
export type Call = {
  action: string;
  method: string;
  path: string;
  status: number; // 0 where no answer came, and where nothing was sent
  start: number;
  duration: number;
  attempt: number;
  code: string; // of the failure
  cached: boolean;
  shared: boolean;
  age: number; // in seconds
};

/** What came with the last answer; forbidden where the caller may not see it. A subscription comes without: the header cannot go with a WebSocket. */
export type Told = { rows?: Call[]; leftOut?: number; took?: number; forbidden?: boolean; subscription?: boolean };

// Beside GraphiQL's own settings, so that "Clear data" forgets it with them.
const wantedKey = 'graphiql:calls';

export class Calls {
  private told: Told | null = null;
  private runs = 0;
  private readonly listeners = new Set<() => void>();

  private asked: boolean;

  constructor(private readonly store: Storage | null) {
    this.asked = store?.getItem(wantedKey) !== 'false';
  }

  /** Whether the calls are asked for; kept between visits. */
  get wanted(): boolean {
    return this.asked;
  }

  set wanted(wanted: boolean) {
    this.asked = wanted;
    this.store?.setItem(wantedKey, String(wanted));
  }

  get = () => this.told;

  subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Asks for the calls of an operation, if they are wanted. */
  headers(): Record<string, string> {
    return this.wanted ? { 'X-Gateway-Calls': '1' } : {};
  }

  /**
   * Takes the calls out of an answer, which is shown without them. Only the run that was begun last is told of: those of
   * another would stand beside its answer. So nothing is told of one that is under way, or that failed.
   */
  async follow<Answer>(answer: Promise<Answer>): Promise<Answer> {
    const run = ++this.runs;
    this.tell(null);
    const whole = await answer;
    const { extensions, ...rest } = (whole ?? {}) as { extensions?: { calls?: Told } };
    const { calls, ...others } = extensions ?? {};
    if (!calls) {
      return whole;
    }
    if (run === this.runs) {
      this.tell(calls);
    }
    return (Object.keys(others).length > 0 ? { ...rest, extensions: others } : rest) as Answer;
  }

  /** A subscription has begun: there are no calls to tell of, and those of the answer before it are not its own. */
  subscribed() {
    this.runs++;
    this.tell({ subscription: true });
  }

  private tell(told: Told | null) {
    this.told = told;
    this.listeners.forEach(listener => listener());
  }
}
