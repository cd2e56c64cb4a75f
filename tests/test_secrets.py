"""Secrets: what is masked and what is not, and that nothing that the program writes holds one."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from conftest import SAMPLES, run

import logparse
from logparse.reading import sources
from logparse.schema import FRAMES
from logparse.text.secrets import masked, masked_text, masked_texts

# None of these is in use: they are written for this test, in the forms of those that are.
KINDS = [
    ("AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLX", "AKIAIOSFODNN7EXAMPLX"),
    ("key AKIAIOSFODNN7EXAMPLX used", "AKIAIOSFODNN7EXAMPLX"),
    ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
    ("remote: ghp_Zx9Qw7Lm3Kp8Rt5Vb2Nc6Hd4Jf1Gs0Yu7Ie3 denied", "ghp_Zx9Qw7Lm3Kp8Rt5Vb2Nc6Hd4Jf1Gs0Yu7Ie3"),
    (
        "github_pat_11ABCDEFG0Zx9Qw7Lm3Kp8Rt5Vb2Nc6Hd4Jf1Gs0Yu7Ie3Oa5",
        "github_pat_11ABCDEFG0Zx9Qw7Lm3Kp8Rt5Vb2Nc6Hd4Jf1Gs0Yu7Ie3Oa5",
    ),
    ("glpat-Zx9Qw7Lm3Kp8Rt5Vb2Nc", "glpat-Zx9Qw7Lm3Kp8Rt5Vb2Nc"),
    ("hf_Zx9Qw7Lm3Kp8Rt5Vb2Nc6Hd4Jf1Gs0Yu7I", "hf_Zx9Qw7Lm3Kp8Rt5Vb2Nc6Hd4Jf1Gs0Yu7I"),
    ("WANDB_API_KEY=0123456789abcdef0123456789abcdef01234567", "0123456789abcdef0123456789abcdef01234567"),
    ("wandb login 0123456789abcdef0123456789abcdef01234567", "0123456789abcdef0123456789abcdef01234567"),
    (
        "Incorrect API key provided: sk-proj-Zx9Qw7Lm3Kp8Rt5Vb2Nc6Hd4Jf1Gs0Yu7Ie3Oa5",
        "sk-proj-Zx9Qw7Lm3Kp8Rt5Vb2Nc6Hd4Jf1Gs0Yu7Ie3Oa5",
    ),
    ("sk-Zx9Qw7Lm3Kp8Rt5Vb2Nc6Hd4Jf1Gs0Yu7Ie3Oa5", "sk-Zx9Qw7Lm3Kp8Rt5Vb2Nc6Hd4Jf1Gs0Yu7Ie3Oa5"),
    ("curl -H 'Authorization: Bearer abc123DEF456ghi' https://x", "abc123DEF456ghi"),
    ("Authorization: Basic dXNlcjpwYXNzd29yZA==", "dXNlcjpwYXNzd29yZA=="),
    ("clone https://bob:hunter2!x@git.example.com/a.git", "hunter2!x"),
    ("postgres://u:p4ss@db:5432/x", "p4ss"),
    ("train.py --password hunter2 --epochs 3", "hunter2"),
    ("['--password', 'hunter2']", "hunter2"),
    ("--token=abcdefgh12", "abcdefgh12"),
    ("--api-key abcd1234", "abcd1234"),
    ("PASSWORD: hunter2", "hunter2"),
    ("DB_PASS=hunter2", "hunter2"),
    ("PGPASSWORD=hunter2 psql", "hunter2"),
    ("xoxb-123456789012-abcdefGHIJ", "xoxb-123456789012-abcdefGHIJ"),
    (
        "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
        "T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
    ),
    (
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3.SflKxwRJSMeKKF2QT4",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3.SflKxwRJSMeKKF2QT4",
    ),
    (
        "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=abc123DEF456+/==;EndpointSuffix=core",
        "abc123DEF456+/==",
    ),
    ("docker login -u bob -p s3cretpw registry.io", "s3cretpw"),
    ("mysql -u root -pS3cret db", "S3cret"),
    ("sshpass -p 'hunter2' ssh x", "hunter2"),
    ("export TOKEN=exp0rted-v4lue", "exp0rted-v4lue"),
    ('{"api_key": "abcd-efgh-1234", "n": 1}', "abcd-efgh-1234"),
    ("{'api_key': 'abcd-efgh-1234'}", "abcd-efgh-1234"),
    ('\\"api_key\\": \\"abcd-efgh\\"', "abcd-efgh"),
    ("GET https://x.io/a?token=abcdef123&b=2", "abcdef123"),
    ("https://s3.amazonaws.com/b/k?X-Amz-Signature=abcdef0123456789aa&X=1", "abcdef0123456789aa"),
    ("machine api.wandb.ai login user password n3trc-v4lue-01", "n3trc-v4lue-01"),
    ("bash: hf_Zx9Qw7Lm3Kp8Rt5Vb2Nc6Hd4Jf1Gs0Yu7I: command not found", "hf_Zx9Qw7Lm3Kp8Rt5Vb2Nc6Hd4Jf1Gs0Yu7I"),
    ("bash: Zx9Qw7Lm3Kp8Rt5Vb2Nc6Hd4Jf1Gs0: command not found", "Zx9Qw7Lm3Kp8Rt5Vb2Nc6Hd4Jf1Gs0"),
    ("bash: TOKEN=abc12345: command not found", "abc12345"),
    ("zsh: command not found: Zx9Qw7Lm3Kp8Rt5Vb2Nc6Hd4Jf1Gs0", "Zx9Qw7Lm3Kp8Rt5Vb2Nc6Hd4Jf1Gs0"),
    (
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7bq\nabcd1234EFGH\nXyz=\n-----END RSA PRIVATE KEY-----\nok",
        "MIIEpAIBAAKCAQEA7bq",
    ),
    (
        '"key": "-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\\n-----END PRIVATE KEY-----\\n"',
        "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC",
    ),
    ("AIzaZx9Qw7Lm3Kp8Rt5Vb2Nc6Hd4Jf1Gs0Yu7Ie", "AIzaZx9Qw7Lm3Kp8Rt5Vb2Nc6Hd4Jf1Gs0Yu7Ie"),
    ("nvapi-Zx9Qw7Lm3Kp8Rt5Vb2Nc6Hd4Jf1Gs0Yu7Ie3Oa5", "nvapi-Zx9Qw7Lm3Kp8Rt5Vb2Nc6Hd4Jf1Gs0Yu7Ie3Oa5"),
    ("Server=x;User=sa;Password=c0nn3ction;", "c0nn3ction"),
    ("CREATE USER x IDENTIFIED BY 'hunter2'", "hunter2"),
    ("HF_TOKEN: abcd1234efgh", "abcd1234efgh"),
    ("redis-cli -h x -a hunter2", "hunter2"),
    ("curl -u bob:hunter2 https://x", "hunter2"),
    ("OPENAI_KEY=abcd1234efgh5678", "abcd1234efgh5678"),
    ('password = "two words"', "two words"),
    ("ValueError: bad credentials: abc123def456", "abc123def456"),
]
"""A line, and the part of it that must not be shown."""
NOT_SECRETS = [
    "tokens=128",
    "token_throughput: 1234.5",
    "max_tokens=128 ",
    "pad_token: <pad> eos_token=</s>",
    "loss per token: 3.25",
    "PWD=/home/x",
    "OLDPWD=/a",
    "password:",
    "Unexpected token: else",
    "key: value",
    "cache key: 0123456789abcdef0123",
    "commit 0123456789abcdef0123456789abcdef01234567",
    "sha256:abcdef0123456789",
    "ckpt_abcdef0123.pt",
    "http://a:8080/x@y",
    "http://host:8080",
    "token=128",
    "tokens per second: 3",
    "--eos-token </s>",
    "--max-token 128",
    "private_key: ~/.ssh/id_rsa",
    "git@github.com:a/b",
    "ssh://git@host:22/x",
    "bash: pyhton3: command not found",
    "task-0123456789abcdefgh",
    "$PASSWORD --password $PASSWORD",
    "token: None",
    "time_per_token=0.0123ms",
    "first_token: 0.034s",
    "secret: None",
    "Bearer authentication enabled",
    "unk_token='<unk>'",
    "num_key_value_heads: 8",
    "key=12",
    "CACHE_KEY=abcdef0123456789",
    "Authorization: Bearer $access_token",
    "Authorization: Bearer ${access_token}",
    "https://$USER:$PASS@host/x",
    "Now at token 12345678",
    ':::MLLOG {"key": "run_start"}',
    "num_key_value_heads: 8",
    "public key: abcdef0123456789",
    "PRIVATE KEY is missing",
]


@pytest.mark.parametrize(("line", "secret"), KINDS)
def test_a_secret_is_masked_in_place(line: str, secret: str) -> None:
    after = masked_text(line)
    assert secret not in after
    assert len(after) == len(line)
    at = line.index(secret)
    assert after[at : at + len(secret)] == "*" * len(secret)
    assert all(new in (old, "*") for old, new in zip(line, after, strict=True))
    assert masked_text(after) == after


@pytest.mark.parametrize("line", NOT_SECRETS)
def test_what_only_looks_like_a_secret_is_not_masked(line: str) -> None:
    assert masked_text(line) == line


@pytest.mark.parametrize(("line", "secret"), KINDS)
def test_a_secret_is_found_in_the_middle_of_a_long_text(line: str, secret: str) -> None:
    filler = "2024-04-09 21:44:13,203 INFO:   Step=50, Loss=9.2, Rate=2929.65 samples/sec\n" * 4_000
    text = f"{filler}é {line}\n{filler}"
    after, before = masked(text.encode())
    assert secret not in after.decode()
    assert len(after.decode()) == len(text)
    lines = text.split("\n")
    assert before
    assert all(lines[n - 1] == old for n, old in before.items())


def test_texts_are_masked_together_as_each_is_alone() -> None:
    filler = "2024-04-09 21:44:13,203 INFO:   Step=50, Loss=9.2, Rate=2929.65 samples/sec\n"
    texts = [b"", *(f"{filler * n}{line}\n{filler * n}".encode() for n, (line, _) in enumerate(KINDS * 4)), b"\n", b"x"]
    together = masked_texts(texts)
    assert together == [masked(text) for text in texts]
    assert sum(bool(before) for _, before in together) == len(texts) - 3


def test_masking_is_linear() -> None:
    for part in (
        "--",
        "://",
        'password="',
        "mysql ",
        "-----BEGIN PRIVATE KEY-----",
        "key: ",
        "eyJ",
        "token ",
        "machine ",
    ):
        text = (part * (2**17 // len(part))).encode()
        assert len(masked(text)[0]) == len(text)


def test_no_line_of_a_sample_is_masked() -> None:
    assert not [source.name for source in sources.read_sources(SAMPLES) if source.unmasked]


def test_no_line_of_a_real_log_is_masked(real_logs: Path) -> None:
    found = {
        (source.name, n, line) for source in sources.read_sources(real_logs) for n, line in source.unmasked.items()
    }
    assert not found


# ---- all that the program writes ---- #

LOGS = {
    "cerebras.out": (SAMPLES / "cerebras" / "bert_pasted_crlf_cp1252.out", "python run.py", "cp1252"),
    "graphcore.out": (SAMPLES / "graphcore" / "mnist_as_is_cold.out", "python mnist_poptorch.py", "utf-8"),
    "sambanova.out": (SAMPLES / "sambanova" / "bert_large_16_tasks_compiled.out", "COMPILE COMMAND: ", "utf-8"),
    "groq.out": (SAMPLES / "groq" / "bert_tiny_dummy_input.out", "python bert_tiny.py", "utf-8"),
}
"""A sample of each platform, the text behind which its command can be given more options, and its encoding."""
ONE_LINE = [(line, secret) for line, secret in KINDS if "\n" not in line]


def planted(sample: Path, command: str, encoding: str) -> str:
    """A sample with every kind of secret in its command, in exceptions, warnings, and mistyped commands."""
    text = sample.read_bytes().decode(encoding).replace("\r\n", "\n")
    assert command in text
    options = " --password p4ssw0rd-of-command --api-key=k3y-of-command https://u:url-p4ss@h/x "
    text = text.replace(command, f"{command}{options}", 1)
    lines = [form.format(line) for line, _ in ONE_LINE for form in FORMS]
    return "\n".join([text.rstrip("\n"), *lines, *(line for line, _ in KINDS if "\n" in line)]) + "\n"


FORMS = (
    "ValueError: {}",
    "/usr/lib/python3.8/site.py:216: UserWarning: {}",
    "srun: error: Unable to run: {}",
    "-bash: {}: command not found",
    "{}",
)
SECRETS = {*(secret for _, secret in KINDS), "p4ssw0rd-of-command", "k3y-of-command", "url-p4ss"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("planted")
    for name, sample in LOGS.items():
        (folder / name).write_text(planted(*sample))
    return folder


@pytest.fixture(scope="module")
def logs(folder: Path) -> logparse.Logs:
    return logparse.ingest(folder)


def leaks(text: str) -> set[str]:
    return {secret for secret in SECRETS if secret in text}


def test_the_planted_secrets_would_be_shown_without_masks(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "masked_texts", lambda texts: [(text, {}) for text in texts])
    plain = logparse.ingest(folder)
    for name, command in zip(LOGS, ("p4ssw0rd-of-command",) * 4, strict=True):
        of_source = pl.col("source").str.ends_with(name)
        assert command in plain.params.filter(of_source)["value"].str.join("\n").item()
        messages = plain.messages.filter(of_source)["text"].str.join("\n").item()
        assert len(leaks(messages)) > 30
    assert leaks(plain.evidence["text"].str.join("\n").item())


def test_no_frame_holds_a_secret(logs: logparse.Logs) -> None:
    for name, frame in logs.frames().items():
        assert not leaks(frame.write_json()), name
    assert logs.params["value"].str.contains("password ***", literal=True).sum() == len(LOGS)
    assert logs.messages["text"].str.contains("***", literal=True).sum() > 100


def test_evidence_is_still_on_its_line_at_its_column(logs: logparse.Logs) -> None:
    rows = logs.evidence.filter(pl.col("start").is_not_null()).unique(["source", "line", "start", "text"])
    assert rows.height > 50
    for source, line, start, text in rows.select("source", "line", "start", "text").iter_rows():
        assert logs.lines(source, [line])[line][start : start + len(text)] == text


def commands(logs: logparse.Logs) -> Iterator[tuple[str, ...]]:
    for name in FRAMES:
        yield name, "--format", "json"
    yield from (("messages", "--format", format) for format in ("table", "ndjson", "csv", "md", "latex"))
    yield ("ingest",)
    for run_id in logs.runs["run"]:
        for column in ("status", "command"):
            yield "show", run_id, column, "-C", "3"
    yield from (("findings", "--format", format) for format in ("table", "json", "csv"))
    yield from (("compare", "--format", format) for format in ("table", "md", "latex", "json", "junit", "github"))
    yield from (("report", "--format", format) for format in ("html", "md", "latex"))
    yield from (
        ("chart", name, "--format", "json") for name in ("duration", "throughput", "timeline", "stages", "loss")
    )


def test_no_command_prints_a_secret(logs: logparse.Logs, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logparse, "ingest", lambda *_, **__: logs)
    printed = 0
    for command in commands(logs):
        result = run(*command, folder)
        assert result.exit_code != 1, result.output
        assert not leaks(result.output), command
        printed += "***" in result.output
    assert printed > 20


@pytest.mark.parametrize("name", LOGS)
def test_explain_prints_no_secret(folder: Path, name: str) -> None:
    for options in ([], ["--all"], ["--all", "--format", "json"]):
        result = run("explain", folder / name, *options)
        assert result.exit_code == 0
        assert not leaks(result.output)
        assert "***" in result.output


def test_nothing_that_is_stored_or_given_to_others_holds_a_secret(logs: logparse.Logs, tmp_path: Path) -> None:
    for format in ("csv", "ndjson"):
        logs.write(tmp_path / format, format)
        for path in (tmp_path / format).iterdir():
            assert not leaks(path.read_text()), path
    assert not leaks(pickle.dumps(logs).decode("latin-1"))
    assert not leaks(logs._repr_html_())


def test_show_raw_shows_all_and_says_so(logs: logparse.Logs, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logparse, "ingest", lambda *_, **__: logs)
    groq = logs.params.filter(pl.col("source").str.ends_with("groq.out") & (pl.col("name") == "command"))["run"][0]
    masked_page = run("show", groq, "command", folder).output
    raw_page = run("show", groq, "command", folder, "--raw").output
    assert "p4ssw0rd-of-command" not in masked_page
    assert "--raw" not in masked_page
    assert "--password p4ssw0rd-of-command" in raw_page
    assert "--raw: these lines are shown as they are in the log, with any keys and passwords" in raw_page
    marks = [line for line in raw_page.splitlines() if line.strip(" ^") == "" and "^" in line]
    assert marks
    assert marks == [line for line in masked_page.splitlines() if line.strip(" ^") == "" and "^" in line]
