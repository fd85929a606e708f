"""What a hand does with a mouse."""

from playwright.sync_api import Locator, Page

Point = tuple[float, float]


def middle(place: Locator) -> Point:
    """Return the middle of what is shown."""
    box = place.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page: Page, start: Point, end: Point) -> None:
    """Press at one point, go to the other and let go."""
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(start[0] + 4, start[1] + 8)
    page.mouse.move(*end, steps=4)
    page.mouse.up()


def drag_block(page: Page, block: Locator, slot: Locator) -> None:
    """Drag an entry of hours so that it begins in a slot, wherever it is held."""
    x, y = middle(block)
    box = block.bounding_box()
    assert box
    to_x, to_y = middle(slot)
    drag(page, (x, y), (to_x, to_y + y - box["y"]))
