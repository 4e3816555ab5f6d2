// What the scripts in the manner of NodeBE4 do with rss-parser: a Markdown file for each new item, a text file of the
// links that were seen. `node _posts.cjs FOLDER`, with the addresses in FOLDER/urls.
const fs = require("fs");
const path = require("path");
const Parser = require("rss-parser");

const [folder] = process.argv.slice(2);
const posts = path.join(folder, "_posts");
const seenFile = path.join(folder, "seen.txt");
const AT_ONCE = 16;

async function main() {
  fs.mkdirSync(posts, { recursive: true });
  const urls = fs.readFileSync(path.join(folder, "urls"), "utf8").split("\n").filter(Boolean);
  const seen = new Set(fs.existsSync(seenFile) ? fs.readFileSync(seenFile, "utf8").split("\n") : []);
  const parser = new Parser({ timeout: 10000 });
  let next = 0;
  async function work() {
    while (next < urls.length) {
      const number = next++;
      try {
        const feed = await parser.parseURL(urls[number]);
        for (const [place, item] of feed.items.entries()) write(feed, item, number, place);
      } catch (error) {
        console.error(urls[number], error.message);
      }
    }
  }
  function write(feed, item, number, place) {
    if (!item.link || seen.has(item.link)) return;
    seen.add(item.link);
    const date = item.isoDate || "1970-01-01T00:00:00.000Z";
    const title = (item.title || "").replace(/"/g, "'");
    const body = item["content:encoded"] || item.content || "";
    const stamp = `${Date.parse(date)}`.padEnd(13, "0");
    const name = `${date.slice(0, 10)}-${number}-${place}-${stamp}.md`;
    fs.writeFileSync(
      path.join(posts, name),
      `---\nlayout: post\ntitle: "${title}"\ndate: ${date}\nauthor: ${feed.title}\nfrom: ${item.link}\n` +
        `tags: [ ${feed.title} ]\ncategories: [ ${feed.title} ]\n---\n<!--${stamp}-->\n` +
        `[${title}](${item.link})\n------\n\n<div>\n${body}\n</div>\n`,
    );
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  fs.writeFileSync(seenFile, [...seen].join("\n"));
}

main();
