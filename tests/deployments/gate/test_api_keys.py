"""Keys as people write them, in the environment or a file; none of them is ever said again."""

import hashlib
import pickle
import traceback
from pathlib import Path

import pytest
from pydantic import ValidationError

from deployments.gate.api_keys import ApiKeys
from deployments.settings import Settings, SettingsError, load_settings

ANN, NEW, BEN = "a" * 32, "B2-._~" * 6, "b" * 64


def test_keys_in_a_list() -> None:
    keys = ApiKeys.read(f" {ANN}:ann , {NEW} : ann,{BEN}:Ben Müller,")
    assert [keys.user_of(key) for key in (ANN, NEW, BEN)] == ["ann", "ann", "Ben Müller"]
    assert [keys.user_of(key) for key in ("", "a" * 31, "ann", "\udcff", hashed(ANN))] == [None] * 5


def hashed(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def test_keys_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "keys: of everybody"
    file.write_text(f"# who may\n\n  {ANN}:ann\t\nsha256={hashed(BEN).upper()}:ben\r\n")
    keys = ApiKeys.read(str(file))
    assert [keys.user_of(key) for key in (ANN, BEN)] == ["ann", "ben"]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([f"{ANN}:ann", BEN], "line 2 is not key:user"),
        (["", f"{ANN}:"], "line 2 is not key:user"),
        ([f"{ANN}:{'u' * 129}"], "line 1 is not key:user"),
        (["a" * 31 + ":ann"], "line 1 is shorter than 32"),
        (["a" * 257 + ":ann"], "line 1 is longer than 256"),
        ([ANN + "/=:ann"], "line 1 has other characters"),
        ([":ann"], "line 1 has other characters"),
        ([f"sha256={'0' * 63}:ann"], "line 1 has other characters"),
        ([f"{ANN}:ann", "# again", f"sha256={hashed(ANN)}:ben"], "line 3 repeats"),
        (["# nobody"], "no key in it"),
    ],
)
def test_a_wrong_line_is_named_and_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: list[str], said: str
) -> None:
    file = tmp_path / "keys"
    file.write_text("\n".join(lines))
    monkeypatch.setenv("BATCH_API_KEYS", str(file))
    with pytest.raises(SettingsError, match=said) as caught:
        load_settings()
    assert str(caught.value).startswith("BATCH_API_KEYS: ")
    shown = "".join(traceback.format_exception(caught.value))
    assert [key for key in ("a" * 31, BEN) if key in shown] == []


@pytest.mark.parametrize("value", [ANN, "/no/such/file", ".", ",", " ", "/\0", "~nobody-of-this-name/keys"])
def test_what_is_neither_is_refused_and_not_shown(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    with pytest.raises(SettingsError, match="neither a list of key:user nor a file") as caught:
        load_settings(api_keys=value)
    assert ANN not in str(caught.value)


def test_settings_keep_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATCH_API_KEYS", f"{ANN}:ann")
    settings = load_settings()
    sent = pickle.loads(pickle.dumps(settings))  # noqa: S301 - as Serve hands it to the ingress
    assert sent.api_keys.user_of(ANN) == "ann"
    again = Settings.model_validate({**settings.model_dump(exclude_unset=True), "max_photos": 3})  # as app.build does
    assert again.api_keys is settings.api_keys
    for shown in (repr(settings), str(settings.model_dump()), repr(settings.api_keys)):
        assert ANN not in shown
        assert "1 API keys" in shown
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate({"api_keys": "a" * 31 + ":ann"})
    assert "aaa" not in str(caught.value)


@pytest.mark.parametrize("origin", ["*", "photos.example", "https://photos.example/", "https://*.example", "null"])
def test_origins_are_exact(origin: str) -> None:
    with pytest.raises(SettingsError, match=r"BATCH_CORS_ORIGINS: .* is not an origin"):
        load_settings(cors_origins=origin)


def test_origins_are_listed() -> None:
    origins = load_settings(cors_origins="https://Photos.example, http://localhost:3000").cors_origins
    assert origins == {"https://photos.example", "http://localhost:3000"}


def test_a_rate_needs_keys_to_count_by() -> None:
    with pytest.raises(SettingsError, match=r"BATCH_RATE_LIMIT: .* set BATCH_API_KEYS"):
        load_settings(rate_limit=3)
    assert load_settings(rate_limit=3, api_keys=f"{ANN}:ann").rate_limit == 3
    assert load_settings(api_keys="").api_keys is None


def test_allowed_hosts_are_hosts() -> None:
    assert load_settings(allowed_hosts="Nas.Local, 10.0.0.7:8080,[fd00::7]").allowed_hosts
    for wrong in ("http://nas.local", "10.0.0.0/8", "*.local"):
        with pytest.raises(SettingsError, match=r"BATCH_ALLOWED_HOSTS: .* no scheme, path or"):
            load_settings(allowed_hosts=wrong)
