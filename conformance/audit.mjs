// Runs the 61 server audits of the reference implementation of GraphQL over HTTP against a URL.
//
//   node audit.mjs http://127.0.0.1:8080/graphql
//
// Prints each audit that is not ok, and exits 1 unless all of them are: the optional ones count too. A gateway that
// wants a key gets the one in GATEWAY_KEY.
import { serverAudits } from 'graphql-http';

const expected = 61;

const url = process.argv[2];
if (!url) {
  console.error('usage: node audit.mjs URL');
  process.exit(2);
}
const key = process.env.GATEWAY_KEY;

function fetchFn(input, init = {}) {
  if (!key) return fetch(input, init);
  return fetch(input, { ...init, headers: { ...init.headers, authorization: `Bearer ${key}` } });
}

let ok = 0;
const audits = serverAudits({ url, fetchFn });
for (const audit of audits) {
  const result = await audit.fn();
  if (result.status === 'ok') {
    ok++;
    continue;
  }
  console.log(`${result.status} ${result.id} ${result.name}`);
  console.log(`  ${result.reason}; status ${result.response.status}, ${result.response.headers.get('content-type')}`);
}
console.log(`${ok}/${audits.length} audits are ok`);
process.exit(ok === expected && audits.length === expected ? 0 : 1);
