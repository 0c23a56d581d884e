"""A browser, where there is one: it posts a form that was signed for it, and reads a presigned URL
from a page of another origin, as the bucket's CORS rules allow."""

from __future__ import annotations

import html
import http.server
import json
import os
import re
import shutil
import subprocess
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PAGE_MS_MAX = 20_000
COMMAND_S_MAX = 90

FORM = """<!doctype html><title>waiting</title>
<form id="f" method="post" enctype="multipart/form-data" action="{url}">
{fields}<input type="file" id="file" name="file"></form>
<script>
const files = new DataTransfer();
files.items.add(new File([new Uint8Array({bytes})], "photo ü.png", {{type: "image/png"}}));
document.getElementById("file").files = files.files;
document.getElementById("f").submit();
</script>"""

SCRIPT = """<!doctype html><pre id="told">waiting</pre>
<script>
(async () => {{
  const told = document.getElementById("told");
  try {{
    const put = await fetch({put}, {{method: "PUT", body: "from a page"}});
    const got = await fetch({get});
    const all = [put.status, put.headers.get("ETag"), got.status, await got.text()];
    told.textContent = all.join("|");
  }} catch (fault) {{ told.textContent = "failed: " + fault; }}
}})();
</script>"""


@pytest.fixture(scope="module")
def browser() -> str:
    for name in BROWSERS:
        found = shutil.which(name)
        if found:
            return found
    pytest.skip("no browser is installed (Debian: chromium)")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Another origin, which serves the files of a folder: its address, and the folder."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments, directory=str(tmp_path))

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", tmp_path
        server.shutdown()


@pytest.fixture
def s3(make_client: Any) -> Any:
    return make_client("s3")


@pytest.fixture
def bucket(s3: Any) -> str:
    name = f"browser-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=name)
    return name


def page(browser: str, url: str, profile: Path) -> str:
    """The document that the browser has in the end, as it prints it."""
    done = subprocess.run(
        [
            browser,
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            f"--user-data-dir={profile}",
            f"--virtual-time-budget={PAGE_MS_MAX}",
            "--dump-dom",
            url,
        ],
        capture_output=True,
        text=True,
        timeout=COMMAND_S_MAX,
        env={**os.environ, "HOME": str(profile)},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_form_signed_for_a_browser(
    browser: str, site: tuple[str, Path], s3: Any, bucket: str
) -> None:
    address, folder = site
    content = bytes(range(256)) * 40
    signed = s3.generate_presigned_post(
        bucket,
        "uploads/${filename}",
        Fields={"success_action_status": "201", "Content-Type": "image/png"},
        Conditions=[
            {"success_action_status": "201"},
            {"Content-Type": "image/png"},
            ["content-length-range", 1, 20_000],
        ],
    )
    fields = "".join(
        f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">\n'
        for name, value in signed["fields"].items()
    )
    text = FORM.format(url=html.escape(signed["url"]), fields=fields, bytes=list(content))
    (folder / "form.html").write_text(text)
    shown = page(browser, f"{address}/form.html", folder / "profile")
    found = s3.get_object(Bucket=bucket, Key="uploads/photo ü.png")
    assert found["Body"].read() == content and found["ContentType"] == "image/png"
    assert "uploads/photo" in shown and "PostResponse" in shown


def test_a_page_of_another_origin(
    browser: str, site: tuple[str, Path], s3: Any, bucket: str
) -> None:
    address, folder = site
    urls = {
        name: json.dumps(
            s3.generate_presigned_url(f"{name}_object", {"Bucket": bucket, "Key": "k"})
        )
        for name in ("put", "get")
    }
    (folder / "script.html").write_text(SCRIPT.format(**urls))

    def told() -> str:
        shown = page(browser, f"{address}/script.html", folder / "profile")
        match = re.search(r'<pre id="told">(.*?)</pre>', shown)
        assert match is not None, shown
        return html.unescape(match[1])

    assert told().startswith("failed: "), "nobody has allowed it yet"
    rule = {
        "AllowedOrigins": [address],
        "AllowedMethods": ["GET", "PUT"],
        "AllowedHeaders": ["*"],
        "ExposeHeaders": ["ETag"],
    }
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})
    status, etag, got, text = told().split("|")
    assert (status, got, text) == ("200", "200", "from a page")
    assert etag == s3.head_object(Bucket=bucket, Key="k")["ETag"]
