"""What all sections are made of."""

from datetime import date
from typing import Annotated

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
)

Share = Annotated[float, Field(ge=0, le=1)]
Day = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2200, 12, 31))]
"""A day that data can have."""
Days = Annotated[int, Field(le=36_525)]
"""A window: none is longer than a century."""
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217 code, such as EUR")]


class Section(BaseModel):
    """A part of the configuration: unknown keys are errors, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Company(Section):
    """Whose data these are."""

    name: str = Field(description="Name shown beside every number")
    currency: Currency = Field(description="Reporting currency")
    fiscal_year_starts: int = Field(
        default=1, ge=1, le=12, description="First month of the fiscal year; it bears the name of the year it ends in"
    )
