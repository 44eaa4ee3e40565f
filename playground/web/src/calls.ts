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

/** What came with the last answer; forbidden where the caller may not see it. */
export type Told = { rows?: Call[]; leftOut?: number; took?: number; forbidden?: boolean };

export class Calls {
  private told: Told | null = null;
  private runs = 0;
  private readonly listeners = new Set<() => void>();

  wanted = true;

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

  private tell(told: Told | null) {
    this.told = told;
    this.listeners.forEach(listener => listener());
  }
}
