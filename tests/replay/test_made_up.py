"""The made-up log as a file, the same each time."""

from tierline.replay.made_up import COLUMNS, log_text, main


def test_the_same_seed_tells_the_same_log_and_another_another():
    assert log_text(20, 1) == log_text(20, 1)
    assert log_text(20, 1) != log_text(20, 2)
    assert log_text(20, 1).startswith(",".join(COLUMNS))


def test_a_shorter_log_is_the_beginning_of_a_longer_one():
    assert log_text(40).startswith(log_text(20))


def test_it_is_written_where_it_is_asked_for(tmp_path, capsys):
    assert main([str(tmp_path / "log.csv")]) == 0
    assert (tmp_path / "log.csv").read_text() == log_text()
    assert "made-up.yaml" in capsys.readouterr().out
    assert main([]) == 2
