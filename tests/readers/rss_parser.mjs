// A reader made with rss-parser, as small as they come: it fetches a feed, keeps what it has not seen by id, and
// prints all that it holds.   node rss_parser.mjs URL STORE
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import Parser from "rss-parser";

const [url, store] = process.argv.slice(2);
const held = existsSync(store) ? JSON.parse(readFileSync(store, "utf8")) : [];
const known = new Set(held.map((item) => item.id));
const feed = await new Parser({ timeout: 30_000 }).parseURL(url);
for (const item of feed.items) {
  const id = item.guid ?? item.id;
  if (!known.has(id)) held.push({ id, link: item.link, title: item.title ?? "" });
}
writeFileSync(store, JSON.stringify(held));
console.log(JSON.stringify(held));
