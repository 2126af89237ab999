"""How records become parties."""

from typing import Literal, Self

from pydantic import Field, model_validator

from valuekit.config.basics import Section, Share


class Matching(Section):
    """How likely two records must be one party, by the agreement of name, address, phone and the rest."""

    enabled: bool = Field(default=True, description="False: exact keys, links and decisions alone")
    join_above: Share = Field(default=0.90, description="Records at least as likely one party are joined")
    review_above: Share = Field(default=0.60, description="Those between this and `join_above` go to `review_pairs`")

    @model_validator(mode="after")
    def _review_before_joining(self) -> Self:
        if self.review_above > self.join_above:
            raise ValueError(f"expected `review_above` ({self.review_above}) to be at most `join_above`")
        return self


class Identity(Section):
    """How records become parties."""

    rules: list[Literal["email", "tax_id", "billing_id", "domain_name", "link"]] = Field(
        default=["link", "billing_id", "tax_id", "email", "domain_name"], description="Exact keys, strongest first"
    )
    shared_domains: list[str] = Field(
        default=["gmail.com", "outlook.com", "hotmail.com", "yahoo.com", "icloud.com", "gmx.net", "web.de"],
        description="Domains of mail providers: they identify nobody",
    )
    matching: Matching = Field(default=Matching(), description="Likely matches, beyond the exact keys")
    decisions: str | None = Field(
        default=None,
        description="CSV that people edit (decision, system, record, to_system, to_record, and by, on, why): pairs of "
        "records that are the `same` party, or `different`, whatever rules say. Path as in `sources`",
    )
    unit: Literal["person", "account", "parent", "group"] = Field(
        default="account",
        description="What is counted. person: every person and organisation. account: people who do not pay themselves "
        "belong to the organisation that they are recorded under. parent: all people do, and organisations that own "
        "none belong to the one that owns them. group: everybody belongs to the one at the top",
    )
    keep_ids: bool = Field(
        default=True, description="A party keeps the id that it had in the newest snapshot of the output folder"
    )
