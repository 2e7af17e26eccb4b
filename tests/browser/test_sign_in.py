"""Signing in with a provider of OpenID Connect, in real Chromium."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from lib.store import open_store
from lib.workshop.ids import new_id, new_link
from lib.workshop.records import Team, Workshop
from lib.workshop.roles import REFUSED, Role
from tests.app_server import AppServer
from tests.browser.walker import PATIENCE, still
from tests.fakes import eventually
from tests.oidc_provider import Provider

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180), pytest.mark.xdist_group("sign-in")]

ADA = "ada@example.org"

PEOPLE = {
    "Ada": {"email": "Ada@Example.org", "email_verified": True},
    "Cleo": {"email": "cleo@elsewhere.org", "email_verified": True},
    "Eve": {"email": "eve@elsewhere.org", "email_verified": True},
    "Somebody": {"email": ADA, "email_verified": False},
}


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    provider = Provider(PEOPLE)
    yield provider
    provider.close()


@pytest.fixture(scope="module")
def server(provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    home = tmp_path_factory.mktemp("home")
    server = AppServer(
        f"sqlite:///{home / 'own.db'}", home / "app.log", HOME=str(home), FACILITATORS=ADA
    )
    (home / ".streamlit").mkdir()
    secrets = provider.secrets_file(f"{server.url}/oauth2callback")
    (home / ".streamlit" / "secrets.toml").write_text(secrets)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def workshop(server: AppServer) -> Workshop:
    """Return a workshop of Ada's that Cleo may read along in."""
    workshop = Workshop(new_id(), "Newcomers", "They leave.", datetime.now(UTC))
    workshop = replace(workshop, owner=ADA)
    store = open_store(server.database_url)
    store.create_workshop(workshop, [Team(workshop.id, new_id(), "Crew", new_link(), 1)])
    store.grant(workshop.id, "cleo@elsewhere.org", Role.OBSERVER)
    store.close()
    return workshop


@pytest.fixture
def at(page: Page) -> Page:
    page.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    return page


def sign_in(page: Page, who: str) -> None:
    page.get_by_role("button", name="Sign in").click(delay=50)
    page.get_by_role("link", name=who).click(delay=50)


def test_signing_in_leads_to_the_page_that_was_asked_for_and_signing_out_closes_it(
    at: Page, server: AppServer, provider: Provider, workshop: Workshop
) -> None:
    asked = f"{server.url}/review?workshop={workshop.id}"
    at.goto(asked)
    expect(at.get_by_role("heading", name="For facilitators")).to_be_visible()
    expect(at.get_by_text("Newcomers")).to_have_count(0)
    sign_in(at, "Ada")
    expect(at.get_by_role("heading", name="Newcomers")).to_be_visible()
    assert at.url == asked
    expect(at.get_by_text("Open to the teams")).to_be_visible()
    kept = [each for each in at.context.cookies() if each["name"].startswith("_streamlit_user")]
    assert kept
    assert all((each["httpOnly"], each["sameSite"]) == (True, "Lax") for each in kept)

    at.goto(server.url)
    expect(at.get_by_text(f"Signed in as {ADA}")).to_be_visible()
    at.get_by_role("button", name="Sign out").click(delay=50)
    expect(at.get_by_role("button", name="Sign in")).to_be_visible()
    # The page may be there before its browser has been at the provider's.
    assert eventually(lambda: "/logout" in provider.asked)
    at.goto(asked)
    expect(at.get_by_role("button", name="Sign in")).to_be_visible()
    expect(at.get_by_text("Newcomers")).to_have_count(0)


def test_who_is_on_no_list_is_told_so_and_can_sign_out(
    at: Page, server: AppServer, workshop: Workshop
) -> None:
    at.goto(server.url)
    sign_in(at, "Eve")
    expect(at.get_by_text(REFUSED)).to_be_visible()
    expect(at.get_by_text("Signed in as eve@elsewhere.org")).to_be_visible()
    at.goto(f"{server.url}/review?workshop={workshop.id}")
    expect(at.get_by_text(REFUSED)).to_be_visible()
    expect(at.get_by_text("Newcomers")).to_have_count(0)
    at.get_by_role("button", name="Sign out").click(delay=50)

    expect(at.get_by_role("button", name="Sign in")).to_be_visible()


def test_who_was_let_in_to_read_along_reads_and_changes_nothing(
    at: Page, server: AppServer, workshop: Workshop
) -> None:
    at.goto(f"{server.url}/review?workshop={workshop.id}")
    sign_in(at, "Cleo")
    expect(at.get_by_role("heading", name="Newcomers")).to_be_visible()
    expect(at.get_by_test_id("status-table").get_by_text("Crew")).to_be_visible()

    for button in ("Start", "Write to the teams", "Delete …", "Nudge"):
        expect(at.get_by_role("button", name=button)).to_have_count(0)
    expect(at.get_by_text("team=")).to_have_count(0)


def test_an_address_the_provider_has_not_verified_opens_nothing(
    at: Page, server: AppServer
) -> None:
    at.goto(server.url)
    sign_in(at, "Somebody")

    expect(at.get_by_text("has not verified your e-mail address")).to_be_visible()
    expect(at.get_by_text("Start a workshop")).to_have_count(0)


@pytest.mark.parametrize(
    "forged",
    ["https://evil.example/", "//evil.example/", "/\\\\evil.example", "javascript:alert(1)"],
)
def test_nobody_is_led_to_another_server(at: Page, server: AppServer, forged: str) -> None:
    at.goto(server.url)
    at.get_by_role("button", name="Sign in").wait_for()
    at.evaluate("to => sessionStorage.setItem('throughline/wanted', JSON.stringify(to))", forged)
    sign_in(at, "Ada")
    expect(at.get_by_text("Signed in as")).to_be_visible()

    # Whatever was wanted is looked at, and forgotten.
    wanted = "sessionStorage.getItem('throughline/wanted')"
    assert eventually(lambda: at.evaluate(wanted) in (None, "null"))
    still(at)
    assert at.url.startswith(server.url)
