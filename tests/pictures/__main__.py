"""Take pictures of every page and state: ``python -m tests.pictures [FOLDER]``.

Each in light, in the dark and on a telephone; the pages of the sync without scripts too.
The folder is emptied of pictures first, so that none of a page that is gone stays.
"""

import argparse
from pathlib import Path

import click
from playwright.sync_api import sync_playwright

from tests.browser.chromium import HOW_TO_GET_ONE, LAUNCH_ARGUMENTS, find_chromium
from tests.pictures.calendar_tour import tour_account, tour_calendar, tour_login, tour_tickets
from tests.pictures.camera import Camera
from tests.pictures.stage import set_stage
from tests.pictures.sync_tour import (
    tour_connecting,
    tour_listing,
    tour_unscripted,
    tour_wizard,
)
from tests.pictures.trouble_tour import tour_settings, tour_syncs, tour_waiting

TOURS = (
    tour_login,
    tour_calendar,
    tour_tickets,
    tour_account,
    tour_connecting,
    tour_wizard,
    tour_listing,
)
#: After those without scripts, as these leave little as it was.
TROUBLE_TOURS = (tour_settings, tour_syncs, tour_waiting)


def main() -> int:
    """Take them all and say how many there are; 1 where there is no browser."""
    parser = argparse.ArgumentParser(prog="python -m tests.pictures")
    parser.add_argument("folder", type=Path, nargs="?", default=Path("docs/screenshots"))
    folder: Path = parser.parse_args().folder
    chromium = find_chromium()
    if chromium is None:
        click.echo(HOW_TO_GET_ONE)
        return 1
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.webp"):
        old.unlink()
    camera = Camera(folder)
    with sync_playwright() as playwright, set_stage() as stage:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            # Fields of dates are in the browser's own language, where it has that one.
            args=[*LAUNCH_ARGUMENTS, "--lang=en-GB"],
        )
        page = browser.new_context(locale="en-GB").new_page()
        for tour in TOURS:
            tour(page, stage, camera)
        context = browser.new_context(locale="en-GB", java_script_enabled=False)
        tour_unscripted(context.new_page(), stage, camera)
        for tour in TROUBLE_TOURS:
            tour(page, stage, camera)
        browser.close()
    size = sum(each.stat().st_size for each in folder.glob("*.webp"))
    click.echo(f"{len(camera.taken)} pictures, {size // 1024} kB, in {folder}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
