"""The mail that people get, in plain words. Links are good for a while and say for how long."""

import msgspec

from bitpesa.kernel.values.names import quoted


class Text(msgspec.Struct, frozen=True):
    """A subject and what is said under it."""

    subject: str
    text: str


def confirm_address(link: str, seconds: float) -> Text:
    """To whoever signs up."""
    return Text(
        "Confirm your e-mail address",
        "Welcome to bitpesa.\n\n"
        f"Open this link and enter the password you chose, within {_duration(seconds)}:\n\n{link}\n\n"
        "If you did not sign up, leave it: nothing happens without that password.\n",
    )


def already_known(log_in: str, lost_password: str) -> Text:
    """To a user for whose address somebody signs up once more."""
    return Text(
        "You have an account already",
        "Somebody, probably you, signed up for bitpesa with this address. It has an account already.\n\n"
        f"Log in: {log_in}\nReplace a lost password: {lost_password}\n\n"
        "If that was not you, nothing has changed and nothing needs to be done.\n",
    )


def replace_password(link: str, seconds: float) -> Text:
    """To a user who lost the password."""
    return Text(
        "Replace your password",
        f"Open this link within {_duration(seconds)} to choose another password:\n\n{link}\n\n"
        "It works once. Your authenticator is asked for afterwards as always.\n"
        "If you did not ask for this, leave it: your password is as it was.\n",
    )


def staff_password(link: str, seconds: float) -> Text:
    """To one of staff whose account was created, or who gets another link to choose a password."""
    return Text(
        "Choose your password for the back office",
        "You have an account in the back office of bitpesa.\n\n"
        f"Open this link within {_duration(seconds)} to choose its password:\n\n{link}\n\n"
        "It works once, and nobody else has it. If you do not expect this, tell your administrators at once.\n",
    )


def password_replaced(lost_password: str) -> Text:
    """To a user whose password was replaced, whoever did it."""
    return Text(
        "Your password was replaced",
        "The password of your account was replaced, and every device was logged out.\n\n"
        f"If that was not you, replace it again at once: {lost_password}\n",
    )


def confirm_new_address(link: str, seconds: float) -> Text:
    """To the address that a user wants to have."""
    return Text(
        "Confirm your new e-mail address",
        "A user of bitpesa wants to have this address in place of the present one.\n\n"
        f"If that is you, open this link within {_duration(seconds)}, logged in as ever:\n\n{link}\n\n"
        "If it is not, leave it: nothing happens without logging in to that account.\n",
    )


def address_wanted(log_in: str, lost_password: str) -> Text:
    """To a user whose address another one wants to have."""
    return Text(
        "Somebody wanted to use your address",
        "A user of bitpesa asked to have this address. It belongs to your account, so nothing was changed.\n\n"
        "If that was you, you have two accounts: this is how you get into the one with this address.\n"
        f"Log in: {log_in}\nReplace a lost password: {lost_password}\n\n"
        "If that was not you, nothing needs to be done.\n",
    )


def address_to_change(wanted: str, link: str, seconds: float) -> Text:
    """To the address that a user still has, when another one was asked for."""
    return Text(
        "Your e-mail address is to be changed",
        f"Somebody who is logged in to your account, and knows its password, asked to change its address to {wanted}. "
        "That happens once it is confirmed there.\n\n"
        f"If that was not you, stop it within {_duration(seconds)}, and replace your password:\n\n{link}\n\n"
        "Every device is logged out by that.\n",
    )


def address_changed(now: str) -> Text:
    """To the address that a user had before."""
    return Text(
        "Your e-mail address was changed",
        f"Your account has the address {now} now, and no mail about it comes here any more. Every other device was "
        "logged out.\n\nIf that was not you, write to staff at once.\n",
    )


def passkey_added(name: str, lost_password: str) -> Text:
    """To a user who has a passkey more."""
    return Text(
        "A passkey was added to your account",
        f"The passkey {quoted(name)} was added to your account. From now on it stands in for a code of your "
        "authenticator.\n\n"
        f"If that was not you, replace your password at once: {lost_password}\n"
        "Then remove the passkey on the page of your account.\n",
    )


def passkey_removed(name: str, lost_password: str) -> Text:
    """To a user who has a passkey less."""
    return Text(
        "A passkey was removed from your account",
        f"The passkey {quoted(name)} was removed from your account, and opens it no more.\n\n"
        f"If that was not you, replace your password at once: {lost_password}\n",
    )


def invitation(organisation: str, inviter: str, link: str, seconds: float) -> Text:
    """To whoever is asked to join an organisation. The names are what a stranger typed: quoted, and never a subject."""
    return Text(
        "An invitation to an organisation on bitpesa",
        f"Somebody called \u201c{quoted(inviter)}\u201d asks you to join an organisation called "
        f"\u201c{quoted(organisation)}\u201d on bitpesa. They chose these names themselves.\n\n"
        f"If you know them, open this link within {_duration(seconds)}:\n\n{link}\n\n"
        "Log in or sign up with this very address: the invitation is worth nothing with another.\n"
        "If you do not know them, leave it: nothing happens.\n",
    )


def _duration(seconds: float) -> str:
    """A duration in the largest unit that fits it."""
    for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} seconds"
