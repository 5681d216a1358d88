"""Two replicas of `youju serve` over one home, Chroma behind a proxy: as processes."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import openai
import pytest
import yaml

from rag.errors import StoreError
from rag.settings import Settings
from tests.scripted_endpoint import KEY
from vectorstore.chroma import ChromaIndex

TARIFF = "中方把美国输华产品关税最高加到了多少？"
REPLY = "中方将美国输华产品关税最高加至125%。[1]"
CHROMA = Path(sys.executable).with_name("chroma")
TOKEN = "long-secret"
ROOT = Path(__file__).parent.parent


def free_port():
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def answers(url, seconds=180):
    end = time.monotonic() + seconds
    while True:
        try:
            if httpx.get(url).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        assert time.monotonic() < end, f"{url} does not answer"
        time.sleep(0.1)


@contextmanager
def process(args, **environ):
    """A child of ours; ended at the end."""
    kept = {k: v for k, v in os.environ.items() if k in {"PATH", "HOME", "YOUJU_CACHE"}}
    child = subprocess.Popen(
        [str(a) for a in args],
        env={**kept, "PYTHONPATH": str(Path(__file__).parent.parent), **environ},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


@pytest.fixture
def chroma(tmp_path):
    port = free_port()
    args = [CHROMA, "run", "--path", tmp_path / "chroma", "--port", port, "--host", "127.0.0.1"]
    with process(args):
        answers(f"http://127.0.0.1:{port}/api/v2/heartbeat")
        with authenticating_proxy(f"http://127.0.0.1:{port}") as url:
            yield url


@contextmanager
def authenticating_proxy(server):
    """As deploy/chroma-proxy.conf makes nginx: it asks for a token, which goes no further."""
    client = httpx.Client(base_url=server, timeout=60)

    class Proxy(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def pass_on(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.headers["Authorization"] != f"Bearer {TOKEN}":
                return self.send_error(401)
            kind = {"Content-Type": self.headers.get("Content-Type", "application/json")}
            got = client.request(self.command, self.path, content=body, headers=kind)
            self.send_response(got.status_code)
            self.send_header("Content-Type", got.headers.get("Content-Type", "application/json"))
            self.send_header("Content-Length", str(len(got.content)))
            self.end_headers()
            self.wfile.write(got.content)
            return None

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = pass_on  # noqa: N815

        def log_message(self, *_):
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as proxy:
        proxy.daemon_threads = True
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{proxy.server_address[1]}"
        proxy.shutdown()
    client.close()


@contextmanager
def serve(home, endpoint, **environ):
    """`youju serve` as a process: its address, and the process."""
    port = free_port()
    command = [sys.executable, "-m", "rag.cli", "serve", "--home", home, "--no-page"]
    environ |= {
        "OPENAI_BASE_URL": endpoint.url,
        "OPENAI_API_KEY": KEY,
        "YOUJU_MODEL": "scripted",
        "YOUJU_PORT": str(port),
    }
    with process(command, **environ) as child:
        yield f"http://127.0.0.1:{port}", child


def test_chromas_proxy_is_sent_its_token():
    asked = []

    class Proxy(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.headers["Authorization"])
            self.send_error(401)

        def log_message(self, *_):
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as proxy:
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{proxy.server_address[1]}"
        for token in (TOKEN, ""):
            with pytest.raises(StoreError):
                ChromaIndex.server(url, "x", token)
        proxy.shutdown()
    assert asked[0] == f"Bearer {TOKEN}"
    assert asked[-1] is None


def stream(url):
    client = openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0, timeout=60)
    messages = [{"role": "user", "content": TARIFF}]
    return client.chat.completions.create(model="youju", messages=messages, stream=True)


def text_of(chunks):
    return "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)


def test_two_replicas_share_a_home_and_one_that_dies_takes_nothing_with_it(
    seed_home, endpoint, chroma
):
    endpoint.reply = lambda prompt: REPLY
    assert httpx.get(f"{chroma}/api/v2/heartbeat").status_code == 401
    known = {"CHROMA_URL": chroma, "CHROMA_TOKEN": TOKEN}
    with (
        serve(seed_home, endpoint, **known) as (first, killed),
        serve(seed_home, endpoint, **known) as (second, _),
    ):
        for url in (first, second):
            answers(f"{url}/readyz")
        assert text_of(stream(first)) == text_of(stream(second))

        # What one adds, the other finds.
        text = "海星科技公司于2026年5月在厦门发布了代号为白鹭的量子芯片，售价为4217元。"
        files = [("files", ("白鹭.txt", text.encode()))]
        sent = httpx.post(f"{first}/api/documents", files=files, timeout=60)
        assert sent.json()["results"][0]["state"] == "added"
        for url in (first, second):
            question = {"question": "白鹭量子芯片的售价"}
            hits = httpx.post(f"{url}/api/search", json=question, timeout=60).json()["hits"]
            assert "4217" in hits[0]["passage"]["text"]

        # One is killed while a client reads: the client is told, and the other answers.
        endpoint.pause = 0.3
        chunks = iter(stream(first))
        read = [next(chunks)]
        killed.kill()
        with pytest.raises((openai.APIError, httpx.RemoteProtocolError), match="closed"):
            read += chunks
        assert not any(c.choices[0].finish_reason for c in read)
        assert text_of(read) == ""
        endpoint.pause = 0.0
        assert "125%" in text_of(stream(second))


def test_a_server_that_is_told_to_stop_says_so_to_who_waits(seed_home, endpoint):
    endpoint.reply = lambda prompt: REPLY
    endpoint.pause = 0.5
    with serve(seed_home, endpoint) as (url, stopped):
        answers(f"{url}/readyz")
        chunks = iter(stream(url))
        read = [next(chunks)]
        stopped.send_signal(signal.SIGTERM)
        with pytest.raises(openai.APIError, match="being stopped; ask again"):
            read += chunks
        assert text_of(read) == ""
        stopped.wait(30)
        log = [json.loads(line) for line in stopped.stderr if line.startswith("{")]
        assert not [line for line in log if line["level"] == "error"]


def test_the_compose_file_names_what_there_is():
    """No container runs here: what the files say of each other, of the settings and of Chroma."""
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
    services = compose["services"]
    settings = {field.alias for field in Settings.model_fields.values()}
    assert set(services["youju"]["environment"]) <= settings
    assert services["youju"]["deploy"]["replicas"] >= 2
    for service in services.values():
        assert set(service.get("depends_on", ())) <= set(services)
        assert set(service["networks"]) <= set(compose["networks"])
        for volume in service.get("volumes", ()):
            name = volume.split(":")[0]
            assert (ROOT / name).is_file() if name.startswith("./") else True, name
    # Chroma is reached by its proxy alone, and is the version that is tested here.
    assert services["chroma"]["networks"] == ["chroma"]
    assert "ports" not in services["chroma"]
    beside = [name for name, service in services.items() if "chroma" in service["networks"]]
    assert sorted(beside) == ["chroma", "chroma-proxy"]
    version = services["chroma"]["image"].split(":")[1]
    assert f"chromadb=={version} " in (ROOT / "requirements.txt").read_text("utf-8")
    proxy = (ROOT / "deploy/chroma-proxy.conf").read_text("utf-8")
    assert '!= "Bearer ${CHROMA_TOKEN}") { return 401; }' in proxy
    port = re.search(r"listen (\d+)", proxy)[1]
    assert services["youju"]["environment"]["CHROMA_URL"] == f"http://chroma-proxy:{port}"
    # The gateway asks at the port that the image listens at.
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    served = re.search(r"YOUJU_PORT=(\d+)", dockerfile)[1]
    assert f"server youju:{served} " in (ROOT / "deploy/gateway.conf").read_text("utf-8")
    for copied in re.findall(r"^COPY (.+) \S+$", dockerfile, re.MULTILINE):
        assert all((ROOT / name).exists() for name in copied.split()), copied
