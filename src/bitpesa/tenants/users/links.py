"""The links in our mail: all lead to the portal's own origin, never to where a request says it was sent."""

import msgspec


class Links(msgspec.Struct, frozen=True):
    """Where the portal is, and how long its links are good."""

    portal: str
    confirmation_seconds: float
    password_seconds: float
    invitation_seconds: float

    def log_in(self) -> str:
        """The page on which one logs in."""
        return f"{self.portal}/log-in"

    def lost_password(self) -> str:
        """The page on which one asks to replace a lost password."""
        return f"{self.portal}/lost-password"

    def confirmation(self, token: str) -> str:
        """The link that confirms an address."""
        return f"{self.portal}/sign-up/{token}"

    def new_password(self, token: str) -> str:
        """The link that replaces a password."""
        return f"{self.portal}/lost-password/{token}"

    def new_address(self, token: str) -> str:
        """The link that confirms the new address of a user."""
        return f"{self.portal}/new-address/{token}"

    def keep_address(self, token: str) -> str:
        """The link by which a user keeps the present address."""
        return f"{self.portal}/keep-address/{token}"

    def invitation(self, token: str) -> str:
        """The link that shows an invitation."""
        return f"{self.portal}/invitations/{token}"
