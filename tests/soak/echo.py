"""Servers that throw whatever they are asked back at whoever asks: headers, tokens and all."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import replace

from tests.fakes.web import Answer, Request, Web, as_json
from tests.fakes.x_parts import PROBLEMS

ELSEWHERE = "http://127.0.0.1:9"


def _json(status: int, said: str, token: str, **more: str) -> Answer:
    problem = {"title": said, "detail": said, "message": said, "reason": said, "errors": [{"message": said}]}
    headers = {"Retry-After": token, "X-Rate-Limit-Reset": token, "X-RateLimit-Reset": token, "X-Reason": token}
    return as_json({**problem, **more}, status=status, headers=headers)


def _strange(said: str, token: str) -> Answer:
    parts = {"meta": said, "kind": said, "access_token": said, "errors": [{"title": said, "detail": said}]}
    return as_json({"data": [{"id": said, "text": token, "name": said, "value": said}], **parts})


def _cap(said: str, token: str) -> Answer:
    return _json(429, said, token, title="UsageCapExceeded", type=f"{PROBLEMS}/usage-capped")


ECHOES: dict[str, Callable[[str, str], Answer]] = {
    **{str(code): lambda said, token, code=code: _json(code, said, token) for code in (400, 401, 402, 403, 404, 429)},
    "500": lambda said, token: _json(500, said, token),
    "usage-cap": _cap,
    "html": lambda said, _: Answer(200, f"<html><body>{said}</body></html>".encode(), {"Content-Type": "text/html"}),
    "truncated": lambda said, _: Answer(200, b'{"data": ' + json.dumps(said).encode(), {"Content-Type": "text/json"}),
    "strange": _strange,
    "redirect": lambda _, token: Answer(302, b"", {"Location": f"{ELSEWHERE}/?token={token.replace(' ', '+')}"}),
    "no-such-encoding": lambda said, token: replace(_json(200, said, token), headers={"Content-Encoding": "gzip"}),
}


def echo(web: Web, kind: str, *, honest: Collection[str] = ()) -> None:
    """Let a server answer so to everything, but for the paths where it is `honest`."""
    respond = web._respond

    def answer(request: Request) -> Answer:
        if request.path in honest:
            return respond(request)
        token = request.headers.get("Authorization", "")
        said = " ".join([token, *(f"{name}: {value}" for name, value in request.headers.items()), request.body])
        return ECHOES[kind](said, token)

    web._respond = answer
