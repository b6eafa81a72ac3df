"""Values that differ from run to run: what is bound, and what is sent with the bound value."""

from base64 import b64encode
from dataclasses import replace
from typing import Any

from emulator.corpus.exchange import Answer, Body, Exchange, Request
from emulator.corpus.grade import Difference
from emulator.tests.corpus.echo import HEAD, replay_answers
from emulator.tests.table import table

OLD, NEW = "0123456789abcdef" * 2, "fedcba9876543210" * 2
OLD_UUID, NEW_UUID = "2e7ad9a6-8a0e-4c68-9f39-6d1d6d0ac401", "9b1c7b0a-1f3c-4c0a-9a51-0d0a7f2c0b11"
OLD_ID, NEW_ID = "jrjJA8OnurCWrDkVqwVgMrQgL8", "iSDezFRjVST0ZYxtdg4CrkpzXJ"
HIDDEN = replace(HEAD, hidden={"token": 1})
FORM = (("Content-Type", "application/x-www-form-urlencoded"),)


def get(target: str, *headers: tuple[str, str], method: str = "GET", body: Any = None) -> Request:
    return Request(method, target, headers, None if body is None else Body("json", body))


def json(value: Any, *headers: tuple[str, str], status: int = 200) -> Answer:
    return Answer(status, headers, Body("json", value))


def play(*steps: tuple[Request, Answer, Answer], head: Any = HEAD) -> tuple[list[Difference], Any]:
    """Return the differences and the sent requests of exchanges: request, recorded, answered."""
    exchanges = [Exchange(request, recorded) for request, recorded, _ in steps]
    return replay_answers(exchanges, [answered for _, _, answered in steps], head)


def basic(client: str, secret: str) -> tuple[str, str]:
    return "Authorization", f"Basic {b64encode(f'{client}:{secret}'.encode()).decode()}"


@table(
    ("old", "new"),
    [(OLD, NEW), (OLD_UUID, NEW_UUID), (OLD_ID, NEW_ID)],
)
def test_a_generated_id_is_bound_and_sent(old: str, new: str) -> None:
    differences, sent = play(
        (get("/a", method="POST", body={}), json({"id": old}), json({"id": new})),
        (
            get(f"/a/{old}?q=(id:{old})", ("X-Id", f'"{old}"'), method="PUT", body={"b": [old]}),
            json({"link": f"/a/{old}", "m": f"No '{old}'."}),
            json({"link": f"/a/{new}", "m": f"No '{new}'."}),
        ),
    )
    assert differences == []
    assert sent[1] == get(
        f"/a/{new}?q=(id:{new})", ("X-Id", f'"{new}"'), method="PUT", body={"b": [new]}
    )


def test_an_id_is_bound_to_one_id() -> None:
    differences, _ = play(
        (get("/a"), json([OLD, OLD_UUID]), json([NEW, NEW_UUID])),
        (get("/b"), json([OLD, OLD_UUID]), json([NEW[::-1], NEW])),
    )
    assert [one.pointer for one in differences] == ["/0", "/1"]


def test_the_ids_of_another_page_are_no_new_ids() -> None:
    ids = [f"{number:032x}" for number in range(0xABCDEF00, 0xABCDEF05)]
    differences, _ = play((get("/a"), json(ids[:3]), json(ids[1:4])))
    assert [one.pointer for one in differences] == ["/0", "/1"]


@table(
    ("old", "new"),
    [
        ("sample-product-0001", "sample-product-0002"),
        ("0000000101", "0000000102"),
        ("productInventoryRecordCount", "productInventoryRecordTotal"),
        (OLD, NEW[1:]),
        (OLD, OLD_ID),
        ("plain", "other"),
    ],
)
def test_another_word_is_no_generated_id(old: str, new: str) -> None:
    differences, _ = play((get("/a"), json({"id": old}), json({"id": new})))
    assert differences == [Difference("values", "/id", old, new)]


def test_a_number_of_a_new_document_is_bound() -> None:
    differences, sent = play(
        (get("/a", method="POST"), json({"no": "00000031"}), json({"no": "00000032"})),
        (get("/a/00000031"), json({}), json({})),
    )
    assert (differences, sent[1].target) == ([], "/a/00000032")


def test_a_word_of_the_request_is_no_generated_id() -> None:
    for request in (get(f"/a/{OLD}"), get("/a", method="PUT", body={"id": OLD})):
        differences, _ = play((request, json({"id": OLD}), json({"id": NEW})))
        assert [one.pointer for one in differences] == ["/id"]


def test_a_state_is_bound_in_body_and_headers() -> None:
    tag = (("ETag", f'"{OLD}"'), ("x-dw-resource-state", OLD))
    new_tag = (("ETag", f'"{NEW}"'), ("x-dw-resource-state", NEW))
    headers = (("If-Match", f'"{OLD}"'), ("x-dw-resource-state", OLD))
    differences, sent = play(
        (get("/a"), json({"_resource_state": OLD}, *tag), json({"_resource_state": NEW}, *new_tag)),
        (get("/a", *headers, method="PATCH", body={"_resource_state": OLD}), json({}), json({})),
    )
    assert differences == []
    assert sent[1].headers == (("If-Match", f'"{NEW}"'), ("x-dw-resource-state", NEW))
    assert sent[1].body == Body("json", {"_resource_state": NEW})


def test_a_state_that_does_not_change_is_found() -> None:
    states = [json({"_resource_state": state}) for state in (OLD, OLD[::-1], NEW)]
    differences, _ = play((get("/a"), states[0], states[2]), (get("/a"), states[1], states[2]))
    assert [(one.grade, one.pointer) for one in differences] == [("values", "/_resource_state")]


def test_a_missing_document_has_no_state() -> None:
    recorded, answered = json({"_resource_state": "not_exists"}), json({"_resource_state": NEW})
    assert len(play((get("/a"), recorded, answered))[0]) == 1
    assert len(play((get("/a"), answered, recorded))[0]) == 1


def test_a_token_is_asked_with_the_own_client_and_bound() -> None:
    bearer = ("Authorization", "Bearer token-1")
    differences, sent = play(
        (
            Request("POST", "/t", (basic("client-1", "secret-1"),)),
            json({"access_token": "token-1"}),
            json({"access_token": "eyJhIjox.b.c"}),
        ),
        (get("/a?client_id=client-1", bearer), json({}), json({})),
    )
    assert differences == []
    assert sent[0].headers == (basic("own-client", "own-secret"),)
    assert sent[1].target == "/a?client_id=own-client"
    assert sent[1].headers == (("Authorization", "Bearer eyJhIjox.b.c"),)


def test_a_client_in_a_form_is_the_own_client() -> None:
    form = Body("text", "grant_type=x&client_id=client-1&client_secret=secret-1")
    _, sent = play((Request("POST", "/t", FORM, form), json({}), json({})))
    assert sent[0].body == Body(
        "text", "grant_type=x&client_id=own-client&client_secret=own-secret"
    )


def test_a_refused_client_stays() -> None:
    wrong = basic("client-1", "wrong")
    step = (
        Request("POST", "/t", (wrong,)),
        json({"error": "x"}, status=401),
        json({"error": "x"}, status=401),
    )
    assert play(step)[1][0].headers == (wrong,)


def test_a_known_client_stays() -> None:
    known = basic("own-client", "other")
    assert play((Request("POST", "/t", (known,)), json({}), json({})))[1][0].headers == (known,)


def test_a_token_without_a_recorded_request_is_an_own_token() -> None:
    bearer = ("Authorization", "Bearer token-9")
    _, sent = play(
        (get("/a", bearer), json({}), json({})),
        (get("/a", bearer), json({}, status=401), json({}, status=401)),
    )
    assert sent[0].headers == (("Authorization", "Bearer own-token"),)
    assert sent[1].headers == (bearer,)


@table(
    ("old", "new", "is_right"),
    [
        ("2026-06-01T12:00:00.123Z", "2026-06-01T12:00:04.000Z", True),
        ("2026-06-01T12:00:00.123Z", "2026-06-01T12:00:09.000Z", False),
        ("2026-06-01T12:00:00.123Z", "2026-06-01T12:00:01Z", False),
        ("2025-06-01T12:00:00.000Z", "2025-06-01T12:00:01.000Z", False),
        ("2026-06-01T12:00:00.000Z", "2026-06-01T12:61:00.000Z", False),
        ("Mon, 01 Jun 2026 12:00:00 GMT", "Mon, 01 Jun 2026 12:00:01 GMT", True),
        ("Mon, 01 Jun 2026 12:00:00 GMT", "Mon, 01 Jun 2026 13:00:01 GMT", False),
        ("Job-a-20260601120000123.log", "Job-a-20260601120001456.log", True),
        ("Job-a-20260601120000123.log", "Job-b-20260601120001456.log", False),
        (1780315200, 1780315202, True),
        (1780315200, 1780319999, False),
        (1780315200000, 1780315202000, True),
        (1000, 1001, False),
    ],
)
def test_instants_are_compared_by_the_time_of_the_request(
    old: Any, new: Any, *, is_right: bool
) -> None:
    differences, _ = play((get("/a"), json({"at": old}), json({"at": new})))
    assert bool(differences) is not is_right


def test_an_instant_is_sent_as_answered() -> None:
    old, new = "2026-06-01T12:00:00.123Z", "2026-06-01T12:00:01.000Z"
    _, sent = play(
        (get("/a"), json({"at": old}), json({"at": new})),
        (get(f"/a?since={old.replace(':', '%3A')}", method="POST", body=[old]), json({}), json({})),
    )
    assert (sent[1].target, sent[1].body) == (f"/a?since={new}", Body("json", [new]))


def test_the_host_of_links_is_bound() -> None:
    old, new = "https://instance-1.example.com", "http://127.0.0.1:1"
    recorded = json({"a": f"{old}/x?b=1", "b": [f"{old}/y"]})
    assert play((get("/a"), recorded, json({"a": f"{new}/x?b=1", "b": [f"{new}/y"]})))[0] == []
    other = json({"a": f"{new}/x?b=1", "b": ["http://elsewhere/y"]})
    assert [one.pointer for one in play((get("/a"), recorded, other))[0]] == ["/b/0"]
    third = json({"a": f"{new}/x?b=2", "b": [f"{new}/y"]})
    assert [one.pointer for one in play((get("/a"), recorded, third))[0]] == ["/a"]


def test_pseudonyms_are_bound_in_redacted_recordings_only() -> None:
    recorded = json({"a": "Name-1", "b": "person-1@example.com", "c": ["Name-1", "id0000001"]})
    answered = json({"a": "Ada", "b": "ada@shop.example", "c": ["Ada", "x"]})
    step = (get("/a"), recorded, answered)
    assert play(step, head=HIDDEN)[0] == []
    assert len(play(step)[0]) == 4
    other = json({"a": "Ada", "b": "ada@shop.example", "c": ["Bob", "x"]})
    assert [one.pointer for one in play((get("/a"), recorded, other), head=HIDDEN)[0]] == ["/c/0"]


def test_a_pseudonym_of_the_request_stays() -> None:
    request = get("/a", method="PUT", body={"a": "Name-1"})
    step = (request, json({"a": "Name-1"}), json({"a": "Ada"}))
    assert [one.pointer for one in play(step, head=HIDDEN)[0]] == ["/a"]


@table(
    ("request_", "is_bound"),
    [
        (get("/a", method="POST"), True),
        (get("/a", method="GET"), False),
        (get("/s/-/dw/data/v23_2/product_search", method="POST"), False),
        (get("/s/-/dw/batch", ("x-dw-http-method", "GET"), method="POST"), False),
        (get("/s/-/dw/batch", ("x-dw-http-method", "POST"), method="POST"), True),
    ],
)
def test_a_number_is_bound_after_a_write(request_: Request, *, is_bound: bool) -> None:
    differences, _ = play((request_, json({"id": "00000101"}), json({"id": "00000102"})))
    assert differences == (
        [] if is_bound else [Difference("values", "/id", "00000101", "00000102")]
    )
    differences, _ = play((request_, json({"stock": "00000101"}), json({"stock": "00000102"})))
    assert [one.pointer for one in differences] == ["/stock"]
