"""Whom PostgreSQL runs as: it refuses to be root, so root lends it another identity.

Two ways are known, and a new cluster takes the first that works; from then on the owner of its files tells which.

- An *account*: PostgreSQL becomes the owner of the data directory or `nobody`. It keeps the one capability to look into
  directories closed to that account, since checkouts and data often lie in root's private home. Containers allow it.
- A *namespace*: a user namespace in which our own user has the number of another account. Files stay ours. It needs no
  right to change users and helps a user whom the password file does not know, but many containers forbid it.
"""

import os
import pwd
from pathlib import Path

import msgspec


class Identity(msgspec.Struct, frozen=True):
    """Whom to become (arguments of `launch.py`), and the owner that the cluster's files then need."""

    arguments: tuple[str, ...]
    uid: int
    gid: int


def identities_for_new_cluster(data: Path) -> list[Identity]:
    """What to try, in order, when a cluster is made."""
    other = _other_account()
    if os.geteuid() != 0:
        return [_ourselves(), *([_namespace(other)] if other else [])]
    owner = data.stat()
    if owner.st_uid != 0:
        return [_account(owner.st_uid, owner.st_gid)]
    return [_account(other.pw_uid, other.pw_gid), _namespace(other)] if other else []


def identity_of_cluster(cluster: Path) -> Identity:
    """Whom an existing cluster is run as: its files say by which way it was made."""
    if os.geteuid() != 0:
        return _ourselves()
    owner = cluster.stat()
    if owner.st_uid != 0:
        return _account(owner.st_uid, owner.st_gid)
    other = _other_account()
    return _namespace(other) if other else _ourselves()


def give(directory: Path, identity: Identity) -> bool:
    """Make a directory of ours belong to whom it is for; say whether that was allowed."""
    try:
        if identity.uid != os.geteuid():
            os.chown(directory, identity.uid, identity.gid)
    except OSError:  # not permitted, or no such number in the user namespace that we are in
        return False
    return True


def _ourselves() -> Identity:
    return Identity(("self", "0", "0"), os.geteuid(), os.getegid())


def _account(uid: int, gid: int) -> Identity:
    return Identity(("account", str(uid), str(gid)), uid, gid)


def _namespace(inside: pwd.struct_passwd) -> Identity:
    return Identity(("namespace", str(inside.pw_uid), str(inside.pw_gid)), os.geteuid(), os.getegid())


def _other_account() -> pwd.struct_passwd | None:
    """An account without rights that the password file knows: `initdb` insists on a name for who runs it."""
    accounts = [account for account in pwd.getpwall() if account.pw_uid != 0]
    return next((account for account in accounts if account.pw_name == "nobody"), accounts[0] if accounts else None)
