"""The page of a fleet in a real browser: whole without its script, searchable with it, and nobody else's program."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from shutil import which

import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from scratchify.report.document import FileReport, Note, Sizes
from scratchify.report.formats import in_format
from tests.test_report import REFUSED, REWRITTEN, UNCHANGED, report_of
from tests.test_report_formats import EVIL

pytestmark = pytest.mark.chromium

CHANGED, KEPT, REFUSED_ONE = (report_of(outcome) for outcome in (REWRITTEN, UNCHANGED, REFUSED))

FLEET = [
    replace(KEPT, path="web/Dockerfile"),
    replace(REFUSED_ONE, path="one/Dockerfile"),
    replace(CHANGED, path="api/Dockerfile", sizes=Sizes(907_000_000, 9_070_000)),
    replace(REFUSED_ONE, path="two/Dockerfile", reasons=REFUSED_ONE.reasons[:1]),
    replace(CHANGED, path="job/Dockerfile", sizes=Sizes(453_500_000, 4_000_000)),
    replace(CHANGED, path="new/Dockerfile"),
]


@contextmanager
def browser(*, script: bool = True, dark: bool = False, width: int = 1200) -> Iterator[Chrome]:
    options = ChromeOptions()
    options.binary_location = which("chromium") or ""
    # root may not have the sandbox, and a container not the memory
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--hide-scrollbars"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    if not script:
        options.add_experimental_option("prefs", {"profile.managed_default_content_settings.javascript": 2})
    driver = Chrome(options=options, service=Service(which("chromedriver") or ""))
    try:
        screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        if dark:
            features = [{"name": "prefers-color-scheme", "value": "dark"}]
            driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        yield driver
    finally:
        driver.quit()


def opened(driver: Chrome, folder: Path, reports: Sequence[FileReport], at: str = "") -> None:
    page = folder / "fleet.html"
    page.write_bytes(in_format(reports, "html"))
    driver.get(f"{page.as_uri()}{at}")


def all_of(driver: Chrome, selector: str) -> list[WebElement]:
    return driver.find_elements(By.CSS_SELECTOR, selector)


def shown_paths(driver: Chrome) -> list[str]:
    return [one.text for one in all_of(driver, ".file .path") if one.is_displayed()]


def complaints(driver: Chrome) -> list[str]:
    return [entry["message"] for entry in driver.get_log("browser")]  # type: ignore[no-untyped-call]  # selenium's own


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chrome]:
    with browser() as driver:
        yield driver


def test_the_fleet_is_counted(chromium: Chrome, tmp_path: Path) -> None:
    opened(chromium, tmp_path, FLEET)
    assert chromium.find_element(By.TAG_NAME, "h1").text == "3 of 6 Dockerfiles can be converted"
    assert [one.text for one in all_of(chromium, ".legend li")] == [
        "3 can be converted",
        "2 refused",
        "0 cannot be read",
        "1 nothing to do",
    ]
    widths = [one.rect["width"] for one in all_of(chromium, ".share rect")]
    assert widths[0] == pytest.approx(3 * widths[3], rel=0.01)
    assert complaints(chromium) == []


def test_sizes_are_bars_to_one_scale(chromium: Chrome, tmp_path: Path) -> None:
    opened(chromium, tmp_path, FLEET)
    rows = [" ".join(row.text.split()) for row in all_of(chromium, ".sizes tbody tr")]
    assert rows == ["api/Dockerfile 907.0 MB 9.1 MB", "job/Dockerfile 453.5 MB 4.0 MB"]
    first, second = (one.rect["width"] for one in all_of(chromium, "rect.before"))
    assert first == pytest.approx(2 * second, rel=0.01)
    after = all_of(chromium, "rect.after")[0].rect["width"]
    assert after == pytest.approx(first / 100, rel=0.1)


def test_without_sizes_there_are_no_bars(chromium: Chrome, tmp_path: Path) -> None:
    opened(chromium, tmp_path, FLEET[:2])
    assert not all_of(chromium, ".sizes")


def test_reasons_are_ranked(chromium: Chrome, tmp_path: Path) -> None:
    opened(chromium, tmp_path, FLEET)
    ranking = [one.text.split("\n") for one in all_of(chromium, ".ranking > li")]
    assert [(lines[0], lines[1]) for lines in ranking] == [("cgo", "2"), ("shell", "1")]
    assert len(ranking[0]) == 4


def test_a_file_opens_with_its_diff_and_evidence(chromium: Chrome, tmp_path: Path) -> None:
    opened(chromium, tmp_path, FLEET)
    file = next(one for one in all_of(chromium, ".file") if "api/" in one.text)
    assert not file.find_element(By.CLASS_NAME, "diff").is_displayed()
    file.find_element(By.TAG_NAME, "summary").send_keys(Keys.ENTER)
    assert file.find_element(By.CLASS_NAME, "diff").is_displayed()
    added = [one.text for one in file.find_elements(By.CSS_SELECTOR, ".diff .come")]
    assert "+FROM golang:1.22 AS build" in added
    assert "cmd/api/main.go:41 modules x/y opens no files" in file.text
    assert "api/Dockerfile:4 binary go build makes main" in file.text


def test_the_list_can_be_searched(chromium: Chrome, tmp_path: Path) -> None:
    opened(chromium, tmp_path, FLEET)
    assert len(shown_paths(chromium)) == 6
    chromium.find_element(By.ID, "words").send_keys("Scratch J")
    assert shown_paths(chromium) == ["job/Dockerfile"]
    assert chromium.find_element(By.ID, "shown").text == "1 shown"
    chromium.find_element(By.ID, "words").send_keys("nothing of the kind")
    assert chromium.find_element(By.ID, "none").is_displayed()
    chromium.find_element(By.ID, "words").send_keys(Keys.CONTROL, "a")
    chromium.find_element(By.ID, "words").send_keys("cgo")
    assert shown_paths(chromium) == ["one/Dockerfile", "two/Dockerfile"]


def test_verdicts_can_be_left_out(chromium: Chrome, tmp_path: Path) -> None:
    opened(chromium, tmp_path, FLEET)
    chromium.find_element(By.CSS_SELECTOR, "input[value=rewritten]").click()
    assert shown_paths(chromium) == ["one/Dockerfile", "two/Dockerfile", "web/Dockerfile"]


def test_a_link_opens_what_it_leads_to(chromium: Chrome, tmp_path: Path) -> None:
    opened(chromium, tmp_path, FLEET)
    all_of(chromium, ".ranking a")[0].click()
    (file,) = all_of(chromium, ".file[open]")
    assert file.find_element(By.CLASS_NAME, "path").text == "one/Dockerfile"


def test_what_files_hold_is_text(chromium: Chrome, tmp_path: Path) -> None:
    notes = tuple(Note("cgo", text or "-", text or "-", 1) for text in EVIL)
    evil = [replace(REFUSED_ONE, path=f"{text}/Dockerfile", reasons=notes) for text in EVIL] + [
        replace(CHANGED, path="a", assumptions=notes, decisions=notes, diff="".join(f"+{text}\n" for text in EVIL))
    ]
    opened(chromium, tmp_path, evil)
    assert complaints(chromium) == []
    assert not all_of(chromium, "img, iframe, object")
    assert len(all_of(chromium, "script")) == 1
    assert any("<script>alert(1)</script>" in path for path in shown_paths(chromium))


def test_no_other_script_runs_even_if_one_gets_in(chromium: Chrome, tmp_path: Path) -> None:
    page = tmp_path / "fleet.html"
    text = in_format(FLEET, "html").decode()
    page.write_text(text.replace("</main>", "</main><script>document.title = 'mine'</script>"), "utf-8")
    chromium.get(page.as_uri())
    assert "scratchify" in chromium.title
    assert any("Content Security Policy" in line for line in complaints(chromium))


def test_nothing_is_fetched() -> None:
    text = in_format(FLEET, "html").decode()
    assert not re.search(r"(?:src|href)=\"(?!#)|url\(|@import", text)


def test_a_narrow_screen_needs_no_sideways_scrolling(chromium: Chrome, tmp_path: Path) -> None:
    screen = {"width": 360, "height": 700, "deviceScaleFactor": 1, "mobile": False}
    chromium.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    try:
        opened(chromium, tmp_path, FLEET, "#file-1")
        assert chromium.execute_script("return document.documentElement.scrollWidth") <= 360
    finally:
        chromium.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen | {"width": 1200})


def test_the_dark_are_served_as_well(chromium: Chrome, tmp_path: Path) -> None:
    opened(chromium, tmp_path, FLEET)
    light = chromium.find_element(By.TAG_NAME, "body").value_of_css_property("background-color")
    with browser(dark=True) as driver:
        opened(driver, tmp_path, FLEET)
        assert driver.find_element(By.TAG_NAME, "body").value_of_css_property("background-color") != light


def test_without_a_script_the_page_is_whole(tmp_path: Path) -> None:
    with browser(script=False) as driver:
        opened(driver, tmp_path, FLEET)
        assert len(shown_paths(driver)) == 6
        assert not driver.find_element(By.ID, "filter").is_displayed()
        all_of(driver, ".file summary")[0].click()
        assert all_of(driver, ".file[open]")


def test_a_thousand_files_are_one_page(chromium: Chrome, tmp_path: Path) -> None:
    many = [replace(CHANGED, path=f"service-{number}/Dockerfile") for number in range(1000)]
    opened(chromium, tmp_path, many)
    chromium.find_element(By.ID, "words").send_keys("service-999")
    assert shown_paths(chromium) == ["service-999/Dockerfile"]
