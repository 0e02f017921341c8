"""The security schemes of this dialect."""

from typing import Final

from litestar.openapi.spec import Components, SecurityRequirement, SecurityScheme

COMPONENTS: Final = Components(
    security_schemes={
        "BearerAuth": SecurityScheme(
            type="http",
            scheme="bearer",
            bearer_format="JWT",
            description="A token from POST /oauth2/token, or a business token for that business",
        ),
        "BasicAuth": SecurityScheme(type="http", scheme="basic", description="The partner's id and API key"),
    }
)

BEARER: Final[list[SecurityRequirement]] = [{"BearerAuth": []}]
CLIENT: Final[list[SecurityRequirement]] = [{"BasicAuth": []}]
