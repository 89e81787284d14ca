"""How a service principal gets at an Azure storage account: Azurite over https, with login and resource manager beside it."""

import ssl
from dataclasses import replace
from datetime import timedelta

import pytest

from kit import azure_login, azurite
from mtc import store
from mtc.store import azure_key, errors, port


def location(server: azurite.AzureServer, login: azure_login.Login, *, secret: str = azure_login.SECRET, **config: str) -> store.Location:
    """A location of its own for a service principal."""
    found = server.location()
    return replace(found, config={**found.config, **login.config(**config)}, credential=azure_login.credential(secret))


async def test_a_principal_that_may_list_keys_needs_no_right_on_data(azure_https: azurite.AzureServer, login: azure_login.Login) -> None:
    """The key with full permissions is looked up with a token for the resource manager, once for many locations and requests."""
    place = location(azure_https, login)
    await port.probe(store.open_location(place), "one")
    await port.probe(store.open_location(place), "two")
    path = (
        f"/subscriptions/{azure_login.SUBSCRIPTION}/resourceGroups/group/providers/Microsoft.Storage/storageAccounts/testaccount/listKeys"
    )
    assert login.asked == [f"{login.url}/.default", path]
    assert azure_https.fetch(await signed(place)) == b"text"


async def signed(place: store.Location) -> str:
    """A link to a new object."""
    opened = store.open_location(place)
    await opened.put("backups/a/log", b"text")
    return await opened.sign("backups/a/log", timedelta(minutes=1))


async def test_a_principal_that_may_not_list_keys_uses_its_own_token(azure_https: azurite.AzureServer, login: azure_login.Login) -> None:
    """Where the look-up is denied, a data role on the container does as well."""
    login.may_list_keys = False
    await port.probe(store.open_location(location(azure_https, login)), "one")
    assert login.asked[-1] == "https://storage.azure.com/.default"


async def test_with_use_aad_no_key_is_looked_up(azure_https: azurite.AzureServer, login: azure_login.Login) -> None:
    """The resource manager is not asked at all."""
    await port.probe(store.open_location(location(azure_https, login, useAAD="true")), "one")
    assert set(login.asked) == {"https://storage.azure.com/.default"}


@pytest.mark.parametrize("use_aad", ["true", "false"])
async def test_a_wrong_secret_is_told_in_the_words_of_microsoft(
    azure_https: azurite.AzureServer, login: azure_login.Login, use_aad: str
) -> None:
    """Access is denied, with the code that people search for; the secret is in no text; the right one works at once."""
    wrong = location(azure_https, login, secret="not-the-secret-4711", useAAD=use_aad)
    opened = store.open_location(wrong)
    with pytest.raises(errors.AccessDenied) as caught:
        await opened.put("x", b"")
    assert "not-the-secret-4711" not in f"{caught.value} {caught.value.__cause__} {wrong!r}"
    assert "AADSTS7000215" in str(caught.value)
    assert "Trace ID" not in str(caught.value)
    await store.open_location(replace(wrong, credential=azure_login.credential())).put("x", b"")


async def test_a_key_that_was_replaced_is_looked_up_anew(azure_https: azurite.AzureServer, login: azure_login.Login) -> None:
    """A key that the storage refuses is not kept: the next try has the new one."""
    login.key = azurite.WRONG_KEY
    place = location(azure_https, login)
    with pytest.raises(errors.AccessDenied):
        await store.open_location(place).put("x", b"")
    login.key = azurite.ACCESS_KEY
    await store.open_location(place).put("x", b"")


async def test_a_wrong_resource_group_is_told(azure_https: azurite.AzureServer, login: azure_login.Login) -> None:
    """The error names the group and what to check."""
    with pytest.raises(errors.BadLocation, match=r"'elsewhere'.*check subscription, resource group and storage account"):
        await store.open_location(location(azure_https, login, resourceGroup="elsewhere")).put("x", b"")


async def test_a_login_service_that_does_not_answer_is_told(azure_https: azurite.AzureServer, login: azure_login.Login) -> None:
    """It is unreachable, by name: not a lack of rights."""
    place = location(azure_https, login, activeDirectoryAuthorityURI="https://127.0.0.1:9")
    with pytest.raises(errors.StoreUnreachable, match=r"127\.0\.0\.1:9 gives no answer"):
        await store.open_location(place).put("x", b"")


@pytest.mark.parametrize(
    ("config", "lines", "words"),
    [
        ({}, b"AZURE_CLOUD_NAME=Moon\n", "AZURE_CLOUD_NAME 'Moon'"),
        ({"useAAD": "perhaps"}, b"", "useAAD"),
        ({"activeDirectoryAuthorityURI": "http://login.example.org"}, b"", "https"),
    ],
)
def test_settings_of_a_principal_that_cannot_work(config: dict[str, str], lines: bytes, words: str) -> None:
    """They are refused before anything is sent."""
    place = store.Location("BSL demo", "azure", "c", config={"storageAccount": "a", **config}, credential=azure_login.credential() + lines)
    with pytest.raises(errors.BadLocation, match=words) as caught:
        store.open_location(place)
    assert "BSL demo" in str(caught.value)


@pytest.mark.parametrize(
    ("cloud", "host"),
    [
        ("", "a.blob.core.windows.net"),
        ("AzureUSGovernmentCloud", "a.blob.core.usgovcloudapi.net"),
        ("AzureChinaCloud", "a.blob.core.chinacloudapi.cn"),
    ],
)
async def test_links_lead_to_the_cloud_of_the_credential(cloud: str, host: str) -> None:
    """Each cloud of Azure has its own hosts."""
    key = azurite.credential().replace(b"AzurePublicCloud", cloud.encode())
    opened = store.open_location(store.Location("BSL demo", "azure", "c", config={"storageAccount": "a"}, credential=key))
    assert (await opened.sign("x", timedelta(minutes=1))).startswith(f"https://{host}/c/x?")


@pytest.mark.parametrize(
    ("keys", "told"),
    [({}, ""), ({"AZURE_CLIENT_SECRET": "not-the-secret-4711"}, "AADSTS7000215"), ({"AZURE_CLIENT_ID": "other"}, "AADSTS700016")],
    ids=["known", "secret", "client"],
)
async def test_what_the_login_says_of_a_principal(
    azure_https: azurite.AzureServer, login: azure_login.Login, keys: dict[str, str], told: str
) -> None:
    """A plain no is told in its words, without the secret; for snapshots no storage is asked."""
    found = location(azure_https, login)
    lines = dict(line.split("=", 1) for line in azure_login.credential().decode().splitlines()) | keys
    tls = ssl.create_default_context(cadata=(found.ca or b"").decode())
    said = await azure_key.LookUp(azure_key.cloud_of(found, lines), None, lines, tls).refusal()
    assert told in said
    assert bool(said) == bool(told)
    assert "4711" not in said


async def test_a_login_that_cannot_be_asked_says_nothing_of_a_principal(azure_https: azurite.AzureServer, login: azure_login.Login) -> None:
    """For instance one whose certificate nobody knows."""
    found = location(azure_https, login)
    lines = dict(line.split("=", 1) for line in azure_login.credential("not-the-secret-4711").decode().splitlines())
    assert not await azure_key.LookUp(azure_key.cloud_of(found, lines), None, lines, ssl.create_default_context()).refusal()
