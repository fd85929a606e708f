"""Pages: they parse, call one service, and render."""

from flask import Flask, redirect, url_for
from werkzeug.wrappers import Response

from calsync.config import Settings
from calsync.web import (
    account,
    api_tokens,
    assets,
    auth,
    calendar_files,
    calendar_sync,
    clients,
    errors,
    health,
    hooks,
    i18n,
    items,
    my_calendar,
    runs,
    security,
    sync_logs,
    sync_preview,
    tickets,
    webhooks,
    wizard_settings,
    words,
)


def register_pages(app: Flask, settings: Settings) -> None:
    """Give the application every page, and what all of them share."""
    security.register_security(app, settings)
    i18n.register_languages(app)
    errors.register_errors(app)
    assets.register_assets(app)
    words.register_words(app)
    auth.register_login(app)
    for module in (
        my_calendar,
        items,
        tickets,
        clients,
        calendar_files,
        account,
        api_tokens,
        webhooks,
        calendar_sync,
        runs,
        sync_logs,
        wizard_settings,
        sync_preview,
        health,
        hooks,
    ):
        app.register_blueprint(module.bp)

    @app.get("/")
    def start() -> Response:
        return redirect(url_for("home.start"))
