"""The security schemes that this dialect's pages name."""

from typing import Final

from litestar.openapi.spec import Components, SecurityRequirement, SecurityScheme

_BEARER: Final = {
    "PartnerJWT": "A partner's token: opens every business of the partner",
    "BusinessScopedJWT": "A business token: opens that business",
    "BearerUnscoped": "A partner's token, from POST /v1/platform/oauth2/token/",
    "BearerBusinessScoped": "A business token, from POST /v1/platform/{business_id}/oauth2/token/",
}

COMPONENTS: Final = Components(
    security_schemes={
        "BasicAuth": SecurityScheme(type="http", scheme="basic", description="The partner's id and API key"),
        **{
            name: SecurityScheme(type="http", scheme="bearer", bearer_format="JWT", description=text)
            for name, text in _BEARER.items()
        },
    }
)

ANYONE: Final[list[SecurityRequirement]] = [
    {name: []} for name in ("PartnerJWT", "BusinessScopedJWT", "BasicAuth", "BearerUnscoped", "BearerBusinessScoped")
]
PARTNER: Final[list[SecurityRequirement]] = [{name: []} for name in ("PartnerJWT", "BasicAuth", "BearerUnscoped")]
BASIC: Final[list[SecurityRequirement]] = [{"BasicAuth": []}]
