// Judges credentials with libraries that are not ours: jose the signatures, Digital Bazaar's the status list and the
// JSON-LD. Reads cases from standard input, prints one verdict for each. Fetches nothing: what is not handed in fails.
import { readFileSync } from "node:fs";
import { checkStatus } from "@digitalbazaar/vc-bitstring-status-list";
import { createLocalJWKSet, jwtVerify } from "jose";
import jsonld from "jsonld";

/** One credential: verified against the keys, its status looked up in the signed list, its terms expanded. */
async function judge({ jwt, jwks, lists, contexts, issuer }) {
  const keys = createLocalJWKSet(jwks);
  const read = async (token) =>
    (await jwtVerify(token, keys, { issuer, algorithms: ["EdDSA"], typ: "JWT", requiredClaims: ["jti", "nbf"] })).payload;
  const credential = await read(jwt);
  const documentLoader = async (url) => {
    if (contexts[url]) return { documentUrl: url, document: contexts[url] };
    if (lists[url]) return { documentUrl: url, document: await read(lists[url]) };
    throw new Error(`not handed in: ${url}`);
  };
  const { verified, results, error } = await checkStatus({
    credential,
    documentLoader,
    verifyBitstringStatusListCredential: false, // by a Data Integrity proof; ours has a signature, which `read` verifies
  });
  if (!verified) throw error ?? new Error("the status cannot be told");
  const { iss, jti, nbf, exp, ...document } = credential;
  // Safe: a term that no context defines would be dropped silently, and is an error here.
  const [expanded] = await jsonld.expand(document, { documentLoader, safe: true });
  return { holds: true, revoked: results.some((result) => result.status), says: document, types: expanded["@type"] };
}

const verdicts = [];
for (const one of JSON.parse(readFileSync(0, "utf8"))) {
  verdicts.push(await judge(one).catch((error) => ({ holds: false, because: `${error.code ?? error.name}: ${error.message}` })));
}
console.log(JSON.stringify(verdicts));
