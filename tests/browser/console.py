"""What a page complained about while a test used it."""

from playwright.sync_api import BrowserContext, ConsoleMessage, Error, Page

#: Chromium logs each refused form as a failed load; a refusal with its form is what we want.
ALWAYS_ALLOWED = "the server responded with a status of 422"

#: Not every violation reaches the console as an error by itself.
REPORT_VIOLATIONS = """
document.addEventListener('securitypolicyviolation', event => console.error(
    'Content security policy broken: ' + event.violatedDirective + ' by ' + event.blockedURI));
"""


class Console:
    """Collects errors and content security policy violations of every page of a context."""

    def __init__(self) -> None:
        self._complaints: list[str] = []
        self._allowed = [ALWAYS_ALLOWED]
        self._is_listening = True

    def watch(self, context: BrowserContext) -> None:
        """Listen to all pages that the context opens from now on."""
        context.add_init_script(REPORT_VIOLATIONS)
        context.on("page", self._watch_page)

    def stop_listening(self) -> None:
        """Hear nothing more: the server goes, and what a page still loads fails."""
        self._is_listening = False

    def allow(self, text: str) -> None:
        """Expect complaints that contain ``text``."""
        self._allowed.append(text)

    @property
    def complaints(self) -> list[str]:
        """Everything heard that nobody allowed."""
        return [
            complaint
            for complaint in self._complaints
            if not any(text in complaint for text in self._allowed)
        ]

    def _watch_page(self, page: Page) -> None:
        page.on("console", self._note_message)
        page.on("pageerror", self._note_error)

    def _note_message(self, message: ConsoleMessage) -> None:
        if message.type == "error" and self._is_listening:
            self._complaints.append(f"{message.text} ({message.location.get('url', '')})")

    def _note_error(self, error: Error) -> None:
        if self._is_listening:
            self._complaints.append(f"Uncaught: {error.message}")
