"""The way to the caught mail of a development stack."""

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from console.visit import Console, render


def routes(console: Console) -> APIRouter:
    """Make `/mail`, which leads to the notifier's page."""
    router = APIRouter()

    @router.get("/mail")
    async def go() -> Response:
        if console.settings.development and console.settings.notifier_url:
            return RedirectResponse(console.settings.notifier_url + "/mail", 303)
        reason = "Mail is only caught on a development stack; here it has gone to people."
        return render(console, "refused.html", status=404, reason=reason, code=404)

    return router
