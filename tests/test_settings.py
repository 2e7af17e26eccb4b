"""Settings: the environment wins, empty means unset, and a bad value is named in one line."""

from dataclasses import fields
from pathlib import Path

import pytest

from lib.settings import NAMES, ROOT, SECRETS, Settings, SettingsError, load

VARIABLES = [variable for variable, _ in NAMES.values()]
SECONDS = ["AUTOSAVE_WAIT", "AUTOSAVE_MAX_WAIT"]


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    return tmp_path / "secrets.toml"


def refusal(environ: dict[str, str], *files: Path) -> str:
    with pytest.raises(SettingsError) as refused:
        load(environ, files)
    return str(refused.value)


def test_with_nothing_set_the_defaults_hold() -> None:
    expected = Settings(f"sqlite:///{ROOT / 'data' / 'throughline.db'}", 2.0, 10.0)

    assert load({}, ()) == expected


def test_every_setting_has_a_variable_and_a_place_of_its_own() -> None:
    assert list(NAMES) == [each.name for each in fields(Settings) if each.name != "signs_in"]
    assert len({*NAMES.values()}) == len({*VARIABLES}) == len(NAMES)


def test_the_environment_is_read() -> None:
    environ = {
        "DATABASE_URL": "postgresql://db/workshop",
        "AUTOSAVE_WAIT": "1.5",
        "AUTOSAVE_MAX_WAIT": " 30 ",
        "PATH": "/bin",
    }

    assert load(environ, ()) == Settings("postgresql://db/workshop", 1.5, 30.0)


def test_secrets_are_read(secrets: Path) -> None:
    secrets.write_text(
        '[connections.workshop]\nurl = "postgresql://db/workshop"\n'
        "[autosave]\nwait = 1\nmax_wait = 30.5\n"
    )

    assert load({}, (secrets,)) == Settings("postgresql://db/workshop", 1.0, 30.5)


def test_the_environment_wins_over_secrets(secrets: Path) -> None:
    secrets.write_text("[autosave]\nwait = 1\nmax_wait = 20\n")
    found = load({"AUTOSAVE_WAIT": "3"}, (secrets,))

    assert (found.autosave_wait, found.autosave_max_wait) == (3.0, 20.0)


def test_a_later_file_wins_over_an_earlier_one(tmp_path: Path) -> None:
    users, projects = tmp_path / "user.toml", tmp_path / "project.toml"
    users.write_text("[autosave]\nwait = 1\n[guide]\ncontext = 9000\n")
    projects.write_text("[autosave]\nwait = 2.5\n")
    found = load({}, (users, projects))

    assert (found.autosave_wait, found.guide_context) == (2.5, 9_000)


def test_the_projects_own_secrets_win_over_the_users() -> None:
    assert SECRETS[-1] == ROOT / ".streamlit" / "secrets.toml"


@pytest.mark.parametrize("variable", VARIABLES)
@pytest.mark.parametrize("empty", ["", " ", "\t"])
def test_an_empty_variable_counts_as_not_set(variable: str, empty: str) -> None:
    assert load({variable: empty}, ()) == Settings()


def test_an_empty_entry_in_secrets_counts_as_not_set(secrets: Path) -> None:
    secrets.write_text('[connections.workshop]\nurl = ""\n[autosave]\nwait = " "\n')

    assert load({}, (secrets,)) == Settings()


def test_the_example_of_secrets_sets_what_holds_anyway() -> None:
    assert load({}, (ROOT / ".streamlit" / "secrets.toml.example",)) == Settings()


def test_zero_in_secrets_is_a_value(secrets: Path) -> None:
    secrets.write_text("[autosave]\nwait = 0\n")

    assert load({}, (secrets,)).autosave_wait == 0.0


def test_files_that_do_not_exist_are_no_files(tmp_path: Path) -> None:
    assert load({}, (tmp_path / "nowhere.toml", tmp_path)) == Settings()


@pytest.mark.parametrize(
    "place", ["connections = 3", 'autosave = "x"', "[[guide]]\ncontext = 9000"]
)
def test_a_table_that_is_none_sets_nothing(secrets: Path, place: str) -> None:
    secrets.write_text(place)

    assert load({}, (secrets,)) == Settings()


@pytest.mark.parametrize("variable", SECONDS)
@pytest.mark.parametrize("value", ["soon", "-1", "nan", "inf", "1e999", "3600.1", "2 s", "1,5"])
def test_a_bad_number_is_refused_in_one_line_that_names_the_variable(
    variable: str, value: str
) -> None:
    said = refusal({variable: value})

    assert said == f"{variable} must be a number of seconds from 0 to 3600."


@pytest.mark.parametrize("value", ['"soon"', "-1", "true", "[1]", "{a = 1}", "2026-01-01", "nan"])
def test_a_bad_number_in_secrets_is_refused_in_the_same_words(secrets: Path, value: str) -> None:
    secrets.write_text(f"[autosave]\nwait = {value}\n")

    assert refusal({}, secrets) == "AUTOSAVE_WAIT must be a number of seconds from 0 to 3600."


@pytest.mark.parametrize("value", ["8000", " 8000 ", "8_000"])
def test_tokens_are_read(value: str) -> None:
    assert load({"GUIDE_CONTEXT": value}, ()).guide_context == 8_000


@pytest.mark.parametrize(
    "value", ["many", "-1", "0", "3999", "1000001", "1.5", "1e5", "²", "9" * 50]
)
def test_a_bad_number_of_tokens_is_refused_in_one_line(value: str) -> None:
    said = refusal({"GUIDE_CONTEXT": value})

    assert said == "GUIDE_CONTEXT must be a number of tokens from 4000 to 1000000."


def test_a_cap_may_be_none_and_a_bad_one_is_refused_in_one_line() -> None:
    assert [load({"GUIDE_TOKEN_CAP": told}, ()).guide_token_cap for told in ("0", "5_000_000")] == [
        0,
        5_000_000,
    ]
    said = refusal({"GUIDE_TOKEN_CAP": "lots"})
    assert said == "GUIDE_TOKEN_CAP must be a number of tokens from 0 to 10000000000."


def test_tokens_in_secrets_are_a_number(secrets: Path) -> None:
    secrets.write_text("[guide]\ncontext = 9000\n")

    assert load({}, (secrets,)).guide_context == 9_000
    secrets.write_text("[guide]\ncontext = true\n")
    assert refusal({}, secrets).startswith("GUIDE_CONTEXT must be a number of tokens")


@pytest.mark.parametrize("value", ["5432", "true", '["postgresql://db"]'])
def test_an_address_that_is_no_text_is_refused(secrets: Path, value: str) -> None:
    secrets.write_text(f"[connections.workshop]\nurl = {value}\n")

    assert refusal({}, secrets) == "DATABASE_URL must be text."


@pytest.mark.parametrize("content", [b"[autosave\n", b"\xff\xfe", b'url = "a\nb"'])
def test_a_file_that_is_not_toml_is_refused_in_one_line_without_its_content(
    secrets: Path, content: bytes
) -> None:
    secrets.write_bytes(content)
    said = refusal({}, secrets)

    assert said.startswith("secrets.toml is not valid TOML: ")
    assert "\n" not in said


class LockedFile(type(Path())):  # type: ignore[misc]
    """A file of somebody else's."""

    def is_file(self) -> bool:
        return True

    def read_text(self, *_: object, **__: object) -> str:
        raise PermissionError(13, "Permission denied")


def test_a_file_that_cannot_be_read_is_refused_in_one_line() -> None:
    assert refusal({}, LockedFile("secrets.toml")) == (
        "secrets.toml cannot be read: Permission denied."
    )


def test_settings_are_frozen() -> None:
    with pytest.raises(AttributeError):
        load({}, ()).autosave_wait = 1.0  # type: ignore[misc]


AUTH_SECTION = """[auth]
client_id = "throughline"
client_secret = "secret"
server_metadata_url = "https://id.example.org/.well-known/openid-configuration"
redirect_uri = "https://workshops.example.org/oauth2callback"
cookie_secret = "0123456789abcdef0123456789abcdef"
"""


def test_people_sign_in_where_a_provider_is_named_whole(secrets: Path) -> None:
    secrets.write_text(AUTH_SECTION)

    assert load({}, (secrets,)).signs_in
    assert not load({}, ()).signs_in
    secrets.write_text("\n".join(AUTH_SECTION.splitlines()[:3]))
    assert refusal({}, secrets) == (
        "[auth] in secrets.toml lacks server_metadata_url and redirect_uri and cookie_secret."
    )


def test_facilitators_are_addresses_and_domains_in_lower_case(secrets: Path) -> None:
    secrets.write_text('[access]\nfacilitators = ["Ada@Example.org", "@company.com"]\n')

    assert load({}, (secrets,)).facilitators == ("ada@example.org", "@company.com")
    listed = load({"FACILITATORS": " ada@x.org , @Y.org,"}, (secrets,)).facilitators
    assert listed == ("ada@x.org", "@y.org")


@pytest.mark.parametrize("value", ["Ada", "ada@", "@", "a b@x.org", "ada@x.org ben@x.org"])
def test_what_is_no_address_is_refused(value: str) -> None:
    assert "FACILITATORS must be addresses" in refusal({"FACILITATORS": value})


def test_proxies_are_addresses_and_networks(secrets: Path) -> None:
    secrets.write_text('[access]\ntrusted_proxies = ["10.0.0.0/8", "2001:db8::7"]\n')

    assert load({}, ()).trusted_proxies == ()
    assert load({}, (secrets,)).trusted_proxies == ("10.0.0.0/8", "2001:db8::7")
    listed = load({"TRUSTED_PROXIES": " 127.0.0.1 , 192.168.0.0/16,"}, (secrets,)).trusted_proxies
    assert listed == ("127.0.0.1", "192.168.0.0/16")


@pytest.mark.parametrize("value", ["*", "proxy.example.org", "10.0.0.1/8", "10.0.0.1 10.0.0.2"])
def test_what_is_no_network_is_refused(value: str) -> None:
    assert "TRUSTED_PROXIES must be IP addresses" in refusal({"TRUSTED_PROXIES": value})


def test_a_flag_is_true_or_false(secrets: Path) -> None:
    secrets.write_text("[access]\nrequire_email_verified = false\n")

    assert load({}, ()).email_verified
    assert not load({}, (secrets,)).email_verified
    assert load({"REQUIRE_EMAIL_VERIFIED": "TRUE"}, (secrets,)).email_verified
    said = refusal({"REQUIRE_EMAIL_VERIFIED": "no"})
    assert said == "REQUIRE_EMAIL_VERIFIED must be true or false."
