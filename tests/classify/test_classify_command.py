from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tiktokwatch.cli.main import cli

PARCEL = "@user my parcel never arrived and your driver was rude"
LABELLED = {"text": "tiktok wont load", "lang": "en", "labels": ["complaint"], "about_tiktok": True}


def run(*words: str, text: str | bytes = "") -> Result:
    return CliRunner().invoke(cli, words, input=text)


def test_json_lines_in_and_out_in_order() -> None:
    lines = [json.dumps({"id": f"p{n}", "text": text}) for n, text in enumerate(["tiktok wont load in Texas", PARCEL])]
    result = run("classify", "--json", text="\n".join(lines))
    assert result.exit_code == 0
    first, second = map(json.loads, result.stdout.splitlines())
    assert list(first) == ["id", "scores", "labels", "about_tiktok", "aspects", "places"]
    assert list(first["scores"]) == ["complaint", "meme", "policy", "recovery"]
    assert (first["id"], first["labels"][0], first["places"]) == ("p0", "complaint", ["Texas"])
    assert (second["id"], second["labels"], second["about_tiktok"]) == ("p1", [], False)


def test_plain_lines_get_their_number_as_id() -> None:
    result = run("classify", "-", "--json", text="tiktok down again?\n\nsoup\n")
    assert [json.loads(line)["id"] for line in result.stdout.splitlines()] == ["1", "3"]


def test_a_bad_line_is_reported_and_ends_nothing(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_bytes(b'{"text": "tiktok down?"}\n{broken\n{"id": 4}\n\xff\xfe\n{"text": "soup"}\n')
    result = run("classify", str(path), "--json")
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == 2
    for said in ("line 2: not JSON", 'line 3: no "text"', "line 4: not UTF-8", "3 of 5 lines"):
        assert said in result.stderr


def test_nothing_readable_is_an_error() -> None:
    result = run("classify", text=b"{\n{\n")
    assert result.exit_code == 1
    assert "Nothing could be read" in result.stderr


def test_lines_for_people_hold_no_control_characters() -> None:
    result = run("classify", text="\x1b[31mtiktok won't load for me, is it down?\x07\r\n")
    assert result.exit_code == 0
    assert "\x1b" not in result.stdout
    assert "complaint" in result.stdout


@pytest.mark.parametrize("words", [["classify"], ["explain", "x"]])
def test_a_missing_model_is_one_sentence(tmp_path: Path, words: list[str]) -> None:
    result = run(*words, "--model", str(tmp_path), text="x")
    assert result.exit_code == 1
    assert "There is no model" in result.stderr


def test_explain_adds_up_words_and_rules() -> None:
    shown = run("explain", "tiktok wont load on my iphone in Ohio")
    assert shown.exit_code == 0
    for said in ("complaint", "Ohio", "ios", "wont load"):
        assert said in shown.stdout
    data = json.loads(run("explain", "tiktok wont load", "--json").stdout)
    assert data["schema_version"] == 1
    assert {"feature", "logits"} == set(data["features"][0])


def test_evaluate_classifier(tmp_path: Path) -> None:
    path = tmp_path / "labelled.jsonl"
    path.write_text(
        json.dumps(LABELLED) + "\n" + json.dumps(LABELLED | {"text": "soup", "labels": []}), encoding="utf-8"
    )
    shown = run("evaluate", "classifier", str(path))
    assert shown.exit_code == 0
    assert "worst mistakes" in shown.stdout
    data = json.loads(run("evaluate", "classifier", str(path), "--json").stdout)
    assert data["posts"] == 2
    assert data["labels"][0]["name"] == "complaint"


def test_train_writes_a_model_that_classifies(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    rows = [
        LABELLED | {"text": f"{text} {n}", "labels": labels, "about_tiktok": about, "note": f"theme{n}"}
        for n in range(40)
        for text, labels, about in (
            ("tiktok wont load", ["complaint"], True),
            ("tiktok is banned by court", ["policy"], True),
            ("tiktok is back", ["recovery"], True),
            ("lol tiktok", ["meme"], True),
            ("soup", [], False),
        )
    ]
    (corpus / "a.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    result = run("train", "--corpus", str(corpus), "--out", str(tmp_path / "out"))
    assert result.exit_code == 0, result.output
    assert "200 posts" in result.stdout
    judged = run("classify", "--model", str(tmp_path / "out"), "--json", text="tiktok wont load\n")
    assert json.loads(judged.stdout)["labels"] == ["complaint"]
