"""What the experiment believes: the journal, read back."""

from pathlib import Path

from experiments.chaos.journal import Journal, acknowledgements, read_heard, read_journal

APP = "01a20fbc-b7e4-7719-9e6d-0e2173eb35df"


def test_an_operation_is_what_its_last_answer_says(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    journal.wants("a", "create", APP, {"mark": "m"}, keyed=True)
    for status in (None, 503):
        journal.sends("a")
        journal.hears("a", status, {})
    journal.sends("a")
    journal.hears("a", 201, {"transaction": "t"})
    journal.close()
    (operation,) = read_journal(tmp_path / "journal")
    assert (operation.tries, operation.unknown, operation.status, operation.is_acknowledged) == (3, 2, 201, True)
    assert (operation.asked, operation.answered) == ({"mark": "m"}, {"transaction": "t"})
    assert len(acknowledgements(tmp_path / "journal")) == 1


def test_what_was_asked_and_never_answered_is_unknown_and_what_was_refused_is_not_acknowledged(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    journal.wants("a", "cancel", APP, {}, keyed=False)
    journal.sends("a")
    journal.wants("b", "cancel", APP, {}, keyed=False)
    journal.sends("b")
    journal.hears("b", 422, {})
    journal.close()
    lost, refused = read_journal(tmp_path / "journal")
    assert (lost.tries, lost.status, lost.is_acknowledged) == (1, None, False)
    assert (refused.status, refused.is_acknowledged) == (422, False)
    assert acknowledgements(tmp_path / "journal") == []


def test_a_line_that_was_not_written_whole_was_not_written(tmp_path: Path) -> None:
    (tmp_path / "heard").write_text(
        '{"delivery_id":"d","webhook_id":"w","digest":"x","status":200}\n{"delivery_id":"d","web'
    )
    assert [each.delivery_id for each in read_heard(tmp_path / "heard")] == ["d"]
    assert read_heard(tmp_path / "nothing") == []
