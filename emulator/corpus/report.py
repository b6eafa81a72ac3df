"""The results of a replay: lines for readers, JSON for programs, and JUnit XML for CI."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

import orjson

from emulator.corpus.accepted import Accepted
from emulator.corpus.form import GRADES
from emulator.corpus.grade import MISSING, Difference
from emulator.corpus.replay import Played, Result
from emulator.xml_text import fit

MAX_SHOWN_CHARACTERS = 200  # of a value
INDENT = " " * 4
HEADING = ("recording", "exchanges", *GRADES)


def list_lines(played: Played, *, verbose: bool) -> Iterator[str]:
    """Yield lines about the differences of a recording.

    Args:
        played: The results.
        verbose: Whether to show known differences, too.
    """
    for result in played.results:
        known = result.accepted if verbose else []
        if result.wrong or known:
            yield f"{played.recording.name}, {_name(result)}: {result.operation}"
        for one in result.wrong:
            yield from _describe(one, one.grade)
        for one, entry in known:
            yield from _describe(one, f"{one.grade}, accepted: {entry.reason}")


def make_row(played: Played) -> tuple[str, ...]:
    """Return the row of a recording in the table: right/accepted/wrong exchanges by grade."""
    results = [result for result in played.results if result.is_sent]
    cells = [played.recording.name, str(len(played.results))]
    for grade in GRADES:
        wrong = sum(any(one.grade == grade for one in result.wrong) for result in results)
        accepted = sum(
            all(one.grade != grade for one in result.wrong)
            and any(one.grade == grade for one, _ in result.accepted)
            for result in results
        )
        cells.append(f"{len(results) - accepted - wrong}/{accepted}/{wrong}")
    return tuple(cells)


def summarize(played: Sequence[Played]) -> str:
    """Return a line with the number of right, accepted, wrong and unsent exchanges."""
    results = [result for one in played for result in one.results]
    wrong = sum(bool(result.wrong) for result in results)
    accepted = sum(bool(result.accepted) and not result.wrong for result in results)
    unsent = sum(not result.is_sent for result in results)
    right = len(results) - accepted - wrong - unsent
    return (
        f"{len(played)} recordings, {len(results)} exchanges: "
        f"{right} right, {accepted} accepted, {wrong} wrong"
        + (f", {unsent} not sent (--writes sends changes)" if unsent else "")
    )


def list_unused(
    accepted: Iterable[Accepted], played: Iterable[Played], *, is_whole: bool
) -> list[Accepted]:
    """Return the known differences without a difference.

    Args:
        accepted: The known differences.
        played: The results.
        is_whole: Whether all recordings were played; otherwise the known differences of any
            recording do not count.
    """
    played = list(played)
    used = {entry for one in played for result in one.results for _, entry in result.accepted}
    names = {one.recording.name for one in played}
    return [one for one in accepted if one not in used and (is_whole or one.recording in names)]


def to_json(played: Iterable[Played], unused: Iterable[Accepted]) -> dict[str, Any]:
    """Return the results as JSON."""
    return {
        "recordings": [
            {
                "name": one.recording.name,
                "exchanges": [_show_result(result) for result in one.results],
            }
            for one in played
        ],
        "unused": [entry.line for entry in unused],
    }


def write_junit(file: Path, played: Iterable[Played]) -> None:
    """Write the results as JUnit XML: a suite for each recording, a case for each exchange.

    Raises:
        OSError: The file can't be written.
    """
    root = Element("testsuites")
    for one in played:
        wrong = sum(bool(result.wrong) for result in one.results)
        counts = {"tests": str(len(one.results)), "failures": str(wrong)}
        if unsent := sum(not result.is_sent for result in one.results):
            counts["skipped"] = str(unsent)
        suite = SubElement(root, "testsuite", {"name": one.recording.name, **counts})
        for result in one.results:
            name = fit(f"{_name(result)}: {result.operation}")
            case = SubElement(suite, "testcase", {"name": name, "classname": one.recording.name})
            if not result.is_sent:
                SubElement(case, "skipped", {"message": "not sent: --writes sends changes"})
            if result.wrong:
                message = f"{len(result.wrong)} differences"
                lines = (line for found in result.wrong for line in _describe(found, found.grade))
                SubElement(case, "failure", {"message": message}).text = fit("\n".join(lines))
    file.write_bytes(tostring(root, encoding="utf-8", xml_declaration=True))


def _name(result: Result) -> str:
    return f"exchange {result.number}" + (f" ({result.name})" if result.name else "")


def _describe(one: Difference, title: str) -> Iterator[str]:
    yield f"{INDENT}{one.pointer or 'answer'} ({title})"
    yield f"{INDENT * 2}recorded  {_show(one.recorded)}"
    yield f"{INDENT * 2}answered  {_show(one.answered)}"


def _show(value: Any) -> str:
    """Return a value as JSON, the end of a long value cut off."""
    text = MISSING.value if value is MISSING else orjson.dumps(value).decode()
    return text if len(text) <= MAX_SHOWN_CHARACTERS else f"{text[:MAX_SHOWN_CHARACTERS]}..."


def _show_result(result: Result) -> dict[str, Any]:
    return {
        "number": result.number,
        "name": result.name,
        "operation": result.operation,
        "sent": result.is_sent,
        "wrong": [_show_difference(one) for one in result.wrong],
        "accepted": [
            {**_show_difference(one), "reason": entry.reason} for one, entry in result.accepted
        ],
    }


def _show_difference(one: Difference) -> dict[str, Any]:
    values = {"recorded": one.recorded, "answered": one.answered}
    shown = {name: value for name, value in values.items() if value is not MISSING}
    return {"grade": one.grade, "pointer": one.pointer, **shown}
