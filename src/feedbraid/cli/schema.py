"""`feedbraid schema`: the JSON Schema of config.yaml, for editors that complete settings and find mistakes."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from feedbraid.publish import write_whole

from . import About, Command
from ._said import deliver, note


def schema_text() -> str:
    """Write the schema: the same text for the same version and the same filters of other packages."""
    from feedbraid.configtext import json_schema  # noqa: PLC0415  # pydantic: only where forms are needed (D23)

    return json.dumps(json_schema(), ensure_ascii=False, indent=2) + "\n"


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write it to a file, not to the screen")


def _execute(args: argparse.Namespace) -> int:
    text = schema_text()
    if args.output is None:
        deliver(text)
        return 0
    write_whole(args.output, text.encode())
    note(f"feedbraid: wrote {args.output}")
    return 0


COMMAND = Command(
    summary="print the JSON Schema of config.yaml, for editors",
    example="feedbraid schema -o feedbraid.schema.json",
    add_arguments=_add_arguments,
    execute=_execute,
    about=About(
        text="""
        An editor that speaks YAML completes settings by it, shows what each is for, and underlines mistakes,
        when the first line of config.yaml says so:

        # yaml-language-server: $schema=feedbraid.schema.json

        `feedbraid init` writes both. The filters of other packages that are installed are in it, too. After an
        upgrade, write it again. Reads no configuration, and asks nobody.
        """,
        group="keep",
        examples=("feedbraid schema",),
        exits=(0, (2, "what was typed is wrong"), (4, "the file can not be written")),
        see=("init", "check"),
    ),
    has_config=False,
)
