"""What a player may never lose, and may never have twice: its private key, and the password of its key shares.

All of it is in the stack's encrypted state, protected. What the operator gives is kept as it was first given: another
value later is refused, because no peer would know another key, and no other password opens the key shares.
"""

from dataclasses import dataclass

import pulumi_tls as tls
from pulumi import Output, ResourceOptions

from ..kept_values import generated_password, given_once, protected
from .args import KeySource
from .keys import private_key_of_pem, public_key_of
from .settings import Settings


@dataclass(frozen=True, kw_only=True)
class Keepsakes:
    """Secrets that the configuration is made of."""

    private_key: Output[str] | None
    """None as long as the operator has given none."""
    public_key: Output[str] | None
    master_password: Output[str]
    admin_password: Output[str]
    """Of the database's first user."""
    role_password: Output[str]
    """Of the player's own user in its database."""
    metrics_key: Output[str]
    """What Prometheus calls the management port with."""


def keepsakes(player: Settings, opts: ResourceOptions) -> Keepsakes:
    """Makes, or keeps as they were first given, the secrets of a player.

    Makes: `tls:index:PrivateKey` with `key: generated`, `pulumi:index:Stash` for what is given, and
    `random:index:RandomPassword` for the rest.
    """
    private_key = _private_key(player, opts)
    return Keepsakes(
        private_key=private_key,
        public_key=_public_key(player, private_key),
        master_password=_master_password(player, opts),
        admin_password=generated_password(player.part("database-admin"), opts),
        role_password=generated_password(player.part("database-role"), opts),
        metrics_key=generated_password(player.part("metrics-key"), opts),
    )


def generated_key(name: str, opts: ResourceOptions) -> Output[str]:
    """A private key of the stack's own: `tls:index:PrivateKey`, protected."""
    key = tls.PrivateKey(name, algorithm="ECDSA", ecdsa_curve="P256", opts=protected(opts))
    return Output.secret(key.private_key_pem.apply(private_key_of_pem))


def _private_key(player: Settings, opts: ResourceOptions) -> Output[str] | None:
    if player.args["key"] is KeySource.GENERATED:
        return generated_key(player.part("private-key"), opts)
    given = player.args["secrets"].get("private_key", {}).get("value")
    if not given:
        return None
    why = "the other players know the first one, and take nobody with another key for this player"
    refusal = f"{player.name}: another private key is given. {why}"
    # A file's last line break, which base64 does not count, would be one within the configuration.
    return given_once(player.part("private-key"), given, refusal, opts).apply(str.strip)


def _public_key(player: Settings, private_key: Output[str] | None) -> Output[str] | None:
    """It is no secret, though it is made of one."""
    if private_key is not None:
        return Output.unsecret(private_key.apply(public_key_of))
    told = player.args.get("public_key")
    return Output.from_input(told) if told else None


def _master_password(player: Settings, opts: ResourceOptions) -> Output[str]:
    name = player.part("master-password")
    given = player.args["secrets"].get("master_password", {}).get("value")
    if not given:
        return generated_password(name, opts)
    why = "the key shares in the database open with the first one only"
    return given_once(name, given, f"{player.name}: another master password is given. {why}", opts)
