// Monaco's workers are files of this server; build.mjs puts in the names with their hashes.
declare const WORKERS: Record<string, string>;

Object.assign(globalThis, {
  MonacoEnvironment: {
    getWorker(_id: string, label: string): Worker {
      const file = WORKERS[label] ?? WORKERS.editor!;
      return new Worker(new URL(file, import.meta.url));
    },
  },
});

export {};
