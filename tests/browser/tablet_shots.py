"""Every step of a check on the tablet, in both languages and two sizes: pictures of it, and what is wrong with it.

`TABLET_SHOTS=folder pytest tests/browser/test_tablet_check_screens.py` writes the pictures; `walk` can be called with any
page that `tablet_checks.ready` made.
"""

import os
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.tablet_checks import Inspector, camera_shot

SIZES = ((360, 640), (800, 1280))
LANGUAGES = ("zh", "en")
FAULTS = """
() => {
  const found = [];
  const least = 47.5;
  const inSight = (one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && one.getBoundingClientRect().width > 1;
  const controls = "button, input:not([type=file]), select, textarea, summary, a[href], [role=radio], canvas[tabindex]";
  const naming = (one) => one.getAttribute("aria-label") || one.labels?.[0]?.textContent || one.textContent.trim()
    || (one.getAttribute("aria-labelledby") && document.getElementById(one.getAttribute("aria-labelledby"))?.textContent);
  for (const one of document.querySelectorAll(controls)) {
    if (!inSight(one)) continue;
    const { width, height } = one.getBoundingClientRect();
    const who = `${one.tagName.toLowerCase()}#${one.id}.${one.className} "${(naming(one) || "").slice(0, 30)}"`;
    if (width < least || height < least) found.push(`small: ${who} ${Math.round(width)}x${Math.round(height)}`);
    if (!naming(one)) found.push(`unnamed: ${who}`);
  }
  const over = document.documentElement.scrollWidth - innerWidth;
  if (over > 0) {
    const wide = [...document.querySelectorAll("main *")].filter((one) => one.getBoundingClientRect().right > innerWidth + 1).slice(-1)[0];
    found.push(`scrolls sideways by ${over}: ${wide?.className}`);
  }
  const rgb = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number);
  const light = (colour) => colour.slice(0, 3).map((part) => part / 255).map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
  const ground = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.backgroundImage !== "none") return null;
      const colour = rgb(style.backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  for (const one of document.querySelectorAll("main *, #toasts *, #top *")) {
    const says = [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!says || !inSight(one) || one.closest(".unseen") || one.closest(".plate, [class*=plate-]")) continue;
    const back = ground(one);
    if (!back) continue;
    const [high, low] = [light(rgb(getComputedStyle(one).color)), light(back)].sort((a, b) => b - a);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < 6.99) found.push(`contrast ${ratio.toFixed(2)}: ${one.className} "${one.textContent.slice(0, 30)}"`);
    const size = parseFloat(getComputedStyle(one).fontSize);
    if (size < 15.5) found.push(`text of ${size} px: ${one.className} "${one.textContent.slice(0, 30)}"`);
  }
  const heading = document.activeElement;
  if (!heading || heading === document.body) found.push("nothing has the focus");
  return found;
}
"""


def folder() -> Path | None:
    """Where pictures go, if anywhere."""
    named = os.environ.get("TABLET_SHOTS")
    return Path(named) if named else None


def looker(inspector: Inspector, label: str, faults: list[str]) -> Callable[[str], None]:
    """`look("known")`: note what is wrong with the screen, and take its picture where that is asked for."""
    page, target = inspector.page, folder()

    def look(name: str) -> None:
        page.wait_for_timeout(150)
        faults.extend(f"{name}: {fault}" for fault in page.evaluate(FAULTS))
        if target:
            target.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=target / f"{name}-{label}.png")
            page.screenshot(path=target / f"{name}-{label}-full.png", full_page=True)

    return look


def walk(inspector: Inspector, label: str) -> list[str]:
    """From home to done: a truck over the limit, then a machine and a stranger as far as what is known; the faults."""
    faults: list[str] = []
    look = looker(inspector, label, faults)
    page = inspector.page
    look("home")
    inspector.begin()
    look("identify")
    inspector.plate("JC0", "辽NJC001")
    look("known")
    inspector.tap("#by-hand")
    look("known-by-hand")
    page.fill("#place-text", "喀喇沁左翼蒙古族自治县大城子镇与建平县叶柏寿街道交界处国道101线收费站出口匝道北侧停车带")
    inspector.tap("#use-place")
    inspector.next("checklist")
    look("checklist")
    inspector.tap(page.locator(".point").nth(1))
    look("checklist-turned")
    inspector.next("readings")
    look("readings")
    inspector.method("free_acceleration")
    look("readings-method")
    inspector.tap('input[data-field="peaks"] >> nth=0')
    for key in (*"101", "next"):
        inspector.tap(f'.key[data-key="{key}"]')
    look("readings-pad-fault")
    inspector.tap('input[data-field="peaks"] >> nth=0')
    for key in ("back", "back", "back", *"2.95", "next", *"2.9", "next", *"3.1"):
        inspector.tap(f'.key[data-key="{key}"]')
    expect(page.locator(".judged")).to_be_visible()
    look("readings-pad-judged")
    inspector.tap('.key[data-key="close"]')
    look("readings-judged")
    for other in ("obd_check", "device_check", "urea_check", "fuel_sample", "lug_down"):
        inspector.method(other)
        look(f"readings-{other}")
    inspector.method("free_acceleration")
    inspector.weather()
    inspector.next("photos")
    look("photos-wanted")
    page.locator("#gallery-file").set_input_files({"name": "a.jpg", "mimeType": "image/jpeg", "buffer": camera_shot()})
    expect(page.locator(".shot")).to_have_count(1)
    look("photos")
    inspector.next("officers")
    look("officers-alone")
    inspector.tap(page.get_by_role("button", name="李卫东"))
    look("officers")
    inspector.next("party")
    page.fill("#party-name", "欧阳志远")
    look("party")
    inspector.sign()
    look("party-signed")
    inspector.next("notice")
    look("notice")
    inspector.next("review")
    look("review")
    inspector.tap("#finish")
    inspector.step("done")
    look("done")
    return faults
