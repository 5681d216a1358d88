"""A tour of the page in nine pictures: ``python -m tests.tour [FOLDER]`` (default: docs/tour)."""

from __future__ import annotations

import shutil
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image
from playwright.sync_api import sync_playwright

from rag.build import Youju
from rag.settings import Settings
from rag.web.page import launch
from tests.scripted_endpoint import KEY, ScriptedEndpoint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parent.parent
TARIFF = "中方把美国输华产品关税最高加到了多少？"
HOTEL = "王毅访美期间住在哪家酒店？"
SIDES = "青岩县的暴雨造成多少人失踪？"
ALL = "哪些文章提到王毅？"
DESKTOP, PHONE = {"width": 1360, "height": 850}, {"width": 390, "height": 800}


def two_papers(folder: Path) -> None:
    """Write two made-up notices that do not say the same: the seeds agree with one another."""
    for outlet, date, lost in (("甲日报", "2025-03-02", 8), ("乙晚报", "2025-03-03", 23)):
        head = f"---\ntitle: 青岩县暴雨灾情\noutlet: {outlet}\ndate: {date}\n---\n\n"
        body = f"青岩县三月一日遭遇暴雨，多个乡镇停电。青岩县的暴雨造成{lost}人失踪。\n"
        (folder / f"{outlet}.md").write_text(head + body, "utf-8")


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


def take_tour(
    browser: Browser, address: str, quoting: str, endpoint: ScriptedEndpoint, folder: Path
) -> None:
    """Take the nine pictures; ``quoting`` is a page that has no language model."""
    with a_tab(browser, address) as tab:
        shoot(tab, folder / "1-empty.png")
        endpoint.pause = 0.6
        ask(tab, TARIFF)
        tab.locator("#live .draft", has_text="125%").wait_for()
        shoot(tab, folder / "2-writing.png")
        endpoint.pause = 0.0
        tab.locator("#history a.chip").first.wait_for()
        tab.locator("#history a.chip").first.hover()
        shoot(tab, folder / "3-answer.png")
        tab.locator("#history a.chip").first.click()
        tab.locator("#pane mark.cited").first.wait_for()
        shoot(tab, folder / "4-source.png")
    of_quotations(browser, quoting, folder)
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


def of_quotations(browser: Browser, quoting: str, folder: Path) -> None:
    """Take those of a page that has no language model."""
    with a_tab(browser, quoting) as tab:
        papers = folder / "papers"
        papers.mkdir(exist_ok=True)
        two_papers(papers)
        tab.locator("#pick-folder").set_input_files(papers)
        tab.locator("#jobs .job.done").wait_for()
        tab.locator("#jobs [data-act=dismiss]").click()
        shutil.rmtree(papers)
        ask(tab, SIDES)
        tab.locator("#history .sides").wait_for()
        tab.locator("#history .side .why").last.hover()
        shoot(tab, folder / "5-sides.png")
    with a_tab(browser, quoting) as tab:
        ask(tab, ALL)
        tab.locator("#history ul.said li a.chip").first.wait_for()
        tab.locator("#history ul.said li a.chip").first.hover()
        shoot(tab, folder / "9-all.png")


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
            else "中方将美国输华产品关税加至125%。中方对七类中重稀土相关物项实施出口管制。"
        )

    endpoint.reply = reply
    with tempfile.TemporaryDirectory() as scratch, endpoint.running():
        settings = Settings(
            home=Path(scratch) / "home", base_url=endpoint.url, api_key=KEY, model="scripted"
        )
        alone = Settings(home=Path(scratch) / "alone", local_model="none")
        with Youju(settings) as youju, Youju(alone) as quoter:
            for one in (youju, quoter):
                one.fill_from_seeds()
                one.search(TARIFF)  # what answers is loaded
            page, address = launch(youju, host="127.0.0.1", port=0)
            other, quoting = launch(quoter, host="127.0.0.1", port=0)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
                )
                take_tour(browser, address, quoting, endpoint, folder)
                browser.close()
            page.close()
            other.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "tour")
