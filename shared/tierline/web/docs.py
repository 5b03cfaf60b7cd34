"""The API's documentation page, served from this process: it works where no CDN is reachable."""

from importlib.resources import files
from typing import Final

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.responses import HTMLResponse, Response

SCRIPT: Final = "/docs/swagger-ui-bundle.js"
STYLE: Final = "/docs/swagger-ui.css"
ICON: Final = "/docs/favicon.png"
PAGES: Final = ("/docs", SCRIPT, STYLE, ICON)
"""Everything the page needs; it answers without a credential."""

_TYPES = {SCRIPT: "text/javascript", STYLE: "text/css", ICON: "image/png"}
_CACHED = {"Cache-Control": "public, max-age=86400"}


def install_docs(app: FastAPI) -> None:
    """Serve `/docs` of `app`, which must have been made with `docs_url=None`."""
    folder = files("fastapi_offline") / "static"

    async def page() -> HTMLResponse:
        return get_swagger_ui_html(
            openapi_url=str(app.openapi_url),
            title=app.title,
            swagger_js_url=SCRIPT,
            swagger_css_url=STYLE,
            swagger_favicon_url=ICON,
        )

    def asset(path: str) -> None:
        content = (folder / path.rpartition("/")[2]).read_bytes()

        async def give() -> Response:
            return Response(content, media_type=_TYPES[path], headers=_CACHED)

        app.add_api_route(path, give, include_in_schema=False)

    app.add_api_route("/docs", page, include_in_schema=False)
    for path in (SCRIPT, STYLE, ICON):
        asset(path)
