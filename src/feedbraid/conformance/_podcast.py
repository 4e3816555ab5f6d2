"""Podcast elements: the namespace of Apple, and Media RSS as far as it is written (N66, N68)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from feedbraid.conformance._report import Report
from feedbraid.conformance._values import email_fault, is_blank, url_fault
from feedbraid.conformance._xml import ITUNES, MEDIA, Element, Found, Part, Shape, Walker
from feedbraid.directory import CATEGORIES

RULE = "N68"

"""What Apple's directory knows; players show nothing else."""

SHOW = frozenset({f"{ITUNES}image", f"{ITUNES}category", f"{ITUNES}explicit"})
"""What a podcast must say of itself, when a document has any of these elements."""

_DURATION = re.compile(r"[1-9][0-9]*|(?:[0-9]+:)?[0-5]?[0-9]:[0-5][0-9]")
_NUMBER = re.compile(r"[1-9][0-9]*")
_HREF, _URL = frozenset({"href"}), frozenset({"url", "width", "height"})


class Podcast:
    """The parts of channels and items that podcast players read."""

    def __init__(self, walker: Walker, report: Report) -> None:
        self._walker = walker
        self._report = report
        self._owner = Shape(
            RULE,
            {
                f"{ITUNES}name": Part(0, single=True, check=self._text),
                f"{ITUNES}email": Part(0, single=True, check=self._email),
            },
            (f"{ITUNES}name",),
        )
        both = {
            f"{ITUNES}{name}": Part(0, single=True, check=check)
            for name, check in {
                "author": self._text,
                "block": self._yes,
                "explicit": self._explicit,
                "image": self._image,
                "subtitle": self._text,
                "summary": self._text,
                "title": self._text,
            }.items()
        }
        self.of_channels: Mapping[str, Part] = {
            **both,
            f"{ITUNES}category": Part(0, single=False, check=self._category),
            f"{ITUNES}complete": Part(0, single=True, check=self._yes),
            f"{ITUNES}new-feed-url": Part(0, single=True, check=self._address),
            f"{ITUNES}owner": Part(0, single=True, check=self._named_owner),
            f"{ITUNES}type": Part(0, single=True, check=self._one_of("episodic", "serial")),
        }
        self.of_items: Mapping[str, Part] = {
            **both,
            f"{ITUNES}duration": Part(0, single=True, check=self._form(_DURATION)),
            f"{ITUNES}episode": Part(0, single=True, check=self._form(_NUMBER)),
            f"{ITUNES}episodeType": Part(0, single=True, check=self._one_of("full", "trailer", "bonus")),
            f"{ITUNES}season": Part(0, single=True, check=self._form(_NUMBER)),
            f"{MEDIA}thumbnail": Part(0, single=True, check=self._thumbnail),
        }

    def check_show(self, document: bytes, channel: Element, found: Found) -> None:
        """Ask for what makes a show complete, as soon as there is anything of a podcast."""
        if b"<itunes:" in document:
            for name in sorted(SHOW - found.keys()):
                self._walker.fault(channel, RULE, f"podcast elements, but no itunes:{name.rpartition('}')[2]}")

    # --- leaves

    def _text(self, leaf: Element) -> None:
        self._walker.text_of(leaf, RULE)

    def _address(self, leaf: Element) -> None:
        self._walker.value(leaf, RULE, url_fault)

    def _email(self, leaf: Element) -> None:
        self._walker.value(leaf, RULE, email_fault)

    def _form(self, form: re.Pattern[str]) -> Callable[[Element], None]:
        def fault(text: str | None) -> str:
            return "" if form.fullmatch(text or "") else f"{text!r} is not of its form"

        return lambda leaf: self._walker.value(leaf, RULE, fault)

    def _one_of(self, *values: str) -> Callable[[Element], None]:
        def fault(text: str | None) -> str:
            return "" if text in values else f"{text!r} is none of {', '.join(values)}"

        return lambda leaf: self._walker.value(leaf, RULE, fault)

    def _explicit(self, leaf: Element) -> None:
        self._one_of("true", "false")(leaf)

    def _yes(self, leaf: Element) -> None:
        self._one_of("Yes")(leaf)

    # --- elements with attributes

    def _image(self, image: Element) -> None:
        self._walker.only_attributes(image, RULE, _HREF)
        self._url_in(image, "href", RULE)

    def _thumbnail(self, thumbnail: Element) -> None:
        self._walker.only_attributes(thumbnail, "N66", _URL)
        self._url_in(thumbnail, "url", "N66")

    def _url_in(self, element: Element, name: str, rule: str) -> None:
        fault = url_fault(element.get(name))
        if fault:
            self._walker.fault(element, rule, f"{element.tag.rpartition('}')[2]}: {fault}")

    def _named_owner(self, owner: Element) -> None:
        self._walker.walk(owner, self._owner)

    def _category(self, category: Element) -> None:
        name, under = category.get("text", ""), [child.get("text", "") for child in category]
        if any(child.tag != f"{ITUNES}category" or len(child) for child in category) or category.keys() != [
            "text"
        ]:
            self._walker.fault(category, RULE, "itunes:category: not a text, and subcategories at most")
        elif is_blank(name) or name not in CATEGORIES or not CATEGORIES[name].issuperset(under):
            self._walker.fault(
                category, RULE, f"itunes:category: {' > '.join((name, *under))!r} is in no directory"
            )
