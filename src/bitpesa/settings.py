"""What a deployment sets, read once from environment variables: `BITPESA_` and the setting's name in capitals.

Switches that belong to one app are in `organisations/model.py` instead. `docs/reference/settings.md` lists the ones
here; a test compares it with this file, so a setting's docstring is one line and its default is written out.
"""

import ipaddress
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from bitpesa.kernel.crypto.encryption import Vault

PREFIX = "BITPESA_"

_ADDRESS = re.compile(r"(?:[^\s:\[\]]+|\[[0-9a-fA-F:.]+\]):[0-9]{1,5}")

Count = Annotated[int, Meta(ge=1)]
Port = Annotated[int, Meta(ge=1, le=65_535)]
Score = Annotated[int, Meta(ge=50, le=100)]
Percent = Annotated[float, Meta(ge=0, le=100)]
Seconds = Annotated[float, Meta(gt=0)]
Waits = Annotated[tuple[Seconds, ...], Meta(min_length=1)]


class SettingsProblem(ValueError):
    """The environment variables do not make a working deployment; the message names the variable."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of a deployment. Lists are written with commas between their items."""

    database_url: str
    """The PostgreSQL database, as `postgresql://user:password@host/name`."""
    master_keys: tuple[str, ...]
    """Keys that encrypt secrets at rest. The first encrypts, all decrypt; docs/operating.md says how to rotate."""
    sandbox_origins: tuple[str, ...] = ("http://localhost:8080", "http://127.0.0.1:8080")
    """Origins under which clients call the sandbox; a signed URL begins with one, our own links with the first."""
    live_origins: tuple[str, ...] = ()
    """Origins under which clients call the live API. While there are none, no live key works."""
    secret_header_auth: bool = True
    """Whether `Authorization-Key` with `Authorization-Secret` is accepted in place of a signature."""
    rounding_policy: Literal["table2025", "prose2025", "y2019"] = "table2025"
    """Which of the three sets of rounding rules that the API has had is followed."""
    category_spelling: Literal["corrected", "table"] = "corrected"
    """Whether codes 2, 21, 22 and 23 say `recipient_action_required` or, as once, `recipent_action_required`."""
    sandbox_speedup: Count = 60
    """How many times faster than live the sandbox retries, polls and gives up."""
    sandbox_clock_days: Annotated[int, Meta(ge=1, le=3_650)] = 366
    """How far from the real time the clock of a sandbox app may be moved, ahead or back."""
    sandbox_default_outcome: Literal["hold", "paid"] = "hold"
    """What the simulated bank does with a payout whose number says nothing: leave it alone, or pay it."""
    trusted_proxies: tuple[str, ...] = ()
    """The proxies in front, as `127.0.0.1` or `10.0.0.0/24`: who called is believed from these and from nobody else."""
    max_body_bytes: Count = 16_777_216
    """The longest request body; longer ones are answered with 413."""
    max_bodies_bytes: Count = 268_435_456
    """How much of request bodies one process holds at a time, strangers' included; beyond it 503 is answered."""
    max_head_bytes: Count = 65_536
    """The longest head of a request, URL and headers together; longer ones are answered with 431."""
    max_connections: Count = 800
    """How many connections one process takes, each an open file; further ones are answered with 503."""
    request_head_seconds: Seconds = 15
    """How long the head of a request may take to arrive."""
    request_body_seconds: Seconds = 300
    """How long its body may take to arrive."""
    answer_seconds: Seconds = 60
    """How long a client may leave its answer lying before we hang up."""
    documents_directory: str = "data/documents"
    """Where the files of documents are kept, for all processes alike; commands with `--data` keep them there."""
    documents_bucket: str | None = None
    """An S3-compatible bucket for them instead, as `name` or `name/prefix`; `AWS_` variables say who we are."""
    documents_endpoint: str | None = None
    """The URL at which that bucket is served, where it is not at Amazon."""
    documents_region: str | None = None
    """The region of that bucket."""
    document_max_bytes: Count = 10_485_760
    """The largest file a document may have."""
    document_link_seconds: Count = 3_600
    """How long a link to a document is good."""
    document_fetch_timeout_seconds: Seconds = 30
    """How long fetching a document from a client's URL may take."""
    metrics_address: str | None = None
    """Where a process shows its figures and its health, as `127.0.0.1:9464`; each process needs one of its own."""
    traces_endpoint: str | None = None
    """The URL that traces are sent to by OTLP over HTTP, with the extra `bitpesa[tracing]` installed."""
    database_connections: Count = 10
    """How many database connections one process opens at most."""
    allow_private_webhooks: bool = False
    """Whether webhooks and fetches of documents may go to private addresses in the sandbox. Those of live never may."""
    webhooks_per_app: Count = 50
    """How many webhooks an app may have, disabled ones included."""
    webhook_connect_timeout_seconds: Seconds = 5
    """How long connecting to a webhook's receiver may take."""
    webhook_timeout_seconds: Seconds = 15
    """How long a webhook's receiver may take for its whole answer."""
    webhook_retry_delays_seconds: Waits = (30, 120, 600, 1_800, 7_200)
    """The waits before each further attempt of a delivery; after the last one it is dropped."""
    webhook_retry_spread: Annotated[float, Meta(ge=0, lt=1)] = 0.1
    """The fraction by which each of these waits is lengthened or shortened at random."""
    webhook_longest_retry_after_seconds: Seconds = 86_400
    """The longest wait before the next attempt that a receiver can ask for with `Retry-After`."""
    webhook_timeouts_until_disabled: Count = 10
    """How many attempts in a row must time out before a webhook is disabled."""
    temporary_error_delays_seconds: Waits = (60, 300, 900, 1_800, 3_600)
    """The waits before a payout is tried again after a temporary error; the last one repeats."""
    code_34_delay_seconds: Seconds = 900
    """How long after a provider took a payout for one that it has it is asked what became of it."""
    recipient_error_delays_seconds: Waits = (3_600, 21_600, 43_200)
    """The waits before a payout is tried again after a recipient error; the last one repeats."""
    attempt_limit: Count = 30
    """How many attempts a payout gets before it is left to people."""
    payout_fault_limit: Count = 5
    """How often the work on a payout may fail unexpectedly, without an answer in between, before people must look."""
    pending_poll_seconds: Seconds = 60
    """How often a provider is asked about a payout that became pending lately."""
    pending_poll_eager_for_seconds: Seconds = 600
    """How long "lately" lasts."""
    pending_poll_later_seconds: Seconds = 900
    """How often a provider is asked about a pending payout after that."""
    pending_limit_mobile_seconds: Seconds = 86_400
    """How long a mobile payout may be pending before it is stuck."""
    pending_limit_bank_seconds: Seconds = 259_200
    """How long a bank payout may be pending before it is stuck."""
    cash_pickup_limit_seconds: Seconds = 2_592_000
    """How long cash waits to be picked up before the payout fails with code 433."""

    portal_origin: str | None = None
    """Where users reach the portal, for links in mail and for passkeys; without it, the first origin of the sandbox."""
    sandbox_key_activation: Literal["automatic", "manual"] = "automatic"
    """Whether sandbox keys made in the portal work at once or wait for `bitpesa keys enable`."""
    session_idle_seconds: Seconds = 43_200
    """How long a log-in to the portal lasts without a sign of life."""
    session_limit_seconds: Seconds = 604_800
    """How long a log-in to the portal lasts at most."""
    fresh_code_seconds: Seconds = 600
    """How long a code or a passkey opens secrets of keys and what else asks for a new one."""
    office_networks: tuple[str, ...] = ()
    """The networks that may reach the back office, as `192.0.2.0/24`; while there are none, every network."""
    office_idle_seconds: Seconds = 900
    """How long a log-in to the back office lasts without a sign of life."""
    office_limit_seconds: Seconds = 43_200
    """How long a log-in to the back office lasts at most."""
    four_eyes_above_usd: Annotated[int, Meta(ge=0)] = 1_000
    """What one person moves in the back office in 24 hours, in US dollars, before it takes a second person."""
    second_person_rate_move: Annotated[float, Meta(gt=0)] = 0.1
    """By which share a rate may move from the last one, or in 24 hours, before a second person has to confirm it."""
    second_person_after_seconds: Seconds = 86_400
    """How long one of staff is no second person after somebody created, re-opened or reset the account."""
    log_in_failures_until_locked: Count = 5
    """How many failures in a row lock an e-mail address: then password and code are judged together."""
    network_failures_until_locked: Count = 50
    """How many failures in a row lock a network address in the same way."""
    log_in_lock_seconds: Seconds = 900
    """How long such a lock lasts."""
    mails_to_address_per_day: Count = 20
    """How many mails of a kind (confirming, replacing a password, inviting) go to an address in a day."""
    mails_to_address_from_network_per_day: Count = 5
    """How many of these one network address may cause, so that nobody uses them up for others."""
    invitations_per_day: Count = 50
    """How many invitations a member, and an organisation, may send in a day."""
    confirmation_link_seconds: Seconds = 86_400
    """How long the link is good that confirms an address."""
    password_link_seconds: Seconds = 3_600
    """How long the link is good that replaces a lost password."""
    invitation_seconds: Seconds = 604_800
    """How long an invitation to an organisation is good."""
    smtp_host: str | None = None
    """The mail server that takes our mail; without one the sandbox keeps mail and shows it on the page `/mail`."""
    smtp_port: Port = 587
    """The port of the mail server."""
    smtp_user: str | None = None
    """Who we are to the mail server, where it asks."""
    smtp_password: str | None = None
    """The password that goes with it."""
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    """How the way to the mail server is kept private: by STARTTLS, by TLS from the first byte, or not at all."""
    mail_from: str = "bitpesa <noreply@localhost>"
    """Whom our mail comes from."""
    issuer_name: str = "bitpesa"
    """The legal name of the operator, who issues proofs of payment."""
    issuer_address: str | None = None
    """The address of the operator, as proofs of payment show it."""
    mail_retry_delays_seconds: Waits = (30, 300, 1_800, 7_200)
    """The waits before each further try of a mail; after the last one it is dropped."""

    screening_hit_score: Score = 85
    """How like somebody on a sanction list, in percent, a sender or recipient must be for staff to be told."""
    screening_reject_score: Score = 95
    """How like somebody on a sanction list, in percent, a sender or recipient must be for payments to be held."""
    screening_list_max_bytes: Count = 67_108_864
    """The longest sanction list that is taken in the back office; longer ones are loaded at the terminal."""
    screening_list_max_bad_percent: Percent = 1.0
    """How many rows in a hundred of a sanction list may be passed over because they cannot be read; more refuse it."""
    late_money_checks_seconds: Waits = (3_600, 21_600, 86_400, 259_200)
    """How long after a collection is closed its provider is asked again for money that came late or twice."""

    def __post_init__(self) -> None:
        for origin in (*self.sandbox_origins, *self.live_origins):
            _require_origin(origin)
        if self.portal_origin is not None:
            _require_origin(self.portal_origin)
        for network in self.office_networks:
            _require_network("office_networks", network)
        for network in self.trusted_proxies:
            _require_network("trusted_proxies", network)
        shared = set(self.sandbox_origins) & set(self.live_origins)
        if shared:
            raise ValueError(f"BITPESA_SANDBOX_ORIGINS and BITPESA_LIVE_ORIGINS share {min(shared)}")
        if self.metrics_address is not None and not _ADDRESS.fullmatch(self.metrics_address):
            raise ValueError("BITPESA_METRICS_ADDRESS is no host and port such as 127.0.0.1:9464")
        if not self.master_keys:
            raise ValueError("BITPESA_MASTER_KEYS needs at least one key")
        try:
            Vault(self.master_keys)
        except ValueError:
            raise ValueError("BITPESA_MASTER_KEYS holds something that is no master key") from None

    def __repr__(self) -> str:
        return "Settings(...)"  # it holds the master keys and the database password

    @property
    def portal(self) -> str:
        """The origin under which users reach the portal."""
        return self.portal_origin or next(iter(self.sandbox_origins), "") or next(iter(self.live_origins), "")

    @property
    def shows_mail(self) -> bool:
        """Whether mail is shown on a page rather than sent: a sandbox alone, with no mail server."""
        return self.smtp_host is None and not self.live_origins

    def origins(self, environment: Literal["sandbox", "live"]) -> tuple[str, ...]:
        """The origins under which clients call an environment."""
        return self.sandbox_origins if environment == "sandbox" else self.live_origins


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read the settings; an empty variable counts as absent. Raises SettingsProblem."""
    given = {}
    for name, kind in get_type_hints(Settings, include_extras=True).items():
        text = environ.get(variable_of(name), "").strip()
        if text:
            given[name] = _read(variable_of(name), text, kind)
    for needed in ("database_url", "master_keys"):
        if needed not in given:
            raise SettingsProblem(f"{variable_of(needed)} must be set")
    try:
        return Settings(**given)
    except ValueError as problem:
        raise SettingsProblem(str(problem)) from problem


def variable_of(name: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + name.upper()


def _read(variable: str, text: str, kind: Any) -> Any:
    value = [item.strip() for item in text.split(",") if item.strip()] if _is_list(kind) else text
    try:
        return msgspec.convert(value, kind, strict=False)
    except msgspec.ValidationError as problem:
        raise SettingsProblem(f"{variable}: {problem}") from problem


def _is_list(kind: Any) -> bool:
    bare = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    return get_origin(bare) is tuple


def _require_network(name: str, network: str) -> None:
    try:
        ipaddress.ip_network(network)
    except ValueError as problem:
        raise ValueError(f"{variable_of(name)}: {problem}") from None


def _require_origin(origin: str) -> None:
    parts = urlsplit(origin)
    if "@" in parts.netloc:
        raise ValueError("an origin holds no user name")
    if parts.scheme not in ("http", "https") or not parts.netloc or origin != f"{parts.scheme}://{parts.netloc}":
        raise ValueError(f"{origin!r} is not an origin such as https://api.example.com")
