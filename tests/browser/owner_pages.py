"""What the owner of a mailbox does on the sandbox's pages."""

from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

#: How long the other side may take: it hears of a change within seconds.
SOON = 15_000


@dataclass(frozen=True)
class Mailbox:
    """One mailbox, open in a tab of its own."""

    page: Page
    url: str
    address: str

    def open(self, month: str = "") -> None:
        """Open the mailbox's month, today's if none is named."""
        self.page.goto(f"{self.url}/mailboxes/{self.address}{f'?month={month}' if month else ''}")

    def add(self, title: str, day: str, *, at: str = "10:00", until: str = "11:00") -> None:
        """Add an event to the calendar Work."""
        self.page.goto(f"{self.url}/mailboxes/{self.address}/events/new?day={day}")
        self.page.get_by_label("Title").fill(title)
        self.page.get_by_label("Calendar", exact=True).select_option("Work")
        for label, text in {
            "Starts on": day,
            "At": at,
            "Ends on": day,
            "Until": until,
        }.items():
            self.page.get_by_label(label, exact=True).fill(text)
        self.page.get_by_role("button", name="Save").click()
        expect(self.page.get_by_role("status")).to_be_visible()

    def change(self, title: str, to: str, month: str) -> None:
        """Give an event another title."""
        self._open_event(title, month)
        self.page.get_by_role("link", name="Edit or move").click()
        self.page.get_by_label("Title").fill(to)
        self.page.get_by_role("button", name="Save").click()
        expect(self.page.get_by_role("status")).to_be_visible()

    def delete(self, title: str, month: str) -> None:
        """Delete an event."""
        self._open_event(title, month)
        self.page.get_by_role("button", name="Delete").click()
        expect(self.page.get_by_role("status")).to_be_visible()

    def expect(self, title: str, month: str, *, count: int = 1) -> None:
        """Wait until so many events with a title stand there."""
        self.open(month)
        wait_for(self.page, self._named(title), count)

    def titles(self, month: str) -> list[str]:
        """Return what we sent there, in order."""
        self.open(month)
        sent = self.page.locator(".agenda li li").filter(has_text="From calsync")
        return [text.strip() for text in sent.locator("bdi").all_inner_texts()]

    def _open_event(self, title: str, month: str) -> None:
        self.open(month)
        self._named(title).first.click()
        expect(self.page.get_by_role("heading", name=title)).to_be_visible()

    def _named(self, title: str) -> Locator:
        return self.page.locator(".agenda").get_by_role("link", name=title, exact=True)


def wait_for(page: Page, place: Locator, count: int) -> None:
    """Load a page again and again until a place on it is there so often."""
    for _ in range(SOON // 250):
        if place.count() == count:
            return
        page.wait_for_timeout(250)
        page.reload()
    expect(place).to_have_count(count)
