"""Object stores (S3 and what speaks its language, Google Cloud Storage, Azure): the door to obstore."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError
from obstore.store import AzureStore, GCSStore, S3Store

from feedbraid.places import Conflict, Found, Load, Missing, Stored, Trouble
from feedbraid.rules import PublishRules

if TYPE_CHECKING:
    from obstore.store import ClientConfig, ObjectStore, RetryConfig

CONNECT = timedelta(seconds=10)
ANSWER = timedelta(seconds=60)
"""For a whole request."""

RETRIES = 2
PATIENCE = timedelta(seconds=20)
"""After this nothing is tried again: the next pass does."""


class Objects:
    """A bucket, or a part of one. What is called a tag here is the ETag of HTTP, or the generation at Google."""

    def __init__(self, store: ObjectStore, rules: PublishRules) -> None:
        self._store, self._rules = store, rules
        self._mark: Literal["e_tag", "version"] = "version" if rules.to.startswith("gs:") else "e_tag"

    async def put(self, load: Load, tag: str) -> Stored | Conflict | Trouble:
        """Bring a file: in the place of the one with this tag, or where there is none when it is empty."""
        mode: Any = {self._mark: tag} if tag else "create"
        try:
            done = await obstore.put_async(
                self._store,
                load.key,
                load.content,
                attributes=dict(load.headers),
                mode=mode if self._rules.conditional else "overwrite",
                use_multipart=False,  # its parts can not be conditional
            )
        except (AlreadyExistsError, PreconditionError):
            return Conflict()
        except _FAULTS as error:
            return Conflict() if _code(error) == "ConditionalRequestConflict" else self._trouble(error)
        return Stored(done[self._mark] or "")

    async def get(self, key: str) -> Found | Missing | Trouble:
        """Read a file."""
        try:
            found = await obstore.get_async(self._store, key)
            content = bytes(await found.bytes_async())
        except _FAULTS as error:
            is_missing = isinstance(error, FileNotFoundError) and _code(error) not in _NO_BUCKET
            return Missing() if is_missing else self._trouble(error)
        return Found(content, found.meta[self._mark] or "")

    async def remove(self, key: str, tag: str) -> Missing | Conflict | Trouble:
        """Remove a file if it still has this tag; one that is not there is well.

        No request does both, so it is looked first.
        """
        try:
            there = await obstore.head_async(self._store, key)
            if self._rules.conditional and tag and (there[self._mark] or "") != tag:
                return Conflict()
            await obstore.delete_async(self._store, key)
        except FileNotFoundError:
            return Missing()
        except _FAULTS as error:
            return self._trouble(error)
        return Missing()

    def _trouble(self, error: Exception) -> Trouble:
        return trouble_of(str(error), self._rules)


_FAULTS = (BaseError, OSError, ValueError)


def opened(rules: PublishRules) -> Objects | Trouble:
    """Open a bucket. Nobody is asked yet."""
    place = urlsplit(rules.to)
    prefix = place.path.strip("/") or None
    client: ClientConfig = {"allow_http": rules.allow_http, "connect_timeout": CONNECT, "timeout": ANSWER}
    retry: RetryConfig = {"max_retries": RETRIES, "retry_timeout": PATIENCE}
    options: dict[str, Any] = {"prefix": prefix, "client_options": client, "retry_config": retry}
    if place.scheme == "s3" and rules.endpoint and not _has_key(rules, os.environ):
        return Trouble(reason="no key is known for it", advice=_KEYS["s3"])
    try:
        match place.scheme:
            case "s3":
                config: Any = dict(_s3(rules))
                store: ObjectStore = S3Store(place.netloc, config=config, **options)
            case "gs":
                store = GCSStore(place.netloc, **options)
            case _:
                account: Any = {"account_name": rules.account} if rules.account else {}
                store = AzureStore(place.netloc, config=account, **options)
    except _FAULTS as error:
        return Trouble(reason=_first_line(str(error)), advice=_KEYS[place.scheme])
    return Objects(store, rules)


def _has_key(rules: PublishRules, environment: Mapping[str, str]) -> bool:
    return bool(rules.key or environment.get("AWS_ACCESS_KEY_ID"))


def _s3(rules: PublishRules) -> Iterator[tuple[str, str | bool]]:
    """State what is configured; all else is what the environment says, as for other programs."""
    stated = {
        "endpoint": rules.endpoint,
        "region": rules.region or ("us-east-1" if rules.endpoint and not _region(os.environ) else ""),
        "access_key_id": rules.key,
        "secret_access_key": rules.secret,
        "session_token": rules.token,
    }
    yield from ((name, value) for name, value in stated.items() if value)
    yield "virtual_hosted_style_request", rules.virtual_host
    yield "disable_bulk_delete", True  # not every service knows it, and little is ever removed


def _region(environment: Mapping[str, str]) -> str:
    return environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or ""


# --- what is said of troubles -----------------------------------------------------------------------------

_STATUS = re.compile(r"status code: ([0-9]{3})")
_CODE = re.compile(r"<Code>([A-Za-z]{1,60})</Code>")
_NO_BUCKET = frozenset({"NoSuchBucket", "ContainerNotFound"})

_KEYS = {
    "s3": "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or publish: {key: ${NAME}, secret: ${NAME}}",
    "gs": "set GOOGLE_APPLICATION_CREDENTIALS to the file with the key of a service account",
    "az": "set AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
}
_ELSEWHERE = ("the bucket is in another region", "name it: publish: {region: …}")
_UNCONDITIONAL = (
    "it knows no conditional writes",
    "write  publish: {conditional: false}  if nobody else writes there",
)
_LATER = "it is tried again in the next pass"

_BY_CODE: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(_NO_BUCKET, ("there is no such bucket", "make it, or correct publish.to")),
    "InvalidAccessKeyId": ("it does not know the key", "see whether the key is right, and of this service"),
    "SignatureDoesNotMatch": ("the secret does not belong to the key", "see whether both were copied as a whole"),
    "RequestTimeTooSkewed": ("the clock of this machine is wrong", "have it set by the network (NTP)"),
    "ExpiredToken": ("the token of the session is no longer valid", "get another one"),
    "AuthorizationHeaderMalformed": _ELSEWHERE,
    "PermanentRedirect": _ELSEWHERE,
    "NotImplemented": _UNCONDITIONAL,
    "AccessDenied": (
        "the key has no right to that",
        "let it read, write and delete objects there (s3:GetObject, s3:PutObject, s3:DeleteObject)",
    ),
}
_BY_STATUS: Mapping[str, tuple[str, str]] = {
    "301": _ELSEWHERE,
    "401": ("it does not know who asks", "see whether the key is right"),
    "403": _BY_CODE["AccessDenied"],
    "404": _BY_CODE["NoSuchBucket"],
    "501": _UNCONDITIONAL,
}


def _code(error: Exception) -> str:
    found = _CODE.search(str(error))
    return found[1] if found else ""


def trouble_of(said: str, rules: PublishRules) -> Trouble:
    """Say in plain words what went wrong, from what the library says of it."""
    code, status = _CODE.search(said), _STATUS.search(said)
    known = (code and _BY_CODE.get(code[1])) or (status and _BY_STATUS.get(status[1]))
    if known:
        return Trouble(
            reason=f"{known[0]} ({code[1] if code else f'HTTP {status[1] if status else 0}'})", advice=known[1]
        )
    if status:
        return Trouble(reason=f"it answers HTTP {status[1]}{f' ({code[1]})' if code else ''}", advice=_LATER)
    if "169.254." in said or "metadata" in said:
        return Trouble(reason="no key is known for it", advice=_KEYS[urlsplit(rules.to).scheme])
    if "builder error" in said:
        return Trouble(reason="it is asked without TLS", advice="write https://, or  publish: {allow_http: true}")
    if "error sending request" in said or "timed out" in said or "connect" in said.lower():
        where = urlsplit(rules.endpoint).netloc or "the service"
        return Trouble(reason=f"{where} can not be reached", advice=f"is it running, is the network? {_LATER}")
    return Trouble(reason=_first_line(said), advice=_LATER)


def _first_line(said: str) -> str:
    return said.partition("\n")[0].strip()[:300]
