"""The way of an S3 request: find bucket and operation → authenticate → read what is not the body
→ authorise → run, the body read meanwhile → answer.

Buckets are in the path, or in the Host header (`<bucket>.s3.…`, `<bucket>.localhost`). Whatever
was signed for another service is not S3's; the gateway asks `claims` before.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlencode

from jedlik.api.access import Ask
from jedlik.api.context import Context
from jedlik.api.errors import ApiError, internal_failure
from jedlik.api.operation import Operation, Registry
from jedlik.api.rest import RestContext, Streamed
from jedlik.identity import s3
from jedlik.identity.policy import ANONYMOUS
from jedlik.net import Reply, Request, StreamedReply

from . import s3_forms, s3_website, xml
from .metrics import OperationMetrics
from .rest_xml import BadInput, RestXml
from .s3_body import S3Body
from .s3_call import (
    Call,
    bad_input,
    bad_list_type,
    bad_uri,
    denied,
    first_lines,
    header_lines,
    host_id,
    no_length,
    not_allowed,
    quoting,
    refused,
    without_length,
)
from .s3_events import EventStreams

if TYPE_CHECKING:
    from .gateway import Gateway

log = logging.getLogger("jedlik.wire")

XML_BYTES_MAX = 4 << 20
PUT_BYTES_MAX = 5 << 30
_NO_CORS = "CORSResponse: CORS is not enabled for this bucket."
_CORS_REFUSED = (
    "CORSResponse: This CORS request is not allowed. This is usually because the evaluation of "
    "Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are "
    "not whitelisted by the resource's CORS spec."
)
_CORS_METHODS = ("GET", "PUT", "POST", "DELETE", "HEAD")
_MALFORMED_XML = (
    "The XML you provided was not well-formed or did not validate against our published schema"
)


class Edge(Protocol):
    """What S3 does at the edge of HTTP rather than in an operation; a part of the service."""

    async def cors(
        self, db: Any, bucket: str, method: str, origin: str, headers: str | None
    ) -> dict[str, str] | None:
        """Header lines for a cross-origin request, none of them if no rule of the bucket allows
        it; None if it has no rules."""
        ...

    async def website(self, db: Any, bucket: str) -> Mapping[str, Any]:
        """A bucket's website. Raises ApiError where there is none."""
        ...

    async def region(self, db: Any, bucket: str) -> str | None:
        """Where a bucket is; None if it is nowhere."""
        ...

    async def asks_to_list(self, ctx: Context, bucket: str) -> Sequence[Ask]:
        """What whoever is told that a key is missing must be allowed."""
        ...

    def check_md5(self, sent: str, calculated: bytes) -> ApiError | None: ...

    def check_checksums(
        self, document: bytes, headers: Mapping[str, str], trailers: Mapping[str, str]
    ) -> None: ...


class S3:
    """Answers S3's requests for a Gateway."""

    def __init__(self, gateway: Gateway, registry: Registry, edge: Edge) -> None:
        self._gateway = gateway
        service = registry.services["s3"]
        self._service = service
        self._operations = service.operations
        self._protocol = RestXml(service.model)
        self._streams = EventStreams(self._protocol.shapes)
        self._edge = edge
        self._metrics = {name: OperationMetrics("s3", name) for name in service.operations}

    @property
    def metrics(self) -> list[OperationMetrics]:
        return list(self._metrics.values())

    async def answer(self, request: Request, request_id: str) -> Reply:
        """The answer to a request; raises nothing."""
        now = self._gateway.clock()
        call = Call(request, request_id)
        if s3_website.HOST.fullmatch(call.headers.get("host", "")):
            return await self._page(call, now)
        try:
            return await self._answer(call, now)
        except Exception as error:
            refusal = error if isinstance(error, ApiError) else self._service.translate(error)
            if refusal is None:
                log.error("%s failed (request %s)", call.operation, request_id, exc_info=error)
                refusal = internal_failure()
            if call.operation in self._metrics:
                taken = self._gateway.clock() - now
                self._metrics[call.operation].count(refusal.status, taken)
            reply = refused(call, refusal)
            if call.operation == "HeadBucket" and "x-amz-bucket-region" not in reply.lines:
                # Also who may not look into it is told where it is.
                region = await self._edge.region(self._gateway.db, call.bucket)
                reply.lines += header_lines([("x-amz-bucket-region", region)] if region else ())
            return reply

    async def _answer(self, call: Call, now: float) -> Reply:
        request = call.request
        if not call.is_text:
            raise bad_uri(call)
        if call.method == "OPTIONS":
            return await self._preflight(call)
        if call.method == "POST" and not call.key:
            boundary = s3_forms.boundary_of(call.headers.get("content-type", ""))
            if boundary is not None:
                return await self._form(call, boundary, now)
        hosted = call.bucket if call.hosted else ""
        caller = s3.authenticate(self._gateway.authenticator, request, now, hosted)
        name = self._protocol.find(call.method, call.depth, call.query, call.headers)
        if name is None:
            raise not_allowed(call)
        if name == "ListObjects" and "list-type" in call.query:
            raise bad_list_type(call)
        call.operation = name
        operation = self._operations.get(name)
        if operation is None:
            raise ApiError(
                "NotImplemented",
                "A header you provided implies functionality that is not implemented",
                status=501,
            )
        try:
            req = self._protocol.read_input(name, call.labels, call.query, call.headers)
        except BadInput as bad:
            raise bad_input(bad) from bad
        ctx = self._context(call, caller, now)
        payload = self._protocol.payload(name)
        body = S3Body(request, caller)
        if payload == "stream":
            # Nothing is read, and no client told to go on, before it is clear who may do this.
            await self._authorise(ctx, operation, req, request)
            if body.length is None:
                raise no_length(chunked=body.is_chunked)
            if body.length > PUT_BYTES_MAX:
                raise ApiError(
                    "EntityTooLarge",
                    "Your proposed upload exceeds the maximum allowed size",
                    fields={
                        "ProposedSize": str(body.length),
                        "MaxSizeAllowed": str(PUT_BYTES_MAX),
                    },
                )
            req[self._protocol.payload_member(name)] = body
        else:
            await self._read_small(call, body, name, payload, req)
            await self._authorise(ctx, operation, req, request)
        try:
            answer = await operation.handler(ctx, req)
        except ApiError as refusal:
            reads = call.method in ("GET", "HEAD")
            if reads and refusal.code == "NoSuchKey" and not await self._may_list(ctx, call):
                raise denied() from refusal
            raise
        assert isinstance(answer, dict)
        reply = await self._reply(call, ctx, name, answer)
        self._metrics[name].count(reply.status, self._gateway.clock() - now)
        return reply

    async def _authorise(
        self, ctx: RestContext, operation: Operation, req: dict[str, Any], request: Request
    ) -> None:
        from .gateway import transport_of

        authoriser = self._gateway.authoriser
        if authoriser is None:
            return
        try:
            await authoriser.require(ctx, operation, req, transport_of(request))
            for each in (ctx.refused or {}).values():
                each.message = quoting(each.message)
        except ApiError as refusal:
            if ctx.identified or refusal.code != "AccessDenied":
                refusal.message = quoting(refusal.message)
                raise
            # Why is told to members of the owner's organisation alone.
            raise denied() from refusal

    async def _may_list(self, ctx: RestContext, call: Call) -> bool:
        authoriser = self._gateway.authoriser
        if authoriser is None:
            return True
        from .gateway import transport_of

        transport = transport_of(call.request)
        asks = await self._edge.asks_to_list(ctx, call.bucket)
        return all(authoriser.check(ctx, ask, {}, transport).allowed for ask in asks)

    async def _read_small(
        self, call: Call, body: S3Body, name: str, payload: str | None, req: dict[str, Any]
    ) -> None:
        """Read a body that is no object's: a document, or nothing."""
        content, trailers = await body.whole(XML_BYTES_MAX)
        if payload is None:
            return
        if not content:
            if self._protocol.requires_payload(name):
                raise ApiError("MissingRequestBodyError", "Request body is empty.")
            return
        md5 = call.headers.get("content-md5")
        if md5 is not None:
            wrong = self._edge.check_md5(md5, hashlib.md5(content, usedforsecurity=False).digest())
            if wrong is not None:
                raise wrong
        self._edge.check_checksums(content, call.headers, trailers)
        if payload == "text":
            req[self._protocol.payload_member(name)] = content.decode("utf-8", "replace")
            return
        try:
            req.update(self._protocol.read_body(name, content))
        except xml.NotValid as error:
            code = "MalformedACLError" if name.endswith("Acl") else "MalformedXML"
            raise ApiError(code, _MALFORMED_XML) from error

    def _context(self, call: Call, caller: s3.Caller, now: float) -> RestContext:
        identity = caller.identity
        gateway = self._gateway
        return RestContext(
            gateway.db,
            identity.account if identity else ANONYMOUS.account,
            identity.region if identity else gateway.region,
            identity.principal if identity else ANONYMOUS,
            call.request_id,
            now,
            gateway.settings,
            host=call.headers.get("host", ""),
            headers=call.headers,
            identified=identity is not None,
            hosted=call.hosted,
            method=call.method,
            signed_for=caller.region,
            presigned=caller.in_query,
        )

    async def _reply(
        self, call: Call, ctx: RestContext, name: str, answer: dict[str, Any]
    ) -> Reply:
        status = ctx.status or self._protocol.status(name)
        lines = first_lines(call) + header_lines(self._protocol.write_headers(name, answer))
        lines += header_lines(ctx.more.items()) + await self._cors_lines(call)
        if "Payload" in answer:
            return self._streams.reply(lines, answer["Payload"], self._refusal_of(call))
        body = answer.get("Body")
        if isinstance(body, Streamed):
            source = None if call.method == "HEAD" else body.parts
            if call.method == "HEAD":
                await _close(body.parts)
            return StreamedReply(status, lines, body.length, source)
        content = self._protocol.write_body(name, answer) or b""
        if "_Text" in answer:
            content = content.replace(b"></", f">{xml.escape(answer['_Text'])}</".encode())
        if call.method == "HEAD" and "ContentLength" in answer:
            return StreamedReply(status, without_length(lines), answer["ContentLength"], None)
        if content and "content-type:" not in lines.lower():
            kind = "application/json" if self._is_text(name, answer) else "application/xml"
            lines += f"Content-Type: {kind}\r\n"
        return Reply(status, lines, content)

    def _refusal_of(self, call: Call) -> Callable[[Exception], ApiError]:
        """What goes wrong after the answer began, told or written down."""

        def refusal_of(error: Exception) -> ApiError:
            refusal = error if isinstance(error, ApiError) else self._service.translate(error)
            if refusal is None:
                log.error("%s failed (request %s)", call.operation, call.request_id, exc_info=error)
                refusal = ApiError("InternalError", "We encountered an internal error.")
            return refusal

        return refusal_of

    def _is_text(self, name: str, answer: dict[str, Any]) -> bool:
        return name == "GetBucketPolicy"

    # Browsers

    async def _page(self, call: Call, now: float) -> Reply:
        """A page of a bucket's website; raises nothing."""

        async def fetch(key: str) -> Reply:
            call.key = key
            try:
                return await self._object(call, now)
            except Exception as error:
                refusal = error if isinstance(error, ApiError) else self._service.translate(error)
                if refusal is None:
                    raise
                raise refusal from error

        try:
            if call.method not in ("GET", "HEAD"):
                raise not_allowed(call)
            config = await self._edge.website(self._gateway.db, call.bucket)
            host = call.headers.get("host", "")
            reply = await s3_website.page(config, call.key, host, fetch)
        except Exception as error:
            if not isinstance(error, ApiError):
                log.error("website failed (request %s)", call.request_id, exc_info=error)
            refusal = error if isinstance(error, ApiError) else internal_failure()
            lines = first_lines(call) + header_lines(getattr(refusal, "headers", {}).items())
            if refusal.status == 304:
                return Reply(304, lines)
            page = s3_website.error_page(refusal, call.request_id, host_id(call))
            lines += "Content-Type: text/html; charset=utf-8\r\n"
            if call.method == "HEAD":
                return StreamedReply(refusal.status, lines, len(page), None)
            return Reply(refusal.status, lines, page)
        if not isinstance(reply, StreamedReply):
            reply.lines = first_lines(call) + reply.lines
        return reply

    async def _object(self, call: Call, now: float) -> Reply:
        """What GetObject answers to somebody who signs nothing."""
        name = call.operation = "GetObject"
        operation = self._operations[name]
        try:
            req = self._protocol.read_input(name, call.labels, {}, call.headers)
        except BadInput as bad:
            raise bad_input(bad) from bad
        ctx = self._context(call, s3.Caller(None), now)
        await self._authorise(ctx, operation, req, call.request)
        try:
            answer = await operation.handler(ctx, req)
        except ApiError as refusal:
            if refusal.code == "NoSuchKey" and not await self._may_list(ctx, call):
                raise denied() from refusal
            raise
        assert isinstance(answer, dict)
        return await self._reply(call, ctx, name, answer)

    async def _preflight(self, call: Call) -> Reply:
        origin = call.headers.get("origin")
        method = call.headers.get("access-control-request-method")
        if origin is None:
            raise ApiError("BadRequest", "Insufficient information. Origin request header needed.")
        if method not in _CORS_METHODS:
            shown = "null" if method is None else method
            raise ApiError("BadRequest", f"Invalid Access-Control-Request-Method: {shown}")
        wanted = call.headers.get("access-control-request-headers", "")
        found = await self._edge.cors(self._gateway.db, call.bucket, method, origin, wanted)
        if not found:
            raise ApiError(
                "AccessForbidden",
                _NO_CORS if found is None else _CORS_REFUSED,
                status=403,
                fields={"Method": method, "ResourceType": "OBJECT" if call.key else "BUCKET"},
            )
        return Reply(200, first_lines(call) + header_lines(found.items()))

    async def _cors_lines(self, call: Call) -> str:
        origin = call.headers.get("origin")
        if origin is None or not call.bucket:
            return ""
        found = await self._edge.cors(self._gateway.db, call.bucket, call.method, origin, None)
        return header_lines(found.items()) if found else ""

    async def _form(self, call: Call, boundary: str, now: float) -> Reply:
        """A browser uploads a file: a PutObject by fields of a form."""
        call.operation = "PutObject"
        form = s3_forms.Form(S3Body(call.request, s3.Caller(None)), boundary)
        await form.read_fields()
        fields = form.fields
        caller = s3.authenticate_form(self._gateway.authenticator, fields, now)
        if "key" not in fields:
            raise ApiError(
                "InvalidArgument",
                "Bucket POST must contain a field named 'key'.  If it is specified, please check "
                "the order of the fields.",
                fields={"ArgumentName": "key", "ArgumentValue": ""},
            )
        bounds = None
        if "policy" in fields:
            bounds = s3_forms.check_policy(fields, call.bucket, now)
        call.key = fields["key"].replace("${filename}", form.file_name)
        sent = {**fields}
        if "acl" in sent:
            sent["x-amz-acl"] = sent["acl"]
        if "tagging" in sent:
            sent["x-amz-tagging"] = self._form_tags(sent["tagging"])
        operation = self._operations["PutObject"]
        try:
            req = self._protocol.read_input("PutObject", call.labels, {}, sent)
        except BadInput as bad:
            raise bad_input(bad) from bad
        ctx = self._context(call, caller, now)
        await self._authorise(ctx, operation, req, call.request)
        req["Body"] = form
        if bounds is not None:
            req["_SizeBounds"] = bounds
        answer = await operation.handler(ctx, req)
        assert isinstance(answer, dict)
        self._metrics["PutObject"].count(200, self._gateway.clock() - now)
        return self._form_reply(call, fields, answer, await self._cors_lines(call))

    def _form_tags(self, document: str) -> str:
        """A form has its tags as XML; here as the header of a PutObject has them."""
        try:
            found = self._protocol.read_body("PutObjectTagging", document.encode())
        except xml.NotValid as error:
            raise ApiError("MalformedXML", _MALFORMED_XML) from error
        return urlencode([(tag["Key"], tag["Value"]) for tag in found["Tagging"]["TagSet"]])

    def _form_reply(
        self, call: Call, fields: Mapping[str, str], answer: dict[str, Any], cors: str
    ) -> Reply:
        etag = answer["ETag"]
        location = f"http://{call.headers.get('host', '')}/{call.bucket}/{xml.quoted(call.key)}"
        lines = first_lines(call) + cors + header_lines([("ETag", etag), ("Location", location)])
        goes_to = fields.get("success_action_redirect") or fields.get("redirect")
        if goes_to and re.fullmatch(r"https?://[!-~]+", goes_to):
            mark = "&" if "?" in goes_to else "?"
            query = f"bucket={xml.quoted(call.bucket)}&key={xml.quoted(call.key, '')}"
            target = f"{goes_to}{mark}{query}&etag={xml.quoted(etag, '')}"
            return Reply(303, lines.replace(f"Location: {location}", f"Location: {target}"))
        chosen = fields.get("success_action_status")
        if chosen == "201":
            parts = {"Location": location, "Bucket": call.bucket, "Key": call.key, "ETag": etag}
            inside = "".join(f"<{k}>{xml.escape(v)}</{k}>" for k, v in parts.items())
            body = f"{xml.HEAD}<PostResponse>{inside}</PostResponse>".encode()
            return Reply(201, lines + "Content-Type: application/xml\r\n", body)
        return Reply(200 if chosen == "200" else 204, lines)


async def _close(parts: AsyncIterator[bytes]) -> None:
    close = getattr(parts, "aclose", None)
    if close is not None:
        await close()
