"""Who may give whom what, tried in every order; names, addresses, passwords and the counters of passkeys."""

from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bitpesa.tenants.users import rules
from bitpesa.tenants.users.model import ALL_PERMISSIONS, Member, Permission
from bitpesa.tenants.users.rules import RefusedGrant

ORGANISATION = UUID(int=99)
READ, WRITE = Permission.ROLES_READ, Permission.ROLES_WRITE
LOGS, KEYS = Permission.LOGS_READ, Permission.API_KEYS_READ

PERMISSIONS = st.frozensets(st.sampled_from(list(Permission)))


def member(number: int, *granted: Permission, administrator: bool = False) -> Member:
    return Member(
        organisation_id=ORGANISATION,
        user_id=UUID(int=number),
        is_administrator=administrator,
        granted=frozenset(granted),
    )


def members(*all_of_them: Member) -> dict[UUID, Member]:
    return {each.user_id: each for each in all_of_them}


ADMIN, SECOND_ADMIN = member(1, administrator=True), member(2, administrator=True)
KEEPER = member(3, WRITE, LOGS)
READER = member(4, READ)
HOUSE = members(ADMIN, KEEPER, READER)


@pytest.mark.parametrize(
    ("actor", "target", "wanted", "administrator", "refusal"),
    [
        (ADMIN, READER, {KEYS, LOGS}, False, None),
        (ADMIN, READER, set(), True, None),
        (KEEPER, READER, {READ, LOGS}, False, None),
        (KEEPER, READER, {WRITE}, False, None),
        (KEEPER, READER, set(), False, None),
        (KEEPER, READER, {READ, KEYS}, False, RefusedGrant.NOT_HELD),
        (KEEPER, READER, set(), True, RefusedGrant.ADMINISTRATOR),
        (KEEPER, ADMIN, {LOGS}, False, RefusedGrant.ADMINISTRATOR),
        (KEEPER, KEEPER, {WRITE, LOGS, KEYS}, False, RefusedGrant.OWN_ROW),
        (KEEPER, KEEPER, {WRITE}, False, RefusedGrant.OWN_ROW),
        (KEEPER, KEEPER, set(), True, RefusedGrant.OWN_ROW),
        (READER, KEEPER, set(), False, RefusedGrant.NOT_HELD_HERE),
        (READER, READER, {READ, WRITE}, False, RefusedGrant.NOT_HELD_HERE),
        (ADMIN, ADMIN, {LOGS}, False, RefusedGrant.LAST_ADMINISTRATOR),
        (ADMIN, ADMIN, set(), True, None),
        (ADMIN, member(8), {LOGS}, False, RefusedGrant.NO_MEMBER),
        (member(8, WRITE), READER, set(), False, RefusedGrant.NOT_HELD_HERE),
    ],
)
def test_a_change_is_judged_by_who_makes_it(actor, target, wanted, administrator, refusal) -> None:
    said = rules.judge_change(HOUSE, actor.user_id, target.user_id, frozenset(wanted), administrator=administrator)
    assert said == refusal


def test_what_a_member_has_already_may_stay_although_the_giver_does_not_hold_it() -> None:
    rich = member(5, KEYS, READ)
    house = {**HOUSE, rich.user_id: rich}
    assert rules.judge_change(house, KEEPER.user_id, rich.user_id, frozenset({KEYS, LOGS}), administrator=False) is None


def test_one_administrator_of_two_may_step_down_and_the_last_may_not() -> None:
    two = members(ADMIN, SECOND_ADMIN)
    assert rules.judge_removal(two, ADMIN.user_id, ADMIN.user_id) is None
    assert rules.judge_removal(two, ADMIN.user_id, SECOND_ADMIN.user_id) is None
    assert rules.judge_removal(HOUSE, ADMIN.user_id, ADMIN.user_id) == RefusedGrant.LAST_ADMINISTRATOR


def test_removing_asks_for_the_right_to_change() -> None:
    assert rules.judge_removal(HOUSE, KEEPER.user_id, READER.user_id) is None
    assert rules.judge_removal(HOUSE, KEEPER.user_id, ADMIN.user_id) == RefusedGrant.ADMINISTRATOR
    assert rules.judge_removal(HOUSE, KEEPER.user_id, KEEPER.user_id) == RefusedGrant.OWN_ROW
    assert rules.judge_removal(HOUSE, READER.user_id, KEEPER.user_id) == RefusedGrant.NOT_HELD_HERE


def test_leaving_takes_no_permission_and_the_last_administrator_stays() -> None:
    assert rules.judge_leaving(HOUSE, READER.user_id) is None
    assert rules.judge_leaving(HOUSE, KEEPER.user_id) is None
    assert rules.judge_leaving(HOUSE, ADMIN.user_id) == RefusedGrant.LAST_ADMINISTRATOR
    assert rules.judge_leaving(members(ADMIN), ADMIN.user_id) == RefusedGrant.LAST_ADMINISTRATOR
    assert rules.judge_leaving(members(ADMIN, SECOND_ADMIN), ADMIN.user_id) is None
    assert rules.judge_leaving(HOUSE, SECOND_ADMIN.user_id) == RefusedGrant.NO_MEMBER


@pytest.mark.parametrize(
    ("actor", "wanted", "refusal"),
    [
        (ADMIN, ALL_PERMISSIONS, None),
        (KEEPER, {WRITE, LOGS}, None),
        (KEEPER, {KEYS}, RefusedGrant.NOT_HELD),
        (READER, set(), RefusedGrant.NOT_HELD_HERE),
        (None, set(), RefusedGrant.NOT_HELD_HERE),
    ],
)
def test_an_offer_is_judged_by_who_makes_it(actor, wanted, refusal) -> None:
    assert rules.judge_offer(actor, frozenset(wanted)) == refusal


def test_an_administrator_holds_everything_and_is_given_nothing() -> None:
    assert ADMIN.permissions == ALL_PERMISSIONS
    raised = rules.changed(READER, frozenset({LOGS}), administrator=True)
    assert (raised.granted, raised.permissions) == (frozenset(), ALL_PERMISSIONS)
    assert rules.changed(raised, frozenset({LOGS}), administrator=False).permissions == {LOGS}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (" Ada@Elsewhere.example", None),
        (" ADA@example.com ", "same"),
        (" ", "blank"),
        ("ada", "invalid"),
    ],
)
def test_a_new_address_is_another_one(text: str, problem: str | None) -> None:
    assert rules.new_address_problem(text, "ada@example.com") == problem


class AnOrganisation(RuleBasedStateMachine):
    """Members change each other, invite and accept in any order. What is checked is no part of what is tried."""

    def __init__(self) -> None:
        super().__init__()
        self.members: dict[UUID, Member] = {}
        self.offers: list[tuple[UUID, frozenset[Permission]]] = []
        self.given_by_administrators: set[Permission] = set()
        self.made_administrator: set[UUID] = set()
        self.joined = 0

    @initialize()
    def found(self) -> None:
        self.members = members(ADMIN)
        self.made_administrator = {ADMIN.user_id}

    def somebody(self, number: int) -> UUID:
        return list(self.members)[number % len(self.members)]

    @rule(actor=st.integers(0, 9), whom=st.integers(0, 9), wanted=PERMISSIONS, administrator=st.booleans())
    def change(self, actor: int, whom: int, wanted: frozenset[Permission], *, administrator: bool) -> None:
        actor_id, target_id = self.somebody(actor), self.somebody(whom)
        by_administrator = self.members[actor_id].is_administrator
        if rules.judge_change(self.members, actor_id, target_id, wanted, administrator=administrator):
            return
        if by_administrator and administrator:
            self.made_administrator.add(target_id)
        elif by_administrator:
            self.given_by_administrators |= wanted
        self.members[target_id] = rules.changed(self.members[target_id], wanted, administrator=administrator)

    @rule(actor=st.integers(0, 9), whom=st.integers(0, 9))
    def remove(self, actor: int, whom: int) -> None:
        actor_id, target_id = self.somebody(actor), self.somebody(whom)
        if rules.judge_removal(self.members, actor_id, target_id) is None:
            del self.members[target_id]

    @rule(whom=st.integers(0, 9))
    def leave(self, whom: int) -> None:
        user_id = self.somebody(whom)
        if rules.judge_leaving(self.members, user_id) is None:
            del self.members[user_id]

    @rule(actor=st.integers(0, 9), wanted=PERMISSIONS)
    def invite(self, actor: int, wanted: frozenset[Permission]) -> None:
        actor_id = self.somebody(actor)
        if rules.judge_offer(self.members[actor_id], wanted) is None:
            if self.members[actor_id].is_administrator:
                self.given_by_administrators |= wanted
            self.offers.append((actor_id, wanted))

    @rule(number=st.integers(0, 9))
    def accept(self, number: int) -> None:
        if not self.offers:
            return
        actor_id, wanted = self.offers.pop(number % len(self.offers))
        if rules.judge_offer(self.members.get(actor_id), wanted) is None:
            self.joined += 1
            joined = member(1000 + self.joined, *wanted)
            self.members[joined.user_id] = joined

    @invariant()
    def nobody_holds_what_no_administrator_gave(self) -> None:
        for each in self.members.values():
            if not each.is_administrator:
                assert each.permissions <= self.given_by_administrators

    @invariant()
    def administrators_are_made_by_administrators(self) -> None:
        found = {each.user_id for each in self.members.values() if each.is_administrator}
        assert found <= self.made_administrator

    @invariant()
    def there_is_an_administrator(self) -> None:
        assert any(each.is_administrator for each in self.members.values())


TestAnOrganisation = AnOrganisation.TestCase
TestAnOrganisation.settings = settings(deadline=None)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (" Jane.Roe@Example.COM ", "jane.roe@example.com"),
        ("jane+tag@mail.example.co.ke", "jane+tag@mail.example.co.ke"),
        ("ada@Bücher.example", "ada@xn--bcher-kva.example"),
        ("o'hara@example.ie", "o'hara@example.ie"),
        ("", None),
        ("jane", None),
        ("@example.com", None),
        ("jane@", None),
        ("jane@localhost", None),
        ("jane@example..com", None),
        ("jane@example.com\nBcc: all@example.com", None),
        ("jane roe@example.com", None),
        ("<script>@example.com", None),
        ("jane@exa mple.com", None),
        (f"{'x' * 65}@example.com", None),
        (f"x@{'a.' * 130}com", None),
        ("jane@example.com\x00", None),
    ],
)
def test_addresses_are_kept_in_one_form(text: str, address: str | None) -> None:
    assert rules.read_address(text) == address


@given(st.text(max_size=60))
def test_an_address_that_was_read_reads_the_same_again(text: str) -> None:
    address = rules.read_address(text)
    if address is not None:
        assert rules.read_address(address) == address
        assert address == address.lower()
        assert address.isprintable()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("  Ngũgĩ  wa Thiong'o ", "Ngũgĩ wa Thiong'o"),
        ("", None),
        ("x" * 101, None),
        ("a\x00b", None),
        ("\u202egpj", "gpj"),
        ("Ada\u200b\u00a0Lovelace", "Ada Lovelace"),
        ("\u200b", None),
    ],
)
def test_names_are_printable(text: str, name: str | None) -> None:
    assert rules.read_name(text) == name


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("correct horse", None),
        ("x1y2z3w4v5", None),
        ("🦊🦊🐻🐻🐼🐼🐨🐨🐯🐯", None),
        ("p" * 5 + "q" * 4, "too_short"),
        ("", "too_short"),
        ("x1" * 128, "too_easy"),
        ("abc" * 42 + "de", None),
        ("abcd" * 64 + "e", "too_long"),
        ("Password123", "too_easy"),
        (" qwertyuiop", "too_easy"),
        ("aaaaaaaaaaaa", "too_easy"),
        ("JANE.ROE@example.com", "too_easy"),
        ("jane.roe.the.long", None),
    ],
)
def test_passwords_are_long_and_not_the_first_that_is_tried(password: str, problem: str | None) -> None:
    assert rules.password_problem(password, "jane.roe@example.com") == problem


def test_the_name_in_ones_address_is_no_password() -> None:
    assert rules.password_problem("longlocalpart", "longlocalpart@example.com") == "too_easy"


def test_a_subscriber_is_one_network() -> None:
    assert rules.network_of("192.0.2.7") == "192.0.2.7"
    assert rules.network_of("::ffff:192.0.2.7") == "192.0.2.7"
    assert rules.network_of("2001:db8:1:2:3:4:5:6") == rules.network_of("2001:db8:1:2::1") == "2001:db8:1:2::/64"
    assert rules.network_of("fe80::1%eth0") == "fe80::/64"
    assert rules.network_of("") == ""


def test_forms_name_permissions_and_nothing_else() -> None:
    assert rules.read_permissions(["Logs/Read", "Everything", "Api Keys/Read"]) == {LOGS, KEYS}
    assert rules.read_permissions("Logs/Read") == frozenset()


@pytest.mark.parametrize(
    ("known", "said", "is_back"),
    [(0, 0, False), (0, 1, False), (4, 5, False), (4, 4, True), (4, 3, True), (4, 0, True), (0, 2**32 - 1, False)],
)
def test_a_counter_goes_on_or_is_not_there(known, said, is_back) -> None:
    assert rules.has_counted_back(known, said) is is_back


@pytest.mark.parametrize(
    ("name", "held", "problem"),
    [
        ("Phone", 0, None),
        ("Phone", rules.MOST_PASSKEYS - 1, None),
        ("Phone", rules.MOST_PASSKEYS, "too_many"),
        (" ", 0, "blank"),
        ("\x00", 0, "invalid"),
        ("x" * 101, 0, "invalid"),
    ],
)
def test_a_passkey_has_a_name_and_a_user_so_many(name, held, problem) -> None:
    assert rules.passkey_problem(name, held) == problem
