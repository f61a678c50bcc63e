// Has the official parser read AsyncAPI documents and prints, as a JSON list, what it understood of each and every
// diagnostic. Usage: node parse_asyncapi.mjs <document.json> ...
import { readFileSync } from "node:fs";
import asyncapi from "@asyncapi/parser";

const reports = [];
for (const path of process.argv.slice(2)) {
  const { document, diagnostics } = await new asyncapi.Parser().parse(readFileSync(path, "utf8"));
  reports.push({
    channels: Object.fromEntries(
      (document?.channels().all() ?? []).map((channel) => [
        channel.address(),
        channel.messages().all().map((message) => message.name()),
      ]),
    ),
    diagnostics: diagnostics.map(({ severity, code, path, message }) => ({
      severity,
      code,
      path: path.join("."),
      message,
    })),
  });
}
console.log(JSON.stringify(reports));
