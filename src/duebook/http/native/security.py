"""The security schemes of our own API."""

from typing import Final

from litestar.openapi.spec import Components, SecurityRequirement, SecurityScheme

COMPONENTS: Final = Components(
    security_schemes={
        "BearerAuth": SecurityScheme(
            type="http",
            scheme="bearer",
            bearer_format="JWT",
            description="A partner's token opens all its businesses, a business token that business",
        ),
        "BasicAuth": SecurityScheme(type="http", scheme="basic", description="The partner's id and API key"),
    }
)

ANYONE: Final[list[SecurityRequirement]] = [{"BearerAuth": []}, {"BasicAuth": []}]
