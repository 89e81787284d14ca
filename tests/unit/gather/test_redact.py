"""What is masked, and what stays readable."""

import base64
import gzip
import json
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit import hidden
from mtc.diagnose import mask
from mtc.gather import forms, redact, secrets
from mtc.gather.redact import Redactor
from mtc.gather.secrets import Values

_ODD = "Pa$$ w0rd\"<&>'x"


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _redactor(*texts: str, public: frozenset[str] = frozenset()) -> Redactor:
    values = Values(public=public)
    values.add_secret({"data": {f"key-{number}": _encoded(text) for number, text in enumerate(texts)}})
    return Redactor(values)


@pytest.mark.parametrize("write", hidden.WRITERS)
@pytest.mark.parametrize("value", hidden.values(1, 8))
def test_a_value_is_found_however_it_is_written(value: str, write: hidden.Write) -> None:
    """Plain, in base64 at any offset, twice, percent-encoded, escaped, in JSON in JSON, in URLs."""
    secret = hidden.Secret(value, write(value))
    assert list(hidden.found_in(secret.written.encode(), [secret])), "the search of the test itself is blind"
    cleaned = _redactor(value).text(f"before {secret.written} after")
    assert not list(hidden.found_in(cleaned.encode(), [secret])), cleaned
    assert cleaned.startswith("before ")
    assert cleaned.endswith(" after")


@settings(deadline=None)
@given(st.binary(min_size=6, max_size=120), st.binary(max_size=7), st.binary(max_size=7))
def test_what_stands_in_longer_base64_is_found(value: bytes, before: bytes, after: bytes) -> None:
    """The text that one of the three alignments gives stands in the whole."""
    whole = base64.b64encode(before + value + after).decode()
    assert any(form in whole for form in forms.aligned(value))


@settings(deadline=None)
@given(st.text(alphabet=string.printable, max_size=80))
def test_cleaning_twice_changes_nothing(text: str) -> None:
    """What is masked stays as it is masked."""
    redactor = _redactor(_ODD)
    once = redactor.text(f"token={text}")
    assert redactor.text(once) == once


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("--password=abc --port 80", "--port 80"),
        ("--token xyz --port 80", "--port 80"),
        ("GET https://user:abc@host/path", "@host/path"),
        ("Authorization: Bearer abcdefgh12345", "Authorization: Bearer"),
        ("user: bob\npassword: changeme\nport: 80", "user: bob\npassword: <removed:name>\nport: 80"),
        ('{"level":"info","password":"x1"}', '"level":"info"'),
        ("key AKIAABCDEFGHIJKLMNOP used", "key <removed:look> used"),
        ("id fT7hQ2mZ9xKc4VbN8wRp6YsD used", "id <removed:look> used"),
        ("https://s3/x?X-Amz-Signature=0123456789abcdef&a=b", "&a=b"),
    ],
)
def test_what_looks_like_a_secret_is_masked_although_nobody_knows_it(text: str, kept: str) -> None:
    """Names of options and fields, logins in URLs, tokens; what stands around it stays."""
    found = Redactor(Values()).text(text)
    assert "<removed:" in found
    assert kept in found


@pytest.mark.parametrize(
    ("line", "clean"),
    [
        ('{"kind":"PodVolumeRestore","volume":"data","event":"done"}', '{"kind":"PodVolumeRestore","volume":"data","event":"done"}'),
        ('{"kind":"PodVolumeRestore","metadata":"none"}', '{"kind":"PodVolumeRestore","metadata":"none"}'),
        ('{"kind":"Secret","data":"held"}', '{"kind":"Secret","data":"<removed:type>","metadata":{}}'),
        ('{"kind":"Secret","data":{"key":"held"}}', '{"kind":"Secret","data":{"key":"<removed:type>"},"metadata":{}}'),
    ],
)
def test_a_line_that_names_a_kind_need_not_be_an_object(line: str, clean: str) -> None:
    """Node agents write the kind of each copy into their log; a Secret without metadata is still one."""
    assert Redactor(Values()).text(line) == clean


@pytest.mark.parametrize(
    "text",
    [
        "Secret openshift-migration/repo-creds does not exist",
        "registry.example/app@sha256:" + "0123456789abcdef" * 4,
        "shop-final-stage-x2b4c-7wkqz",
        "8886de4c-c9f8-11e9-95ad-0205fe66cbb6",
        "-----BEGIN CERTIFICATE-----\nMIIBfT7hQ2mZ9xKc4VbN8wRp6YsDAAAA\nfT7hQ2mZ9xKc4VbN8w==\n-----END CERTIFICATE-----\n",
        "2026-01-01T10:00:00Z",
        "VeleroFinalRestorePartiallyFailed",
        "/apis/migration.openshift.io/v1alpha1/namespaces/openshift-migration/migmigrations/run",
        '{"tokenSecretRef":{"name":"repo"},"secretName":"repo","serviceAccountTokenPath":"/var/run"}',
    ],
)
def test_what_helps_stays(text: str) -> None:
    """Names, digests, ids, times and references to Secrets are what an archive is for."""
    assert _redactor(_ODD, "inventory").text(text) == text


def test_objects_lose_what_fields_say_to_be_secret() -> None:
    """Contents of Secrets, variables and arguments by their names, copies of manifests; references and names stay."""
    redactor = _redactor("inventory", _ODD)
    secret = redactor.object({"kind": "Secret", "metadata": {"name": "db", "managedFields": []}, "type": "Opaque", "data": {"a": "YQ=="}})
    assert secret == {"kind": "Secret", "metadata": {"name": "db"}, "type": "Opaque", "data": {"a": "<removed:type>"}}
    applied = json.dumps({"kind": "Secret", "metadata": {}, "stringData": {"a": "b"}, "data": {"c": "ZA=="}})
    container = {
        "name": "inventory",
        "args": ["--db-password", "x", "--user", "inventory", f"--greeting=hello {_ODD}"],
        "env": [
            {"name": "DB_PASSWORD", "value": "x"},
            {"name": "DB_USER", "value": "inventory"},
            {"name": "FROM", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}},
        ],
    }
    found = redactor.object({"kind": "Pod", "metadata": {"name": "inventory", "annotations": {"x/last": applied}}, "spec": container})
    assert json.loads(found["metadata"]["annotations"]["x/last"])["data"] == {"c": "<removed:type>"}
    assert found["metadata"]["name"] == found["spec"]["name"] == "inventory"
    assert found["spec"]["args"] == ["--db-password", "<removed:name>", "--user", "<removed:value>", "--greeting=hello <removed:value>"]
    assert [entry.get("value") for entry in found["spec"]["env"]] == ["<removed:name>", "<removed:value>", None]
    assert found["spec"]["env"][2]["valueFrom"] == container["env"][2]["valueFrom"]
    assert redactor.counts[redact.TYPE] == 3


def test_a_word_that_a_secret_holds_does_not_make_everything_unreadable() -> None:
    """Names that are public stay; other words are masked where they stand for themselves, not as a part of others."""
    redactor = _redactor("shop", "checkout", "root", public=frozenset({"shop"}))
    assert redactor.text("pod shop-1 of shop, checkouts") == "pod shop-1 of shop, checkouts"
    assert redactor.text("login checkout failed, root cause") == "login <removed:value> failed, root cause"
    assert redactor.value({"user": "root"}) == {"user": "<removed:value>"}


_PLACES = (
    "mysql -uadmin -p{} shop",
    "cannot log in with {}.",
    "PASS={};",
    'msg="first\\n{}"',
    "q=user%3D{}&x=1",
    "amqp://{}@mq/",
    "scott/{}@db",
    "password_{}_old",
    '{{\\"user\\": \\"{}\\"}}',
)


@pytest.mark.parametrize("value", ["hunter2", "s3cr3t", "Tr0ub", "pa$$1", "Kx9!q", "WinTer", "1!2!3", "tiger", "changeme", "Winter"])
def test_a_short_value_and_a_word_are_found_wherever_they_are_given(value: str) -> None:
    """Behind an option of one letter, in a sentence, behind signs that give something, also escaped."""
    redactor = _redactor(value)
    for place in _PLACES:
        assert value not in redactor.text(place.format(value)), place
    item = {"kind": "Pod", "spec": {"containers": [{"args": ["mysql", "-uroot", f"-p{value}"], "command": [f"-p{value}"]}]}}
    assert value not in json.dumps(redactor.object(item))
    note = {"kind": "Pod", "metadata": {"annotations": {"note": f"ask for {value} at the desk"}}}
    assert value not in json.dumps(redactor.object(note))


def test_the_shortest_are_found_where_a_value_is_bound_to_stand() -> None:
    """In a sentence a word of four letters is a word, and a number of five digits a number."""
    redactor = _redactor("root", "5432", "12345")
    assert redactor.text("mysql -uroot -p12345") == "mysql -u<removed:value> -p<removed:value>"
    assert redactor.text('user=root, "user": "root", root@db, app:root') == (
        'user=<removed:value>, "user": "<removed:value>", root@db, app:<removed:value>'
    )
    for text in ("the root cause, uproot, root-1", "db:5432 at 10:12345", "took 12345 ms", "a-proot"):
        assert redactor.text(text) == text
    assert _redactor("ab12c", "hunter2").text("8886de4c-ab12c9f8 sha256:0ab12c") == "8886de4c-ab12c9f8 sha256:0ab12c"


def test_names_stay_when_a_short_value_is_called_like_them() -> None:
    """Otherwise nobody could tell the objects apart."""
    item = {"kind": "Pod", "metadata": {"name": "mysql8-0", "labels": {"app": "mysql8"}}, "spec": {"nodeName": "mysql8"}}
    assert _redactor("mysql8").object(item) == item


@pytest.mark.parametrize("width", [20, 64, 76])
@pytest.mark.parametrize("size", [30, 60, 300])
def test_what_is_broken_over_lines_is_found(width: int, size: int) -> None:
    """As base64 is, and what an editor has wrapped; moved in or not."""
    value = hidden.values(size, 8)[6][:160] * 2
    value = value[:size]
    redactor = _redactor(value)
    for written in (value, _encoded(value), _encoded(f"user:{value}"), value.encode().hex()):
        for between in ("\n", "\n    ", "\r\n", " \\\n  "):
            lines = [written[at : at + width] for at in range(0, len(written), width)]
            found = redactor.text(f"before:\n{between.join(lines)}\nafter")
            assert not [line for line in lines if len(line) > 6 and line in found], (between, found)
            assert found.startswith("before:")
            assert found.endswith("after")


def test_each_line_of_a_private_key_is_found() -> None:
    """Also alone, as a log tells it, and escaped."""
    chance = hidden.values(5, 8)[6] + hidden.values(6, 8)[6]
    body = [base64.b64encode(chance[at : at + 48].encode()).decode() for at in range(0, 336, 48)]
    text = "\n".join(["-----BEGIN RSA PRIVATE KEY-----", *body, "-----END RSA PRIVATE KEY-----", ""])
    redactor = _redactor(text)
    for written in (*body, text, json.dumps(text), json.dumps({"a": json.dumps(text)}), _encoded(text), "  ".join(body)):
        found = redactor.text(f"read {written} from disk")
        assert not [line for line in body if line in found], found


def test_a_release_of_helm_is_looked_into() -> None:
    """It is packed and in base64 twice: what its values and its manifest call a password is one."""
    manifest = "kind: Secret\nstringData:\n  password: walrus77\nkind: Deployment\n  replicas: 1\n"
    release = {"name": "shop", "config": {"db": {"password": "otter-55!", "port": 1}}, "manifest": manifest}
    packed = base64.b64encode(gzip.compress(json.dumps(release).encode()))
    values = Values()
    values.add_secret({"type": "helm.sh/release.v1", "data": {"release": base64.b64encode(packed).decode()}})
    redactor = Redactor(values)
    for text in ("otter-55!", "walrus77"):
        assert text not in redactor.text(f"it is {text} here")
    assert packed.decode()[40:90] not in redactor.text(f"release {packed.decode()}")
    assert list(secrets.parts(b"H4sI nothing")) == list(secrets.parts(b"\x1f\x8b nothing")) == []


def test_what_stands_inside_of_a_secret_is_a_secret_too() -> None:
    """Keys in credential files, passwords in URLs and logins of registries; what is public in them is not."""
    ini = "[default]\naws_access_key_id = AKIAABCDEFGHIJKLMNOP\naws_secret_access_key = abcdefghij0123456789\nregion = eu-central-1\n"
    docker = json.dumps({"auths": {"r.example": {"auth": _encoded("bot:rabbit42hole")}}})
    values = Values()
    values.add_secret(
        {"data": {"cloud": _encoded(ini), ".dockerconfigjson": _encoded(docker), "url": _encoded("amqp://u:carrot99soup@mq/")}}
    )
    redactor = Redactor(values)
    for text in ("abcdefghij0123456789", "rabbit42hole", "carrot99soup"):
        assert text not in redactor.text(f"it is {text}.")
    assert redactor.text("in eu-central-1") == "in eu-central-1"
    values = Values()
    values.add_secret({"data": {"namespace": _encoded("somewhere1"), "ca.crt": _encoded("anything12")}})
    assert not values.strong


@pytest.mark.parametrize(
    "held",
    [
        "host=db user=shop password=quail88x dbname=shop",
        "Server=db;User Id=shop;Password='quail88x';",
        "machine db login shop password quail88x",
        "<server><id>a</id><password>quail88x</password></server>",
        "jdbc:postgresql://db/shop?user=shop&password=quail88x",
        "db:\n  password: quail88x\n",
        'export DB_PASSWORD="quail88x"',
        "run --db-password quail88x",
        json.dumps({"auths": {"r.example": {"username": "bot", "password": "quail88x"}}}),
        json.dumps({"auths": {"r.example": {"auth": _encoded("bot:quail88x")}}}),
    ],
)
def test_a_password_is_found_in_whatever_form_a_secret_has_it(held: str) -> None:
    """Connection strings, netrc, XML, INI, YAML, shell, logins of registries."""
    assert _redactor(held).text("it was quail88x once") == "it was <removed:value> once"


def test_parts_of_what_is_no_text_are_none() -> None:
    """A keystore is looked for as a whole."""
    assert list(secrets.parts(b"\xff\xfe\x00\x01")) == []


@pytest.mark.parametrize("word", ["x", "ab/cd.", "my-pass-", "http", "a://b:", "\n", " ", "- ", "token "])
def test_a_text_is_gone_over_once_however_long_a_word_in_it_is(word: str) -> None:
    """Patterns that begin anew at each letter of a word would not come to an end with a long file in one line."""
    long = word * (10**5 // len(word))
    cleaned = _redactor(f"{long}\npassword=tulip-77-garden").text(f"{long}x key {long}, password=rose-12-hedge")
    assert cleaned.endswith("password=<removed:name>")
    assert mask.Mask().text(f"{long}x {long}, password=rose-12-hedge").endswith("password=***")
