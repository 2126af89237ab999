"""What all sections are made of."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
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

    @field_validator("*", mode="before")
    @classmethod
    def _no_switch_is_a_number(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse true where a number is asked for: it would count as 1."""
        if isinstance(value, bool) and cls.model_fields[str(info.field_name)].annotation in (int, float):
            raise ValueError("expected it to be a number")
        return value


class FiscalWeeksConfig(Section):
    """Fiscal years of 52 or 53 whole weeks: months of four and five weeks, the 53rd week in the last month."""

    pattern: Literal["4-4-5", "4-5-4", "5-4-4"] = Field(default="4-4-5", description="Weeks of a quarter's months")
    year_ends_on: Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] = Field(
        default="saturday", description="Weekday with which every year, and so every month, ends"
    )
    year_ends: Literal["last", "nearest"] = Field(
        default="last",
        description="The `last` such day of the month before `fiscal_year_starts`, or the one `nearest` to its end",
    )


class Company(Section):
    """Whose data these are."""

    name: str = Field(description="Name shown beside every number")
    currency: Currency = Field(description="Reporting currency")
    fiscal_year_starts: int = Field(default=1, ge=1, le=12, description="First month of the fiscal year")
    fiscal_year_named: Literal["end", "start"] = Field(
        default="end", description="Calendar year whose name a fiscal year bears: that of its last or its first month"
    )
    fiscal_weeks: FiscalWeeksConfig | None = Field(
        default=None,
        description="Months made of weeks, as 4-4-5. Each bears the name of a calendar month, which the ledger states",
    )
