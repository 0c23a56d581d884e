"""`@operation`: an AWS operation declared once; the registry that finds it again.

A service folder holds a file per operation; each decorates one `async def`. From the declaration
come routing, shape checks, authorisation, metrics and `docs/coverage.md`. An operation that has
no file is unknown here, and the gateway says so in AWS's words.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any, Literal, TypeVar, cast

from .access import Ask, OnSubject, Permissions
from .context import Context
from .errors import ApiError, access_denied, validation
from .model import ServiceModel, load_model
from .shapes import InputShape
from .ways import WayOf

Request = dict[str, Any]
Answer = Awaitable[dict[str, Any] | bytes]
Handler = Callable[[Context, Request], Answer]
C = TypeVar("C", bound=Context)
"""What a handler is given: of a protocol's own kind, where its operations want more of one."""
Rule = Callable[[Request], str | None]
Access = Literal["read", "write", "list", "tagging", "permissions"]
ResourceOf = Callable[[Context, Request], Sequence[str]]
Translate = Callable[[BaseException], ApiError | None]

ACTION_PREFIXES = {"monitoring": "cloudwatch"}
"""What actions of a service begin with in policies, where it is not the name it signs for."""


class Operation:
    """One operation: its handler and everything that happens before it runs.

    rules: pure functions from the request to a message or None, in AWS's order; they run after
    the shape is known to be right and before any look-up. first: those few that AWS looks at even
    before the constraints of the shape; types are right by then, but nothing else. resource: the
    ARNs that a policy is asked about; None means "*". signing_name: what requests are signed for,
    where that is not the name of the service. action: what policies call it, where that is not its
    own name ("ListBucket"). permissions: what it asks, where that is more than the action on the
    ARNs (`api/access.py`). denied: from AWS's text to the refusal, as the service's `errors` makes
    it (`access_denied`). unfit: the same for what breaks a constraint of the shape, where the
    service does not say ValidationException (`unfit`). streams: the answer has one member, an async
    iterator of events. way: makes shorter ways for requests like one that was answered (`ways.py`).
    """

    __slots__ = (
        "access",
        "action",
        "denied",
        "first",
        "handler",
        "input",
        "name",
        "on_subject",
        "permissions",
        "resource",
        "rules",
        "service",
        "signing_name",
        "streams",
        "unfit",
        "way",
    )

    def __init__(
        self,
        service: str,
        name: str,
        handler: Handler,
        *,
        input: InputShape,
        access: Access,
        resource: ResourceOf | None = None,
        first: Sequence[Rule] = (),
        rules: Sequence[Rule] = (),
        signing_name: str | None = None,
        action: str | None = None,
        permissions: Permissions | None = None,
        streams: bool = False,
        way: WayOf | None = None,
    ) -> None:
        self.service = service
        self.signing_name = signing_name or service
        prefix = ACTION_PREFIXES.get(self.signing_name, self.signing_name)
        self.action = f"{prefix}:{action or name}"
        self.denied: Callable[[str], ApiError] = access_denied
        self.unfit: Callable[[str], ApiError] | None = None
        self.name = name
        self.streams = streams
        self.way = way
        self.handler = handler
        self.input = input
        self.access = access
        self.resource = resource
        self.permissions: Permissions = permissions or OneAction(self)
        self.on_subject = permissions if isinstance(permissions, OnSubject) else None
        self.first = tuple(first)
        self.rules = (*first, *rules)

    def check(self, request: Any) -> None:
        """The fast check: members and constraints, then the rules.

        Attribute values inside are taken as they are (dicts); whoever walks them later finds
        what is wrong there. Members that are null are dropped from the request, because AWS
        takes null for absent. Raises ApiError with the first problem in AWS's order, which may
        be one inside an attribute value.
        """
        if not self.input.accepts(request):
            self._check_shape(request)
        for rule in self.rules:
            message = rule(request)
            if message is not None:
                self._check_shape(request)
                raise validation(message)

    def check_deep(self, request: Any) -> None:
        """The exact check, attribute values included: types first, then constraints, then rules.

        Called when a handler refused the request with a validation error, so that a mistake which
        AWS would have found earlier is the one reported. Returns if there is none.
        """
        self._check_shape(request)
        for rule in self.rules:
            message = rule(request)
            if message is not None:
                raise validation(message)

    def _check_shape(self, request: Any) -> None:
        """The exact check of the shape; returns if there is nothing wrong with it."""
        if not isinstance(request, dict):
            # AWS reads a body that is JSON but no object as one without members.
            request = {}
        self.input.convert(request)
        for rule in self.first:
            message = rule(request)
            if message is not None:
                raise validation(message)
        if self.unfit is None:
            self.input.constrain(request)
            return
        try:
            self.input.constrain(request)
        except ApiError as refusal:
            raise self.unfit(refusal.message or "") from None

    def __call__(self, ctx: Context, request: Request) -> Answer:
        """Run the handler; the checks are the caller's (the gateway's) business."""
        return self.handler(ctx, request)

    def __repr__(self) -> str:
        return f"<Operation {self.service}:{self.name}>"


class OneAction:
    """What an operation asks that declares no more: its action, on each of its ARNs."""

    __slots__ = ("_operation",)

    def __init__(self, operation: Operation) -> None:
        self._operation = operation

    def asks(self, ctx: Context, req: Request) -> Sequence[Ask]:
        operation = self._operation
        if operation.resource is None:
            return (Ask(operation.action, "*"),)
        return [Ask(operation.action, arn) for arn in operation.resource(ctx, req)]

    async def asks_after_reading(self, ctx: Context, req: Request) -> Sequence[Ask]:
        return self.asks(ctx, req)


def operation(
    service: str,
    name: str,
    *,
    access: Access,
    resource: ResourceOf | None = None,
    first: Sequence[Rule] = (),
    rules: Sequence[Rule] = (),
    action: str | None = None,
    permissions: Permissions | None = None,
    streams: bool = False,
    way: WayOf | None = None,
) -> Callable[[Callable[[C, Request], Answer]], Operation]:
    """Declare the decorated `async def (ctx, req)` as an operation of a service.

    It must be in the service's model; a misspelt name fails at import.
    """
    model = load_model(service)
    if name not in model.operations:
        raise LookupError(f"{service} has no operation {name}")

    def declare(handler: Callable[[C, Request], Answer]) -> Operation:
        return Operation(
            service,
            name,
            cast(Handler, handler),
            input=model.input_shape(name),
            access=access,
            resource=resource,
            first=first,
            rules=rules,
            signing_name=model.signing_name,
            action=action,
            permissions=permissions,
            streams=streams,
            way=way,
        )

    return declare


class Service:
    """The operations of one service that are there, with its model and its translation.

    translate: the service's `errors.translate`, which turns what the layers below raise into an
    ApiError, or returns None for what it does not know.
    """

    __slots__ = ("model", "name", "operations", "translate")

    def __init__(
        self,
        name: str,
        operations: Mapping[str, Operation],
        translate: Translate,
    ) -> None:
        self.name = name
        self.model: ServiceModel = load_model(name)
        self.operations = dict(operations)
        self.translate = translate

    @property
    def target_prefix(self) -> str:
        """What stands before the dot in X-Amz-Target: "DynamoDB_20120810"."""
        return self.model.target_prefix

    @property
    def protocols(self) -> tuple[str, ...]:
        """Those that the service speaks, by botocore's names: "json", "query" …"""
        return self.model.protocols

    @property
    def json_version(self) -> str:
        """The version that ends the content type of requests and answers: "1.0" or "1.1"."""
        return self.model.json_version


class Registry:
    """All services that this process answers for. Built once by `app`."""

    __slots__ = ("_by_target", "services")

    def __init__(self, services: Iterable[Service]) -> None:
        self.services: dict[str, Service] = {service.name: service for service in services}
        self._by_target: dict[str, Operation] = {
            f"{service.target_prefix}.{op.name}": op
            for service in self.services.values()
            if service.target_prefix
            for op in service.operations.values()
        }

    def target(self, target: str) -> Operation | None:
        """The operation that an X-Amz-Target header names, or None."""
        return self._by_target.get(target)

    def operation(self, service: str, name: str) -> Operation | None:
        found = self.services.get(service)
        return found.operations.get(name) if found else None

    def operations(self, service: str) -> Mapping[str, Operation]:
        """The operations of a service by name."""
        return self.services[service].operations

    def __iter__(self) -> Iterator[Operation]:
        for service in self.services.values():
            yield from service.operations.values()


def load_registry(packages: Iterable[ModuleType], only: Sequence[str] = ()) -> Registry:
    """Import every file of the service folders given and register the operations in them.

    only: the names of the files, where not all of them are wanted.
    """
    return Registry(_load_service(package, only) for package in packages)


def _load_service(package: ModuleType, only: Sequence[str]) -> Service:
    """A service from its folder: operations are module attributes, `errors.translate` is a must."""
    found: dict[str, Operation] = {}
    service = package.__name__.rpartition(".")[2]
    for name in only or [info.name for info in pkgutil.iter_modules(package.__path__)]:
        module = importlib.import_module(f"{package.__name__}.{name}")
        for thing in vars(module).values():
            if isinstance(thing, Operation) and thing.service == service:
                found[thing.name] = thing
    errors = importlib.import_module(f"{package.__name__}.errors")
    for each in found.values():
        each.denied = getattr(errors, "access_denied", access_denied)
        each.unfit = getattr(errors, "unfit", None)
    return Service(service, dict(sorted(found.items())), errors.translate)
