import type { Fetcher } from '@graphiql/toolkit';
import { getOperationAST, OperationTypeNode } from 'graphql';
import type { Calls } from './calls';
import type { Key } from './key';

/** The fetcher with the key of whoever asks. Queries and mutations are asked for their calls; the page's own questions are not. */
export function asking(send: Fetcher, key: Key, calls: Calls): Fetcher {
  return (params, options) => {
    const own = options?.headers ?? {};
    const named = Object.keys(own).some(name => name.toLowerCase() === 'authorization');
    const headers = { ...(named ? {} : key.headers()), ...own };
    const operation = options?.documentAST && getOperationAST(options.documentAST, params.operationName ?? undefined);
    if (operation?.operation === OperationTypeNode.SUBSCRIPTION) {
      calls.subscribed();
    }
    if (!operation || operation.operation === OperationTypeNode.SUBSCRIPTION) {
      return send(params, { ...options, headers });
    }
    const answer = send(params, { ...options, headers: { ...calls.headers(), ...headers } });
    return calls.follow(Promise.resolve(answer as Promise<unknown>)) as ReturnType<Fetcher>;
  };
}
