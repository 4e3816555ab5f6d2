"""Lead links straight to their pages: without tracking parameters, and without redirects that count readers.

Known tracking parameters, such as `utm_source` and `fbclid`, are removed from all links when posts are taken in,
unless `clean: {tracking_parameters: true}` keeps them. This filter removes them, too, and those that you name.

Many services do not link to a page but to themselves, with the address of the page in it, to count who goes
there. This filter puts the address of the page in the place of such a link. It asks nobody: it only does what
can be read from the address. Known are the redirects of Google (also of its news and alerts), Bing News,
DuckDuckGo, Facebook, Instagram, Threads, Messenger, WhatsApp, Reddit, Tumblr, YouTube, LinkedIn, Steam, Slack,
VK, Disqus, SoundCloud, Pocket, Medium, Bluesky, Telegram, DeviantArt, Pixiv, Zhihu, Jianshu, Juejin, CSDN,
Douban, Weibo, Gitee, sspai, OSChina and QQ; Outlook's Safe Links, links in mail of Amazon SES (awstrack.me),
href.li and anonym.to. A redirect behind a redirect is removed as well.

Addresses that say nothing of the page stay as they are: those of t.co, bit.ly and feedproxy.google.com, and most
links of newsletters. Links of advertising partners stay, too: they are how some sites earn their living.

It is done for the links and quotations in the text, for the link of the post, that to its comments, and its
other links, but not for pictures and films. The post keeps its identity: it is still known by the address that
its source gave, so nobody sees it twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from fnmatch import translate
from typing import Annotated
from urllib.parse import unquote

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from feedbraid import tracking
from feedbraid.forms import Form, OneOrMore

from . import Each, Example, Filter, Mistake, Setting, _body, _proxies

# --- options ----------------------------------------------------------------------------------------------


def _parameter(stated: str) -> str:
    name = stated.strip().lower()
    if not name or re.search(r"[\s&=?#/]", name):
        raise ValueError(f"{stated!r} is no name of a parameter: write it alone, such as ref or spm_*")
    if not name.strip("*"):
        raise ValueError("this removes every parameter, and many pages need theirs: name those that are to go")
    return name


def _holder(stated: str) -> str:
    name = stated.strip()
    if not name or re.search(r"[\s&=?#/*]", name):
        raise ValueError(f"{stated!r} is no name of a parameter: write the one that has the address, such as url")
    return name


_Holder = Annotated[str, AfterValidator(_holder)]


def _mapping(stated: object) -> object:
    if isinstance(stated, Mapping):
        return stated
    raise ValueError("hosts with a parameter each are needed here, such as {go.example.org: url}")


class Options(Form):
    """What is removed from links, beside known tracking parameters."""

    parameters: OneOrMore[Annotated[str, AfterValidator(_parameter)]] = ()
    """Names of further parameters, such as ref; * stands for any text, as in spm_*."""
    redirects: bool = True
    """Put the page in the place of a redirect that leads to it."""
    hosts: Annotated[dict[_proxies.Glob, _Holder], BeforeValidator(_mapping)] = Field(default={})
    """Redirects of other hosts: the host, and the parameter that has the address of the page."""

    @model_validator(mode="after")
    def _uses_its_hosts(self) -> Options:
        if self.hosts and not self.redirects:
            raise ValueError("`hosts` says nothing when redirects are off: leave out one of the two")
        return self


# --- redirects --------------------------------------------------------------------------------------------

_URL = re.compile(
    r"https?://([a-z0-9._-]++)(?::[0-9]++|(?!))?+(/[^?#]*+)(?:\?([^#]*+)|(?!))?+(#.*+|(?!))?+", re.DOTALL
)
_GOOGLE = re.compile(r"(?:[a-z0-9-]+\.)*google\.[a-z]{2,3}(?:\.[a-z]{2})?")
_SIGNATURE = re.compile(r"(?::|%3A)[\w-]{27}\Z")
"""What Disqus writes behind an address."""

_Rule = tuple[str, tuple[str, ...]]
"""How the path begins, and which parameters may have the address; "" is the whole query."""

_KNOWN: Mapping[str, tuple[_Rule, ...]] = {
    "l.facebook.com": (("/l.php", ("u",)),),
    "lm.facebook.com": (("/l.php", ("u",)),),
    "facebook.com": (("/l.php", ("u",)),),
    "l.messenger.com": (("/l.php", ("u",)),),
    "l.instagram.com": (("/", ("u",)),),
    "l.threads.com": (("/", ("u",)),),
    "l.threads.net": (("/", ("u",)),),
    "l.wl.co": (("/l", ("u",)),),
    "out.reddit.com": (("/", ("url",)),),
    "t.umblr.com": (("/redirect", ("z",)),),
    "href.li": (("/", ("",)),),
    "anonym.to": (("/", ("",)),),
    "steamcommunity.com": (("/linkfilter", ("u", "url", "")),),
    "slack-redir.net": (("/link", ("url",)),),
    "vk.com": (("/away.php", ("to",)),),
    "vk.ru": (("/away.php", ("to",)),),
    "youtube.com": (("/redirect", ("q",)),),
    "disq.us": (("/", ("url",)),),
    "duckduckgo.com": (("/l/", ("uddg",)),),
    "bing.com": (("/news/apiclick.aspx", ("url",)),),
    "linkedin.com": (("/safety/go", ("url",)), ("/redir/", ("url",)), ("/safety/redirect", ("url",))),
    "exit.sc": (("/", ("url",)),),
    "gate.sc": (("/", ("url",)),),
    "getpocket.com": (("/redirect", ("url",)),),
    "medium.com": (("/r/", ("url",)),),
    "go.bsky.app": (("/redirect", ("u",)),),
    "t.me": (("/iv", ("url",)),),
    "deviantart.com": (("/users/outgoing", ("",)),),
    "pixiv.net": (("/jump.php", ("", "url")),),
    "link.zhihu.com": (("/", ("target",)),),
    "link.juejin.cn": (("/", ("target",)),),
    "link.csdn.net": (("/", ("target",)),),
    "links.jianshu.com": (("/go", ("to",)),),
    "link.jianshu.com": (("/", ("t",)),),
    "douban.com": (("/link2/", ("url",)),),
    "weibo.cn": (("/sinaurl", ("u", "toasturl")),),
    "weibo.com": (("/sinaurl", ("u",)),),
    "gitee.com": (("/link", ("target",)),),
    "sspai.com": (("/link", ("target",)),),
    "oschina.net": (("/action/GoToLink", ("url",)),),
    "c.pc.qq.com": (("/", ("pfurl", "url")),),
}
"""By host, without www. and m. in front."""

_SAFE_LINKS = (("/", ("url",)),)
_GOOGLE_PATHS = (("/url", ("url", "q")), ("/news/url", ("url",)))


def _rules_of(host: str) -> tuple[_Rule, ...]:
    known = _KNOWN.get(host.removeprefix("www.").removeprefix("m."))
    if known is not None:
        return known
    if host.endswith(".safelinks.protection.outlook.com"):
        return _SAFE_LINKS
    return _GOOGLE_PATHS if "google." in host and _GOOGLE.fullmatch(host) else ()


def _target(url: str, own: Callable[[str], tuple[str, ...]]) -> str:
    """Give the address that a redirect leads to; "" when it is none. `own` gives parameters of further hosts."""
    found = _URL.fullmatch(url) if len(url) <= _proxies.LONGEST else None
    if found is None:
        return ""
    host, path, query, fragment = (part or "" for part in found.groups())
    if host.endswith(".awstrack.me") and path.startswith("/L0/"):
        return _proxies.address_in(path.split("/")[2])
    known = [name for start, names in _rules_of(host) if path.startswith(start) for name in names]
    return next(filter(None, (_inside(query, fragment, name) for name in (*own(host), *known))), "")


def _inside(query: str, fragment: str, name: str) -> str:
    if name:
        return _proxies.address_in(_SIGNATURE.sub("", _proxies.parameter(query, name)))
    return _proxies.whole(query + fragment) or _proxies.address_in(query)


def _own_hosts(hosts: Mapping[str, str]) -> Callable[[str], tuple[str, ...]]:
    tests = [(_proxies.fits((glob,)), name) for glob, name in hosts.items()]
    return lambda host: tuple(name for fits, name in tests if fits(host))


# --- parameters -------------------------------------------------------------------------------------------


def _unwanted(globs: tuple[str, ...]) -> Callable[[str], bool]:
    """Make a test of parameters such as `fbclid=x`."""
    if not globs:
        return tracking.is_tracking
    pattern = re.compile("|".join(translate(glob.replace("[", "[[]")) for glob in globs))

    def test(parameter: str) -> bool:
        name = unquote(parameter.partition("=")[0]).lower()
        return tracking.is_tracking(parameter) or pattern.match(name) is not None

    return test


def _stripped(url: str, unwanted: Callable[[str], bool]) -> str:
    before, mark, fragment = url.partition("#")
    path, question, query = before.partition("?")
    return path + tracking.without(unwanted, question + query) + mark + fragment if question else url


# --- a post -----------------------------------------------------------------------------------------------


_PLACES = frozenset(
    {
        *((link, "href") for link in ("a", "area")),
        *((quotation, "cite") for quotation in ("blockquote", "del", "ins", "q")),
        *(("entry", "link"), ("entry", "comments")),
    }
)


def _build(options: Options, setting: Setting) -> Each:  # noqa: ARG001  # every filter gets it
    unwanted = _unwanted(options.parameters)
    own = _own_hosts(options.hosts)

    def step(url: str) -> str:
        target = _target(url, own) if options.redirects else ""
        after = _stripped(target or url, unwanted)
        return after if after != url else ""

    def change(thing: str, name: str, url: str) -> str:
        is_link = thing == "link" or (thing, name) in _PLACES
        return _proxies.undone(url, step) if is_link and url.startswith(("http://", "https://")) else url

    return Each(apply=lambda post: _body.map_post(post, change))


FILTER = Filter(
    summary="remove redirects and tracking parameters from links",
    options=Options,
    build=_build,
    short="parameters",
    examples=(
        Example(
            says="Links lead to their pages, not to somebody who counts.",
            config="- clean_links",
            posts=(
                {
                    "link": "https://www.google.com/url?rct=j&sa=t&url=https://news.example/story%3Fid%3D7&ct=ga",
                    "body": '<p><a href="https://l.facebook.com/l.php?u=https%3A%2F%2Fnews.example%2Fa%3Ffbclid%3D'
                    'IwAR0&amp;h=AT0">A</a> <a href="https://t.co/x1">B</a></p>',
                },
            ),
            gives=(
                {
                    "link": "https://news.example/story?id=7",
                    "body": '<p><a href="https://news.example/a">A</a> <a href="https://t.co/x1">B</a></p>',
                },
            ),
        ),
        Example(
            says="Parameters that a site uses to count, and the redirect of a company of its own.",
            config="- clean_links:\n    parameters: [ref, spm_*]\n    hosts: {go.corp.example: target}",
            posts=(
                {
                    "link": "https://voa.example/1?id=1&Ref=rss",
                    "body": '<a href="https://go.corp.example/out?target=https%3A%2F%2Fnews.example%2F%3Fspm_id%3D9">'
                    "C</a>",
                },
            ),
            gives=(
                {
                    "link": "https://voa.example/1?id=1",
                    "body": '<a href="https://news.example/">C</a>',
                },
            ),
        ),
        Example(
            says="A redirect behind a redirect.",
            config="- clean_links",
            posts=(
                {
                    "body": '<a href="https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Flink.zhihu.com'
                    '%2F%3Ftarget%3Dhttps%253A%252F%252Fnews.example%252Fd&amp;data=05">D</a>'
                },
            ),
            gives=({"body": '<a href="https://news.example/d">D</a>'},),
        ),
    ),
    mistakes=(
        Mistake(config="- clean_links: ['?ref=']", says="'?ref=' is no name of a parameter: write it alone"),
        Mistake(config="- clean_links: '*'", says="this removes every parameter, and many pages need theirs"),
        Mistake(
            config="- clean_links: {hosts: {'https://go.corp.example/out': target}}",
            says="'https://go.corp.example/out' is no host: write its name alone",
        ),
        Mistake(
            config="- clean_links: {redirects: false, hosts: {go.corp.example: target}}",
            says="`hosts` says nothing when redirects are off",
        ),
        Mistake(
            config="- clean_links: {redirects: false}",
            says="Known tracking parameters are removed without this filter; it then changes something only where "
            "`clean: {tracking_parameters: true}` keeps them.",
            is_error=False,
        ),
    ),
)
