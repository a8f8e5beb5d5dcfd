"""Who can sign in locally: people of the playground's server, as Discord would tell of them."""

from __future__ import annotations

from dataclasses import dataclass

from dev.keys import JsonObject
from dev.simulator.world import OWNER_ID, User, small_world

ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class LocalAccount:
    """A Discord account, by the name that the sign-in page knows it by."""

    name: str
    user: User

    @property
    def label(self) -> str:
        return self.user.global_name or self.user.username

    @property
    def email(self) -> str:
        return f"{self.user.username}@discord.invalid"

    @property
    def metadata(self) -> JsonObject:
        """What Supabase's sign-in learns from Discord. The user may edit their copy of it."""
        return {
            "avatar_url": None,
            "custom_claims": {"global_name": self.user.global_name},
            "email": self.email,
            "email_verified": True,
            "full_name": self.user.username,
            "iss": "https://discord.com/api",
            "name": f"{self.user.username}#0",
            "phone_verified": False,
            "provider_id": self.user.id,
            "sub": self.user.id,
        }

    def as_json(self) -> JsonObject:
        return {"name": self.name, "label": self.label}


def local_accounts() -> tuple[LocalAccount, ...]:
    """The owner, who is the local admin, and two whom the dashboard does not know."""
    names = {OWNER_ID: ADMIN, "1180000000000000102": "stranger", "1180000000000000103": "guest"}
    people = {person.id: person for person in small_world("0").people}
    return tuple(LocalAccount(name, people[user_id]) for user_id, name in names.items())
