"""Everyday tools on S3, unchanged: aws s3 cp and sync, s3cmd, s3fs (fsspec)."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import uuid
import venv
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.conftest import ACCESS_KEY, REGION, SECRET_KEY

AWS = Path(sys.executable).with_name("aws")
S3CMD = Path(sys.executable).with_name("s3cmd")
COMMAND_S_MAX = 120
INSTALL_S_MAX = 300
S3FS = "s3fs==2026.9.0"
CACHE = Path(__file__).resolve().parents[2] / ".cache"


@pytest.fixture
def bucket(make_client: Callable[..., Any], target: str) -> str:
    if target != "jedlik":
        pytest.skip("leaves a bucket behind")
    name = f"jedlik-test-{uuid.uuid4().hex}"
    make_client("s3").create_bucket(Bucket=name)
    return name


@pytest.fixture
def environment(endpoint: str | None) -> dict[str, str]:
    return os.environ | {
        "AWS_ENDPOINT_URL": str(endpoint),
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_MAX_ATTEMPTS": "1",
    }


@pytest.fixture
def run(environment: dict[str, str]) -> Callable[..., str]:
    """run("aws", "s3", …): the command's output; raises for a failure."""

    def run(*arguments: str | Path) -> str:
        done = subprocess.run(
            [str(each) for each in arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=COMMAND_S_MAX,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A folder with odd names, an empty file, and one large enough to go in parts."""
    folder = tmp_path / "tree"
    files = {
        "a.txt": b"hello",
        "sub/b c+d.txt": b"x" * 1000,
        "sub/deep/käse.txt": "käse".encode(),
        "empty": b"",
        "large": hashlib.sha256(b"large").digest() * (9 * 32768),
    }
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file()
    }


def test_aws_s3(run: Callable[..., str], bucket: str, tree: Path, tmp_path: Path) -> None:
    there, back = f"s3://{bucket}/tree", tmp_path / "back"
    run(AWS, "s3", "cp", tree / "large", f"s3://{bucket}/large")
    run(AWS, "s3", "sync", tree, there)
    assert "b c+d.txt" in run(AWS, "s3", "ls", f"{there}/", "--recursive")
    assert run(AWS, "s3", "sync", tree, there) == ""  # nothing is left to do
    run(AWS, "s3", "sync", there, back)
    assert contents(back) == contents(tree)
    (tree / "a.txt").unlink()
    run(AWS, "s3", "sync", tree, there, "--delete")
    assert "a.txt" not in run(AWS, "s3", "ls", f"{there}/")
    run(AWS, "s3", "mv", f"s3://{bucket}/large", f"s3://{bucket}/moved")
    url = run(AWS, "s3", "presign", f"s3://{bucket}/moved").strip()
    assert url.startswith("http")
    run(AWS, "s3", "rm", f"s3://{bucket}", "--recursive")
    run(AWS, "s3", "rb", f"s3://{bucket}")


def test_s3cmd(
    run: Callable[..., str], bucket: str, tree: Path, tmp_path: Path, endpoint: str | None
) -> None:
    host = urlsplit(str(endpoint)).netloc
    settings = tmp_path / "s3cfg"
    settings.write_text(
        f"[default]\naccess_key = {ACCESS_KEY}\nsecret_key = {SECRET_KEY}\nhost_base = {host}\n"
        f"host_bucket = {host}\nuse_https = False\nmultipart_chunk_size_mb = 5\n"
    )

    def s3cmd(*arguments: str | Path) -> str:
        return run(S3CMD, "-c", settings, *arguments)

    there, back = f"s3://{bucket}/tree/", tmp_path / "back"
    s3cmd("mb", f"s3://{bucket}-2")
    s3cmd("sync", f"{tree}/", there)
    assert "b c+d.txt" in s3cmd("ls", "--recursive", there)
    back.mkdir()
    s3cmd("sync", there, f"{back}/")
    assert contents(back) == contents(tree)
    s3cmd("cp", f"{there}a.txt", f"s3://{bucket}-2/a.txt")
    assert "MD5 sum" in s3cmd("info", f"s3://{bucket}-2/a.txt")
    s3cmd("del", "--recursive", "--force", f"s3://{bucket}-2")
    s3cmd("rb", f"s3://{bucket}-2")


@pytest.fixture(scope="session")
def s3fs_python() -> Path:
    """Its aiobotocore wants another botocore than we pin, hence a Python of its own."""
    folder = CACHE / S3FS.replace("==", "-")
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        venv.create(folder, with_pip=True, clear=True)
        done = subprocess.run(
            [python, "-m", "pip", "install", "--quiet", S3FS],
            capture_output=True,
            text=True,
            timeout=INSTALL_S_MAX,
        )
        if done.returncode:
            pytest.skip(f"{S3FS} is not to be had here")
        (folder / "ready").touch()
    return python


def test_s3fs(run: Callable[..., str], s3fs_python: Path, bucket: str, tree: Path) -> None:
    program = Path(__file__).with_name("s3fs_story.py")
    assert run(s3fs_python, program, bucket, tree).strip() == "told"
