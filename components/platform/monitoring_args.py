"""What `Platform` is told of its monitoring."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Final, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from ..clouds.contract.monitoring import ReceiverKind, Severity
from ..ingress import IngressArgs
from ..inputs import Cidr, Default, Distinct, KubernetesName, Matching, SecretValue, Text, declared

Days = Annotated[int, Field(ge=1, le=730)]
VolumeGib = Annotated[int, Field(ge=10, le=16384)]
HttpsUrl = Annotated[str, Matching(r"https://[^\s/]+(/\S*)?", "a URL that begins with https://")]
MailAddress = Annotated[str, Matching(r"[^\s@]+@[^\s@]+", "a mail address")]
HostPort = Annotated[str, Matching(r"[^\s:]+:\d{1,5}", "a host and its port, like smtp.example.com:587")]


_LOUD: Final = [Severity.CRITICAL.value, Severity.HIGH.value, Severity.WARNING.value]


@declared
class ReceiverArgs(TypedDict):
    """Somebody who is told of alerts."""

    kind: ReceiverKind
    """What it is. Each kind has a secret, which stands under `nodeyard:secrets`."""
    severities: NotRequired[Annotated[Sequence[Severity], Field(min_length=1), Distinct, Default(_LOUD)]]
    """Which alerts it is told of, by their label `severity` (default all but `info`)."""
    url: NotRequired[SecretValue]
    """The URL to call, with `webhook` and `slack`."""
    routing_key: NotRequired[SecretValue]
    """The integration key of the service, with `pagerduty`."""
    password: NotRequired[SecretValue]
    """The password at the mail server, with `email`."""
    channel: NotRequired[Text]
    """The channel, with `slack`; the one that the webhook was made for unless given."""
    to: NotRequired[MailAddress]
    """Who gets the mail, with `email`."""
    sender: NotRequired[MailAddress]
    """Who sends the mail, with `email`."""
    smarthost: NotRequired[HostPort]
    """The mail server, with `email`. It must offer STARTTLS."""
    username: NotRequired[Text]
    """The name at the mail server, with `email`."""


@declared
class WatchdogArgs(TypedDict):
    """A service outside of the cluster that tells you when it is called no more (a dead man's switch)."""

    url: NotRequired[SecretValue]
    """The URL that is called every minute for as long as Prometheus and Alertmanager work."""


@declared
class SignInArgs(TypedDict):
    """An OAuth 2.0 provider whose users may look at Grafana. Its redirect URL is
    `https://<host>/login/generic_oauth`."""

    label: NotRequired[Annotated[Text, Default("single sign-on")]]
    """What the button says after "Sign in with" (default single sign-on)."""
    client_id: Text
    """The client's id at the provider."""
    client_secret: NotRequired[SecretValue]
    """The client's secret. In a stack's file it stands under `nodeyard:secrets`."""
    auth_url: HttpsUrl
    """Where users are sent to sign in."""
    token_url: HttpsUrl
    """Where Grafana gets a token."""
    api_url: HttpsUrl
    """Where the provider says who somebody is (`userinfo`)."""
    scopes: NotRequired[Annotated[Text, Default("openid email profile")]]
    """What Grafana asks for (default `openid email profile`)."""
    allowed_domains: Annotated[Sequence[Text], Field(min_length=1), Distinct]
    """The domains of the users' mail addresses. Nobody else gets in."""
    role_attribute_path: NotRequired[Text]
    """A JMESPath expression on what the provider says, whose result is the user's role in Grafana: Viewer, Editor or
    Admin. Everybody is a Viewer unless given."""


@declared
class GrafanaArgs(TypedDict):
    """How Grafana is reached, and who signs in. The admin's password is made by the platform."""

    ingress: NotRequired[IngressArgs]
    """An HTTPS host in front of it. Without one Grafana is reached by port-forward only."""
    callers: NotRequired[Annotated[Sequence[Cidr], Distinct]]
    """Who may call the host: the platform's network and those routed to it unless given. With an ingress that is
    `public`, give them."""
    sign_in: NotRequired[SignInArgs]
    """Who signs in besides the admin. Needs `ingress`."""


@declared
class MonitoringArgs(TypedDict):
    """Metrics, logs, dashboards and alerts of the cluster. With no key at all, `monitoring: {}`, it is on."""

    retention_days: NotRequired[Annotated[Days, Default(15)]]
    """How long metrics are kept (default 15)."""
    logs_retention_days: NotRequired[Annotated[Days, Default(14)]]
    """How long logs are kept (default 14)."""
    metrics_gib: NotRequired[Annotated[VolumeGib, Default(50)]]
    """The volume of the metrics (default 50). When it is nearly full, the oldest ones go before their time."""
    logs_gib: NotRequired[Annotated[VolumeGib, Default(50)]]
    """The volume of the logs (default 50)."""
    grafana: NotRequired[Annotated[GrafanaArgs, Default({})]]
    """How Grafana is reached, and who signs in."""
    receivers: NotRequired[Annotated[Mapping[KubernetesName, ReceiverArgs], Default({})]]
    """Who is told of alerts, by a name of your choice. `up` warns while there is none."""
    watchdog: NotRequired[WatchdogArgs]
    """Who notices that no alert could be told any more. Nobody does unless given."""
