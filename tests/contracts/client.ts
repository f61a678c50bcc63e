// What a SIS vendor's or a phone's program does all day, typed by nothing but our OpenAPI documents.
// The test compiles it strictly and runs it; what stands here is what docs/integrators.md does with curl.
import createClient from "openapi-fetch";
import type { components as Referrals, paths as ReferralPaths } from "./referral-api.js";
import type { components as Reporting, paths as ReportingPaths } from "./reporting.js";

declare const process: { env: Record<string, string | undefined> };

type Listed = Referrals["schemas"]["ReferralPage"]["items"][number];
type FullRecord = Referrals["schemas"]["ReferralRecord"];
type ImportStatus = Referrals["schemas"]["RosterImport"]["status"];
type FunnelRow = Reporting["schemas"]["FunnelRow"];

/** What a problem document says, whatever was refused. */
class Refused extends Error {
  constructor(readonly problem: Referrals["schemas"]["Problem"]) {
    super(`${problem.status} ${problem.type}: ${problem.detail}`);
  }
}

const of = (baseUrl: string, token: string) => ({ baseUrl, headers: { Authorization: `Bearer ${token}` } });
const referralApi = (url: string, token: string) => createClient<ReferralPaths>(of(url, token));
const reportingApi = (url: string, token: string) => createClient<ReportingPaths>(of(url, token));
type ReferralApi = ReturnType<typeof referralApi>;
type ReportingApi = ReturnType<typeof reportingApi>;

/** How an import stands, and the rows that the SIS vendor is to look at. */
export async function rosterStatus(api: ReferralApi, import_id: string): Promise<[ImportStatus, string[]]> {
  const { data, error } = await api.GET("/v1/roster/imports/{import_id}", { params: { path: { import_id } } });
  if (error) throw new Refused(error);
  return [data.status, data.errors.map((row) => `${row.file}:${row.line} ${row.field} ${row.problem}`)];
}

/** Refer a student, as often as the network needs: the same id and key make it one referral. */
export async function refer(api: ReferralApi, referral_id: string): Promise<{ location: string; etag: string }> {
  const { response, error } = await api.POST("/v1/referrals", {
    params: { header: { "Idempotency-Key": referral_id } },
    body: { referral_id, student_id: "st-1", school_id: "s-1", need: "grief", urgency: "soon", summary: "Sits alone." },
  });
  if (error) throw new Refused(error);
  return { location: response.headers.get("Location") ?? "", etag: response.headers.get("ETag") ?? "" };
}

/** Take one step, meant for the version that was read. */
export async function accept(api: ReferralApi, referral_id: string, etag: string): Promise<void> {
  const { error } = await api.POST("/v1/referrals/{referral_id}/transitions", {
    params: { path: { referral_id }, header: { "If-Match": etag } },
    body: { to: "accepted" },
  });
  if (error) throw new Refused(error);
}

/** A copy of the referrals that converges, however long it was away. `known` is what it holds, `since` where it stood. */
export async function catchUp(api: ReferralApi, known: Map<string, Listed>, since = ""): Promise<string> {
  for (;;) {
    const { data, error } = await api.GET("/v1/referrals", { params: { query: { changed_since: since, limit: 20 } } });
    if (error) throw new Refused(error);
    for (const item of data.items) {
      if ("deleted" in item) known.delete(item.referral_id);
      else known.set(item.referral_id, item);
    }
    since = data.next_cursor ?? since;
    if (data.items.length === 0) return since;
  }
}

/** Only a full record has a summary; a tombstone and a referrer's status have none. */
export function summaryOf(item: Listed): string | undefined {
  if ("deleted" in item) return undefined;
  if ("summary" in item) return (item satisfies FullRecord).summary;
  return item.message_to_referrer ?? undefined;
}

/** How many were submitted, by need; a number that is suppressed is null and not 0. */
export async function submittedByNeed(api: ReportingApi, school_year: number): Promise<Map<string, number | null>> {
  const { data, error } = await api.GET("/v1/views/referral-funnel", { params: { query: { school_year, by: "need" } } });
  if (error) throw new Refused(error);
  if (typeof data === "string") throw new TypeError("CSV comes to whoever asks for it with Accept");
  const submitted = data.rows.filter((row: FunnelRow) => row.stage === "submitted");
  return new Map(submitted.map((row) => [row.need ?? "unknown", row.n]));
}

async function main(env: Record<string, string | undefined>): Promise<void> {
  const { REFERRALS = "", REPORTING = "", COUNSELOR = "", VENDOR = "", IMPORT_ID = "", REFERRAL_ID = "" } = env;
  const api = referralApi(REFERRALS, COUNSELOR);
  const known = new Map<string, Listed>();
  const since = await catchUp(api, known);
  const { location, etag } = await refer(api, REFERRAL_ID);
  await refer(api, REFERRAL_ID);
  await accept(api, REFERRAL_ID, etag);
  const before = known.size;
  await catchUp(api, known, since);
  const mine = known.get(REFERRAL_ID);
  const refusal = await accept(api, REFERRAL_ID, etag).catch((problem: Refused) => problem.problem.type);
  const [status] = await rosterStatus(referralApi(REFERRALS, VENDOR), IMPORT_ID);
  const needs = await submittedByNeed(reportingApi(REPORTING, COUNSELOR), 2027);
  const summary = mine && summaryOf(mine);
  console.log(JSON.stringify({ before, after: known.size, location, summary, refusal, status, grief: needs.get("grief") }));
}

await main(process.env);
