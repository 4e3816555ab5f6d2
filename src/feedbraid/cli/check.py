"""`feedbraid check`: every problem of the configuration, the seeds and the written feeds, with file and line."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from feedbraid.checks import Finding, check_outputs, check_seeds
from feedbraid.config import load_config
from feedbraid.wire import opened

from . import About, Command
from ._said import one_line, report, report_json


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seeds", action="store_true", help="check the configuration and the seeds only")
    parser.add_argument(
        "--outputs", action="store_true", help="check the configuration and the written feeds only"
    )
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")


def _execute(args: argparse.Namespace) -> int:
    findings = _findings(args)
    errors = sum(finding.level == "error" for finding in findings)
    if args.json:
        report_json([asdict(finding) for finding in findings])
    else:
        summary = f"feedbraid: {errors} errors, {len(findings) - errors} warnings; {args.config} is good"
        report([*(one_line(str(finding)) for finding in findings), summary])
    return 1 if errors else 0


def _findings(args: argparse.Namespace) -> tuple[Finding, ...]:
    """Check what was asked for; a bad configuration raises, with all its problems."""
    with opened(load_config(Path(args.config))) as app:
        seeds = check_seeds(app) if args.seeds or not args.outputs else ()
        outputs = check_outputs(app) if args.outputs or not args.seeds else ()
    return (*seeds, *outputs)


COMMAND = Command(
    summary="check config, seeds and written feeds: every problem with file and line; exit code 1 for CI",
    example="feedbraid check --seeds",
    add_arguments=_add_arguments,
    execute=_execute,
    about=About(
        text="""
        Reads config.yaml, every seed and every written feed, and names what is wrong with file and line:
        settings that do not exist, seeds that can not be used, seeds that share an address, feeds that are
        missing, break their specification or disagree with each other. Nobody is asked and nothing is repaired.
        """,
        group="look",
        examples=("feedbraid check", "feedbraid check --outputs --json"),
        exits=(
            (0, "nothing is wrong, or warnings only"),
            (1, "there are errors"),
            (2, "the configuration is wrong"),
            3,
        ),
        see=("build", "run"),
    ),
)
