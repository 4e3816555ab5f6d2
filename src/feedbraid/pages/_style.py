"""The style of the pages, and that of feeds which a browser shows as XML (N126).

Bodies of posts keep their classes, so nothing here names one. What is ours is told by where it stands, each step a
child of the one before (`main > article > header`), and a body is `main > article > div`.
"""

from __future__ import annotations

_COLOURS = """\
:root {
  color-scheme: light dark;
  --paper: #fdfcf9; --ink: #23221f; --soft: #605d56; --line: #dfdbd1; --tint: #f3f0e8; --link: #0a5299;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #181715; --ink: #dfdcd4; --soft: #a5a197; --line: #3b3833; --tint: #24221f; --link: #8dbbea;
  }
}
"""

_LANGUAGES = """\
:root, [lang] {
  --text: Charter, "Iowan Old Style", "Source Serif 4", Georgia, "Noto Serif", serif;
  --small: system-ui, -apple-system, "Segoe UI", "Noto Sans", sans-serif;
  --leading: 1.6;
}
:lang(zh) { --text: "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif }
:is(:lang(zh-Hant), :lang(zh-TW), :lang(zh-HK), :lang(zh-MO), :lang(yue)):not(:lang(zh-Hans)) {
  --text: "PingFang TC", "Microsoft JhengHei", "Noto Sans CJK TC", sans-serif;
}
:lang(ja) { --text: "Hiragino Sans", "Yu Gothic Medium", "Noto Sans CJK JP", sans-serif }
:lang(ko) { --text: "Apple SD Gothic Neo", "Malgun Gothic", "Noto Sans CJK KR", sans-serif; word-break: keep-all }
:is(:lang(zh), :lang(yue), :lang(ja), :lang(ko)) { --small: var(--text); --leading: 1.8; line-break: strict }
:is(address, cite, dfn, em, i, q, var):is(:lang(zh), :lang(yue), :lang(ja), :lang(ko)) { font-style: normal }
em:is(:lang(zh), :lang(yue), :lang(ja), :lang(ko)) { font-weight: 600 }
:is(:lang(ar), :lang(fa), :lang(ps), :lang(sd), :lang(ug), :lang(ckb), :lang(ur)) {
  --text: "Noto Naskh Arabic", "Geeza Pro", "Segoe UI", "Noto Serif", serif; --leading: 1.8;
}
:lang(ur) { --text: "Noto Nastaliq Urdu", "Noto Naskh Arabic", "Segoe UI", "Noto Serif", serif; --leading: 2.1 }
"""

_PAGE = """\
* { box-sizing: border-box }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100% }
body {
  max-width: 40rem; margin: 0 auto; padding: 0 1.25rem 3rem;
  background: var(--paper); color: var(--ink); font-size: 1.0625rem; overflow-wrap: break-word;
}
body, main > [lang], main > article > div [lang] { font-family: var(--text); line-height: var(--leading) }
a { color: var(--link); text-decoration-thickness: 1px; text-underline-offset: .18em }
a:hover { text-decoration-thickness: 2px }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px }
h1, h2, h3, h4, h5, h6 { line-height: 1.25; margin: 1.5em 0 .5em; text-wrap: pretty }
body > a { position: absolute; top: -9rem; padding: .5rem .75rem; background: var(--paper) }
body > a:focus { top: .5rem }

body > header, body > footer, main > * > :is(header, p, ul, details, figure) {
  font: .875rem/1.6 var(--small); color: var(--soft);
}
body > header { padding: 1.25rem 0 1.75rem }
body > header > hgroup { margin: 2.25rem 0 1.75rem; font-family: var(--text) }
body > header h1 { margin: 0; font-size: clamp(1.9rem, 6vw, 2.5rem); line-height: 1.15; color: var(--ink) }
body > header > hgroup > p { margin: .6rem 0 0; font-size: 1.125rem; line-height: 1.5 }
:is(body > header, main > section) > ul { list-style: none; margin: .75rem 0; padding: 0 }
:is(body > header, main > section) > ul > li { margin: .35rem 0 }
:is(body > header, main > section) > ul code {
  padding: .15em .4em; border-radius: 3px; background: var(--tint); color: var(--ink);
  overflow-wrap: anywhere; -webkit-user-select: all; user-select: all;
}

@media (max-width: 40rem) {
  :is(body > header, main > section) > ul code { display: block; width: fit-content }
}

main > * { padding: 2.25rem 0; border-top: 1px solid var(--line) }
main > * > h2, main > article > header > h2 { margin: 0; font-size: 1.5rem; line-height: 1.3; color: var(--ink) }
main > * > h2, main > article > header > h2 { font-family: var(--text) }
h2 > a, main > article > header > p a { color: inherit; text-decoration-color: var(--line) }
:is(h2, main > article > header > p) > a:hover { text-decoration-color: currentcolor }
main > * > header > p, main > section > p { margin: .35rem 0 }
time[dir] { white-space: nowrap }
main > section summary { cursor: pointer }
main > article > img { display: block; margin: 1.25rem 0; border-radius: 3px; max-height: 24rem }
main > article > figure { margin: 1.25rem 0 }
main > article > figure > :is(audio, video) { display: block; width: 100%; margin-bottom: .35rem }

main > article > div { margin-top: 1.1rem; overflow-x: auto }
main > article > div > :first-child { margin-top: 0 }
main > article > div > :last-child { margin-bottom: 0 }
main > article > div :is(h1, h2) { font-size: 1.25rem }
main > article > div :is(h3, h4, h5, h6) { font-size: 1.0625rem }
img, video, iframe { max-width: 100% }
img, video { height: auto }
iframe { border: 0 }
figure { margin: 1.25rem 0 }
figcaption, caption { font-size: .875rem; color: var(--soft) }
blockquote { margin: 1.25rem 0; padding-inline-start: 1rem; border-inline-start: 3px solid var(--line) }
ul, ol, dd { padding-inline-start: 1.5rem; margin-inline-start: 0 }
pre, code, kbd, samp, tt { font-family: ui-monospace, Menlo, Consolas, "Noto Sans Mono", monospace, var(--text) }
code, kbd, samp, tt { font-size: .9em }
pre { overflow-x: auto; padding: .9rem 1rem; border-radius: 3px; background: var(--tint); font-size: .875rem }
pre, pre * { line-height: 1.5; overflow-wrap: normal; font-size: .875rem; tab-size: 4 }
table { display: block; max-width: 100%; overflow-x: auto; border-collapse: collapse; font-size: .9375rem }
th, td { padding-block: .35rem; padding-inline: 0 .75rem; border-bottom: 1px solid var(--line) }
th, td, caption { vertical-align: top; text-align: start }
hr { border: 0; border-top: 1px solid var(--line); margin: 2rem 0 }
body > footer { padding-top: 1.5rem; border-top: 1px solid var(--line) }

@media print {
  :root { --paper: #fff; --ink: #000; --soft: #444; --link: #000; --tint: #fff }
  body { max-width: none; font-size: 11pt }
  body > a, body > header > nav, audio, video, iframe { display: none }
  h2, h3, figure, img { break-inside: avoid }
  pre { white-space: pre-wrap }
  pre, table, main > article > div { overflow: visible }
}
"""

STYLE = (_COLOURS + _LANGUAGES + _PAGE).encode()
"""`style.css`: calm, in system fonts, light and dark. Wide things scroll inside themselves, never the page."""

_NAMESPACES = "@namespace atom url(http://www.w3.org/2005/Atom);\n"
"""Holds only at the very beginning of a style (CSS Namespaces 2)."""

_FEED = """\
feed, rss {
  display: block; box-sizing: border-box; max-width: 40rem; margin: 0 auto; padding: 2rem 1.25rem;
  background: var(--paper); color: var(--ink); font-family: var(--text); line-height: 1.6;
  overflow-wrap: break-word;
}
feed::before, rss::before {
  content: "This is a feed. Subscribe by copying its address into a feed reader.";
  font: .875rem/1.6 var(--small); color: var(--soft);
}
feed > *, channel > *, entry > *, item > * { display: none }
channel, entry, item,
atom|feed > atom|title, atom|feed > atom|subtitle, |channel > |title, |channel > |description,
atom|entry > atom|title, atom|entry > atom|published, atom|entry > atom|summary,
|item > |title, |item > |pubDate { display: block }
atom|feed > atom|title, |channel > |title { margin-top: 1rem; font-size: 2rem; font-weight: bold }
atom|feed > atom|title, |channel > |title { line-height: 1.2 }
atom|feed > atom|subtitle, |channel > |description { margin: .5rem 0 1rem; color: var(--soft) }
entry, item { padding: 1.25rem 0; border-top: 1px solid var(--line); font-family: var(--text) }
title, subtitle, summary, description { unicode-bidi: plaintext; text-align: start }
atom|entry > atom|title, |item > |title { font-size: 1.25rem; font-weight: bold; line-height: 1.3 }
published, pubDate { font: .875rem/1.6 var(--small); color: var(--soft) }
"""

FEED_STYLE = (_NAMESPACES + _COLOURS + _LANGUAGES.replace(":root, [lang]", ":root") + _FEED).encode()
"""`feed.css`: titles, dates, plain summaries. A browser shows HTML in a feed as source, so bodies are hidden."""

_STATES = """\
:root { --good: #1d6b3a; --warn: #8a5200; --bad: #a8201a; --same: #8fa9bf; --new: #2e6f9e }
@media (prefers-color-scheme: dark) {
  :root { --good: #7fcf9a; --warn: #e8b567; --bad: #ff9c93; --same: #56708a; --new: #7db9e8 }
}
"""

_STATUS = """\
* { box-sizing: border-box }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100% }
body {
  max-width: 84rem; margin: 0 auto; padding: 0 1.25rem 3rem;
  background: var(--paper); color: var(--ink);
  font: .9375rem/1.5 var(--small); overflow-wrap: anywhere;
}
a { color: var(--link); text-decoration-thickness: 1px; text-underline-offset: .18em }
a:hover { text-decoration-thickness: 2px }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px }
body > a { position: absolute; top: -9rem; padding: .5rem .75rem; background: var(--paper) }
body > a:focus { top: .5rem }
h1, h2 { font-family: var(--text); line-height: 1.25 }
h1 { margin: 1.5rem 0 .5rem; font-size: clamp(1.6rem, 5vw, 2.2rem) }
h2 { margin: 0 0 .75rem; font-size: 1.35rem }
body > header { padding: 1.25rem 0 .5rem }
body > header > p { margin: .35rem 0; color: var(--soft) }
body > header > .summary { font-size: 1.0625rem; color: var(--ink) }
.look { display: flex; flex-wrap: wrap; gap: 0 1.25rem; margin: .25rem 0; padding: 0; list-style: none }
.troubles { margin: 1rem 0; padding: .6rem 1rem; list-style: none; border-inline-start: 4px solid var(--bad) }
.troubles { background: var(--tint) }
section { padding: 1.75rem 0 .5rem; scroll-margin-top: .5rem }
section > p { margin: 0 0 .75rem; color: var(--soft) }
ul, ol { margin: 0; padding-inline-start: 1.25rem }
time { white-space: nowrap }
code { font: .8125rem/1.5 ui-monospace, Menlo, Consolas, "Noto Sans Mono", monospace, var(--small) }
small { display: block; font-size: .8125rem; color: var(--soft) }
.error { margin: .35rem 0; color: var(--bad) }
.incidents { list-style: none; padding: 0 }
.incidents p { margin: .25rem 0; color: var(--soft) }
.incidents > li > .error { color: var(--bad) }
.incidents > li { padding: .5rem 0; border-top: 1px solid var(--line) }

table { width: 100%; border-collapse: collapse }
caption { padding: 0 0 .5rem; text-align: start; color: var(--soft) }
th, td { padding: .6rem .6rem .25rem 0; text-align: start; vertical-align: top }
th { font-weight: 600 }
thead th { padding-bottom: .4rem; font-size: .8125rem; color: var(--soft); white-space: nowrap }
tbody { border-top: 1px solid var(--line) }
tbody:target { background: var(--tint) }
tbody th { min-width: 10rem; max-width: 16rem }
tbody td:last-child { min-width: 8.5rem }
tbody th > code { display: block; font-weight: 400; color: var(--soft) }
tbody th > :first-child {
  display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 3; line-clamp: 3; overflow: hidden;
}
tbody th > :first-child:focus-visible { -webkit-line-clamp: none; line-clamp: none }
.more > td { padding: 0 0 .6rem; font-size: .875rem }
.more > td > div { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 1.5rem }
.more > td > div > :is(details[open], .error) { flex: 1 0 100% }
.more p { margin: 0; padding: .15rem 0; color: var(--soft) }
.more .error { color: var(--bad) }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: .5rem 0 }
dt { font-weight: 600 }
dd { margin: 0 }
summary { cursor: pointer; padding: .15rem 0 }
details > :is(ul, ol) { margin: .25rem 0 .5rem; padding-inline-start: 1.25rem; list-style: disc }
.state { display: inline-block; padding: 0 .5em; border: 1px solid; border-radius: 1em; white-space: nowrap }
.state { font-weight: 600 }
.good { color: var(--good) }
.failing, .silent { color: var(--warn) }
.broken, .gone { color: var(--bad) }
.paused, .never-read { color: var(--soft) }
svg { display: block; max-width: 100%; overflow: visible }
svg .line { fill: var(--line) }
svg .new { fill: var(--new) }
svg .same { fill: var(--same) }
svg .failed { fill: var(--bad) }
body > footer { margin-top: 1.5rem; padding-top: .75rem; border-top: 1px solid var(--line); color: var(--soft) }

@media (max-width: 64rem) {
  table, tbody, tr, th, td { display: block; width: 100% }
  caption { display: block }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
  tbody {
    margin: 0 0 1rem; padding: .75rem 1rem; border: 1px solid var(--line); border-radius: .5rem;
    scroll-margin-top: .5rem;
  }
  tbody th { max-width: none; padding: 0 0 .4rem; font-size: 1.0625rem }
  td[data-label] { display: flex; gap: 1rem; padding: .2rem 0 }
  td[data-label]::before { content: attr(data-label); flex: 0 0 8.5rem; overflow-wrap: normal; color: var(--soft) }
  td[data-label] > div { flex: 1; min-width: 0 }
  .more > td { padding: .4rem 0 0 }
}
@media (min-width: 40.01rem) and (max-width: 64rem) {
  tbody { display: grid; grid-template-columns: 1fr 1fr; gap: 0 1.5rem }
  tbody > tr:first-child { display: contents }
  tbody th, .more { grid-column: 1 / -1 }
}
@media print {
  :root { --paper: #fff; --ink: #000; --soft: #444; --link: #000; --tint: #fff }
  body > a, nav { display: none }
  tbody { break-inside: avoid }
}
"""

STATUS_STYLE = (_COLOURS + _STATES + _LANGUAGES.replace(":root, [lang]", ":root") + _STATUS).encode()
"""`status/style.css`: a table on wide screens, cards on narrow ones."""
