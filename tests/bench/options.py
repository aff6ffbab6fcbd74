# SPDX-License-Identifier: BSD-2-Clause
"""The bench's command line."""
import argparse

from builds import build_of
from lib.pvboot import BUILD
from peers import PEERS
from rows import PAIRS, ROWS, SLOW_PAIRS, STORMS

EVERY = [*ROWS, *STORMS, "memory"]
ONLY_ALONE = ("runs", "slow_runs", "peers")  # of a bench without --before


def count(text):
    value = int(text)
    if value < 1:
        raise ValueError
    return value


count.__name__ = "count"  # argparse: "invalid count value"


def parser_of(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="pvboot three times, slow peers once; fewer rows")
    parser.add_argument("--runs", type=count, help="of each peer in each row (5; 3 if quick)")
    parser.add_argument("--slow-runs", type=count, help="of peers that take many seconds (1 if quick, else as --runs)")
    parser.add_argument("--rows", help=f"comma-separated, of {','.join(EVERY)}")
    parser.add_argument("--peers", help=f"comma-separated, of {','.join(PEERS)}")
    parser.add_argument("--before", metavar="DIR", help="a built checkout: pvboot in pairs with that of DIR/build")
    pairs = f"with --before: of each row ({PAIRS}; {SLOW_PAIRS} where a run takes more than 2 s)"
    parser.add_argument("--pairs", type=count, metavar="N", help=pairs)
    parser.add_argument("--output", default=str(BUILD / "bench" / "results.json"))
    return parser


def arguments(description, argv=None):
    """The options; before is a Build, or None.  A mistake ends the program."""
    parser = parser_of(description)
    args = parser.parse_args(argv)
    args.peers = args.peers.split(",") if args.peers else None
    named = args.rows.split(",") if args.rows else None
    for row in named or []:
        if row not in EVERY:
            parser.error(f"there is no row {row}")
    args.rows = named or [r for r in EVERY if not args.quick or r not in ROWS or ROWS[r].quick]
    if args.pairs and not args.before:
        parser.error("--pairs is for --before DIR")
    if args.before:
        check_before(parser, args, named)
    return args


def check_before(parser, args, named):
    """With --before: what the bench cannot do then, and the build to compare with."""
    for option in ONLY_ALONE:
        if getattr(args, option):
            parser.error(f"--{option.replace('_', '-')} has no use with --before: say --pairs N and --rows")
    if "memory" in (named or []):
        parser.error("the row memory takes no time: --before has nothing to compare")
    args.rows = [row for row in args.rows if row != "memory"]
    try:
        args.before = build_of(args.before)
    except ValueError as error:
        parser.error(str(error))
