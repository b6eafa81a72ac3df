"""The words of the protocol, which are never secret by themselves.

A customer named ``Order``, or a password ``password``, is hidden in its own place only: hidden
everywhere, such a value would destroy the names of members.
"""

import re
from functools import cache
from itertools import chain, pairwise

from emulator.corpus.sensitive import Kind, classify

USUAL_WORDS = (
    "get head post put patch delete options http https true false null none default system admin",
    "test user users customer customers guest order orders product products site sites name title",
    "value values type this search current basic bearer json xml text html utf-8 production",
    "staging development sandbox error success failed pending unknown other home work wrong",
    "invalid missing",
)


@cache
def protocol_words() -> frozenset[str]:
    """Return the words of paths, members, documents and faults, in lower case."""
    # The resources take a second to load, and only recordings need the words.
    from emulator.ocapi.data_api import OWN  # noqa: PLC0415

    words = {word for line in USUAL_WORDS for word in line.split()} | {kind.value for kind in Kind}
    words |= {"person", "example", "com", "instance", "account"}
    words |= {step for template in OWN.templates for step in template.split("/")}
    for resource in OWN.resources:
        words |= {resource.name, resource.document.type_name, *resource.document.fields}
        for embedded in resource.document.embedded.values():
            words |= {embedded.type_name, *embedded.fields}
    words |= {f"{fault}Exception" for fault in OWN.faults}
    words |= {name for fault in OWN.faults.values() for name in fault.arguments}
    pieces = {piece for word in words for piece in re.split(r"[_-]", word)}
    return frozenset(word.lower() for word in words | pieces if "{" not in word)


@cache
def path_words() -> frozenset[str]:
    """Return the constant steps of paths, which are no ids."""
    from emulator.ocapi.data_api import OWN  # noqa: PLC0415 - as above

    steps = {step for template in OWN.templates for step in template.split("/")}
    return frozenset(step for step in steps | {"this", "me", "search"} if "{" not in step)


@cache
def sensitive_steps() -> dict[str, tuple[str, Kind]]:
    """Return name and kind of ids in paths, by the step before the id, such as ``customers``."""
    from emulator.ocapi.data_api import OWN  # noqa: PLC0415 - as above

    steps = {"organizations": ("organization_id", Kind.ID), "customer_no": ("customer_no", Kind.ID)}
    paths = (template.split("/") for template in OWN.templates)
    for before, step in chain.from_iterable(map(pairwise, paths)):
        if step.startswith("{") and not before.startswith("{"):
            name = step.strip("{}")
            kind = classify(name)
            if kind is not None:
                steps[before] = name, kind
    return steps
