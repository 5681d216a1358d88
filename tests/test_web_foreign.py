"""A page of another origin tries to take the server over: in a real headless Chromium."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from rag.web.page import launch, mount
from tests.scripted_endpoint import ScriptedEndpoint
from tests.serving import serving
from tests.webpage import SAYS, TARIFF, answered, ask, settled

pytest_plugins = ("tests.webpage",)
pytestmark = pytest.mark.browser

ATTACK = """async ([target, apply, document_, thief]) => {
  const got = {};
  const patience = () => AbortSignal.timeout(4000);
  const attempt = async (name, path, given) => {
    try {
      const response = await fetch(target + path, {signal: patience(), ...given});
      if (response.type === 'opaque') return;  // sent, and not to be read: the test looks inside
      const reader = response.body && response.body.getReader();
      const first = reader ? await reader.read() : {value: ''};
      got[name] = response.status + ' ' + new TextDecoder().decode(first.value).slice(0, 80);
      if (reader) reader.cancel();
    } catch (error) { return; }
  };
  const settings = (session) => JSON.stringify({
    data: [thief, 'stolen', ''], fn_index: apply, session_hash: session, trigger_id: null });
  const question = JSON.stringify({question: '谁？'});
  const chat = JSON.stringify({
    model: 'youju', stream: true, messages: [{role: 'user', content: '谁？'}] });
  const kinds = {json: {'Content-Type': 'application/json'}, text: {'Content-Type': 'text/plain'}};
  for (const key of [null, 'Bearer x', 'Basic eDp5', ' ']) {
    const sent = key === null ? {} : {Authorization: key};
    for (const mode of ['cors', 'no-cors']) {
      const at = (what) => `${what} ${key} ${mode}`;
      await attempt(at('page'), '/', {mode, headers: sent});
      await attempt(at('library'), '/api/documents', {mode, headers: sent});
      await attempt(at('config'), '/config', {mode, headers: sent});
      await attempt(at('stream'), '/gradio_api/heartbeat/evil', {mode, headers: sent});
      for (const [kind, type] of Object.entries(kinds)) {
        const post = (body) => ({mode, method: 'POST', headers: {...sent, ...type}, body});
        await attempt(at(`settings ${kind}`), '/gradio_api/queue/join', post(settings('evil')));
        await attempt(at(`search ${kind}`), '/api/search', post(question));
        await attempt(at(`asking ${kind}`), '/api/ask/stream', post(question));
        await attempt(at(`openai ${kind}`), '/v1/chat/completions', post(chat));
      }
    }
    await attempt(`deleting ${key}`, `/api/documents/${document_}`, {
      method: 'DELETE', headers: sent});
  }
  for (const path of ['/gradio_api/heartbeat/evil', '/gradio_api/queue/data?session_hash=evil']) {
    const events = new EventSource(target + path);
    await new Promise((done) => {
      events.onopen = () => { got[`events ${path}`] = 'open'; done(); };
      events.onerror = done;
      setTimeout(done, 4000);
    });
    events.close();
  }
  const form = document.createElement('form');
  const frame = Object.assign(document.createElement('iframe'), {name: 'hidden'});
  Object.assign(form, {
    action: `${target}/gradio_api/queue/join`, method: 'post', enctype: 'text/plain',
    target: 'hidden' });
  const half = settings('form').slice(0, -1);
  form.append(Object.assign(document.createElement('input'), {
    name: `${half}, "x": "`, value: '"}' }));
  document.body.append(frame, form);
  form.submit();
  await new Promise((done) => setTimeout(done, 500));
  return got;
}"""


@contextmanager
def another_site(host, target):
    """A page of another origin, with a link to the target."""

    class Site(BaseHTTPRequestHandler):
        def do_GET(self):
            body = f'<!doctype html><title>x</title><a id="there" href="{target}">x</a>'.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            return

    with ThreadingHTTPServer((host, 0), Site) as site:
        site.daemon_threads = True
        threading.Thread(target=site.serve_forever, daemon=True).start()
        yield f"http://{host}:{site.server_address[1]}/"
        site.shutdown()


@contextmanager
def served_by(kind, host, youju):
    if kind == "serve":
        with serving(youju, host=host, mount_page=mount) as url:
            yield url
    else:
        page, url = launch(youju, host=host, port=0)
        yield url.rstrip("/")
        page.close()


def apply_of(url):
    """The number of what Gradio calls when the model's settings are applied."""
    config = httpx.get(f"{url}/config", timeout=30).json()
    (button,) = [c["id"] for c in config["components"] if c["props"].get("elem_id") == "apply"]
    (number,) = [d["id"] for d in config["dependencies"] if [button, "click"] in d["targets"]]
    return number


@pytest.fixture
def thief():
    with ScriptedEndpoint().running() as thief:
        yield thief


@pytest.mark.parametrize(
    ("kind", "host", "theirs"),
    [
        ("serve", "127.0.0.1", "127.0.0.1"),  # another port
        ("chat", "127.0.0.1", "127.0.0.3"),  # another site
        ("serve", "127.0.0.2", "127.0.0.3"),
        ("chat", "127.0.0.2", "127.0.0.1"),
    ],
)
def test_a_page_of_another_origin_reads_and_changes_nothing(
    kind, host, theirs, youju, endpoint, thief, browser
):
    endpoint.reply = lambda _: SAYS
    context = browser.new_context(locale="zh-CN")
    with served_by(kind, host, youju) as url, another_site(theirs, url) as evil:
        tab = context.new_page()
        tab.goto(evil)
        document = youju.documents()[0].id
        got = tab.evaluate(ATTACK, [url, apply_of(url), document, thief.url])
        assert got == {}
        assert len(youju.documents()) == 5

        # Its link opens the page all the same, and what answers there is what did before.
        tab.locator("#there").click()
        settled(tab)
        ask(tab, TARIFF)
        answered(tab)
        assert tab.locator(".took").first.inner_text().endswith("scripted")
        assert thief.prompts == []
        assert thief.keys == []
    context.close()
