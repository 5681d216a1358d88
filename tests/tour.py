"""A tour of the page in eight pictures: ``python -m tests.tour [FOLDER]`` (default: docs/tour)."""

from __future__ import annotations

import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image
from playwright.sync_api import sync_playwright

from rag.build import Youju
from rag.model import Answer, Citation, Sentence, Usage
from rag.settings import Settings
from rag.web.page import launch
from tests.scripted_endpoint import KEY, ScriptedEndpoint
from vectorstore.conversations import Conversations, Turn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parent.parent
TARIFF = "中方把美国输华产品关税最高加到了多少？"
HOTEL = "王毅访美期间住在哪家酒店？"
SIDES = "中美关系现在怎么样？"
DESKTOP, PHONE = {"width": 1360, "height": 850}, {"width": 390, "height": 800}


def cite(youju: Youju, marker: int, document: str, words: str) -> Citation:
    """Cite the sentence that begins with ``words``, up to its full stop."""
    d = youju.document(document)
    start = d.text.index(words)
    end = d.text.index("。", start) + 1
    return Citation(
        marker=marker, document_id=d.id, title=d.title, outlet=d.outlet, published=d.published,
        inferred=d.inferred, spans=((start, end),), quote=d.text[start:end],
    )  # fmt: skip


def two_sides(youju: Youju) -> Turn:
    """Two outlets that do not say the same; every quotation stands in the seeds."""
    good = cite(youju, 1, "003", "今年6月以来，中美高层进行了一系列接触")
    more = cite(youju, 2, "003", "美国务卿布林肯、财政部长耶伦")
    bad = cite(youju, 3, "002", "目前，贸易紧张局势已导致中美关系动荡不安")
    calm = cite(youju, 4, "004", "中国政府称这次对话是")
    first, second = "深圳卫视直新闻，2023年10月", "大纪元，2025年6月5日"
    sentences = (
        Sentence(
            text="6月以来双方高层进行了一系列接触。", markers=(1,), support="supported",
            reason="", side=first,
        ),
        Sentence(
            text="官员密集访华，两国关系释放出积极信号。", markers=(2,), support="supported",
            reason="", side=first,
        ),
        Sentence(
            text="贸易紧张局势使两国关系动荡不安。", markers=(3,), support="supported",
            reason="", side=second,
        ),
        Sentence(
            text="中国政府称9月的通话务实、积极，并将推动年内会晤。", markers=(4,),
            support="partial", reason="原文没有提到年内会晤。",
        ),
    )  # fmt: skip
    answer = Answer(
        question=SIDES, understood_as=SIDES, text="".join(s.text for s in sentences),
        outcome="partial", sentences=sentences, citations=(good, more, bad, calm),
        hits=tuple(youju.search("中美关系", 8)), model="scripted",
        usage=Usage(prompt_tokens=612, completion_tokens=58),
        timings={"search": 0.2, "write": 6.4, "check": 0.3}, missing=("2026年3月以后的情况",),
    )  # fmt: skip
    texts = {d.id: youju.document(d.id).sha256 for d in youju.documents()}
    return Turn(question=SIDES, state="done", asked="", answer=answer, texts=texts)


@contextmanager
def a_tab(browser: Browser, address: str, **given: Any) -> Iterator[Page]:
    """Open the page in a browser of its own."""
    context = browser.new_context(
        **{"viewport": DESKTOP, "locale": "zh-CN", "device_scale_factor": 1.5, **given}
    )
    tab = context.new_page()
    tab.set_default_timeout(60_000)
    tab.goto(address)
    tab.locator("#history .conversation").wait_for()
    tab.wait_for_function("document.querySelector('#pane[role]')")
    tab.wait_for_timeout(400)
    yield tab
    context.close()


def ask(tab: Page, question: str) -> None:
    """Ask, and do not wait for the answer."""
    box = tab.locator("#question textarea")
    box.fill(question)
    box.press("Enter")


def shoot(tab: Page, path: Path) -> Path:
    """Take a picture when what moves has come to rest."""
    tab.wait_for_timeout(700)
    tab.screenshot(path=path)
    return path


def take_tour(browser: Browser, address: str, endpoint: ScriptedEndpoint, folder: Path) -> None:
    """Take the eight pictures."""
    with a_tab(browser, address) as tab:
        shoot(tab, folder / "1-empty.png")
        endpoint.pause = 0.6
        ask(tab, TARIFF)
        tab.locator("#live .draft").wait_for()
        shoot(tab, folder / "2-writing.png")
        endpoint.pause = 0.0
        tab.locator("#history a.chip").first.wait_for()
        tab.locator("#history a.chip").first.hover()
        shoot(tab, folder / "3-answer.png")
        tab.locator("#history a.chip").first.click()
        tab.locator("#pane mark.cited").first.wait_for()
        shoot(tab, folder / "4-source.png")
    with a_tab(browser, address) as tab:
        tab.locator("#rail .talk", has_text=SIDES).click()
        tab.locator("#history .sides").wait_for()
        tab.locator("#history .sentence.partial .why").hover()
        shoot(tab, folder / "5-sides.png")
    with a_tab(browser, address, color_scheme="dark") as tab:
        ask(tab, HOTEL)
        tab.locator("#history .badge.none").wait_for()
        shoot(tab, folder / "6-refusal.png")
    with a_tab(browser, address, color_scheme="dark", locale="en-GB") as tab:
        tab.locator("#tab-library").click()
        tab.locator(".shelf").wait_for()
        files = [
            {"name": "memo.md", "mimeType": "text/markdown", "buffer": b"# Memo\n\nOne line."},
            {"name": "damaged.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 cut"},
        ]
        tab.locator("#pick-files").set_input_files(files)  # type: ignore[arg-type]
        tab.locator("#jobs .job.done").wait_for()
        tab.locator(".shelf .title", has_text="Memo").wait_for()
        shoot(tab, folder / "7-library.png")
    with a_tab(browser, address, viewport=PHONE, locale="zh-TW") as tab:
        phone = [shoot(tab, folder / "phone-1.png")]
        tab.locator("[data-act=menu]").click()
        tab.locator("#rail .talk", has_text=TARIFF[:12]).first.click()
        tab.locator("#history a.chip").first.wait_for()
        phone.append(shoot(tab, folder / "phone-2.png"))
        tab.locator("#history a.chip").first.click()
        tab.locator("#pane mark.cited").first.wait_for()
        phone.append(shoot(tab, folder / "phone-3.png"))
    side_by_side(phone, folder / "8-phone.png")
    for path in folder.glob("*.png"):  # a palette: a third of the bytes, no difference to the eye
        picture = Image.open(path).convert("RGB")
        picture.quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)


def side_by_side(paths: list[Path], target: Path) -> None:
    """Put pictures of one height beside each other, and remove them."""
    pictures = [Image.open(path).convert("RGB") for path in paths]
    width = sum(p.width for p in pictures) + 24 * (len(pictures) - 1)
    sheet = Image.new("RGB", (width, pictures[0].height), "#8c8f94")
    for i, picture in enumerate(pictures):
        sheet.paste(picture, (i * (picture.width + 24), 0))
    sheet.save(target)
    for path in paths:
        path.unlink()


def main(folder: Path) -> None:
    """Take the tour over the seeds, with a scripted model."""
    folder.mkdir(parents=True, exist_ok=True)
    endpoint = ScriptedEndpoint()

    def reply(prompt: str) -> str:
        hotel = "酒店" in prompt
        endpoint.judgement = 0.3 if hotel else 0.9
        return (
            "王毅住在希尔顿酒店。"
            if hotel
            else ("中方将美国输华产品关税加至125%。美方更将对华关税升至150%左右。")
        )

    endpoint.reply = reply
    with tempfile.TemporaryDirectory() as scratch, endpoint.running():
        settings = Settings(
            home=Path(scratch) / "home", base_url=endpoint.url, api_key=KEY, model="scripted"
        )
        with Youju(settings) as youju:
            youju.add(ROOT / "seeds")
            kept = Conversations(settings.home / "conversations.db")
            kept.keep("", kept.begin("", SIDES), 0, two_sides(youju))
            page, address = launch(youju, host="127.0.0.1", port=0)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
                )
                take_tour(browser, address, endpoint, folder)
                browser.close()
            page.close()
            kept.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "tour")
