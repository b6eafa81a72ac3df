"""Write ``consistency/operations.json``: the operations of a consistency run without a violation.

python -m contract_tests.coverage.consistency [seconds]
"""

import json
import sys
from random import SystemRandom
from threading import Lock
from unittest.mock import patch

from consistency.run import Run
from consistency.server import serving
from consistency.wire import Answer, Connection, Request
from contract_tests.coverage.operations import find
from contract_tests.coverage.sources import CONSISTENCY

SECONDS = 20
STORE = "memory"
FIRST_SUCCESS, FIRST_FAULT = 200, 400


def note_operations(seconds: float) -> set[str]:
    """Return the operations with a success in a run.

    Raises:
        AssertionError: The run has a violation.
    """
    noted, lock = set[str](), Lock()
    ask = Connection.ask

    def observe(connection: Connection, request: Request) -> Answer:
        answer = ask(connection, request)
        if FIRST_SUCCESS <= answer.status < FIRST_FAULT:
            with lock:
                noted.add(find(request.method, request.path))
        return answer

    with patch.object(Connection, "ask", observe), serving(STORE) as target:
        run = Run(target, SystemRandom().randrange(10**9), seconds, lambda _: None)
        run.run()
    assert run.finding is None, "the run has a violation: python -m consistency"
    return noted - {""}


if __name__ == "__main__":
    operations = sorted(note_operations(float((sys.argv[1:] or [str(SECONDS)])[0])))
    CONSISTENCY.write_text(f"{json.dumps(operations, indent=1)}\n", encoding="utf-8")
    sys.stdout.write(f"{len(operations)} operations in {CONSISTENCY}\n")
