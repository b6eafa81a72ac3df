"""The recordings of the project: the emulator answers as recorded, known differences left out."""

from contextlib import closing
from pathlib import Path

from emulator.corpus.accepted import FILE_NAME, read_accepted
from emulator.corpus.exchange import find_recordings, read
from emulator.corpus.replay import Emulators, replay_all
from emulator.corpus.report import list_lines, list_unused

CORPUS = Path(__file__).parents[3] / "corpus"


def test_the_emulator_answers_as_recorded() -> None:
    accepted = read_accepted(CORPUS / FILE_NAME)
    recordings = [read(file) for file in find_recordings([CORPUS])]
    with closing(Emulators()) as emulators:
        played = replay_all(recordings, emulators.start, accepted)
    assert [line for one in played for line in list_lines(one, verbose=False)] == []
    unused = list_unused(accepted, played, is_whole=True)
    assert [f"no longer needed: {entry.line}" for entry in unused] == []
