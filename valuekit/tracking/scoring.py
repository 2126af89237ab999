"""The fitted value models as one MLflow model: reads their JSON, scores customers. MLflow runs this file itself."""
# ruff: noqa: PLC0415 - the models are loaded where the model is served

import json
import warnings
from pathlib import Path
from typing import Any

import pandas as pd

with warnings.catch_warnings():  # the library warns of its own type hints
    warnings.simplefilter("ignore")
    from mlflow.models import set_model
    from mlflow.pyfunc.model import PythonModel


class ValueModels(PythonModel):
    """Scores rows with every model whose columns are there.

    Reads rows with `frequency`, `recency` and `age` in the unit of the purchase model (adds `p_alive` and
    `expected_purchases` in the next `ahead` units), with `frequency` and `monetary` (adds `expected_spend` per
    purchase), with `renewals` survived (adds `retention` over the next `ahead` renewals). `ahead` is a parameter, 1 by
    default. Several models of one kind are told apart by their names in front: `<name>.retention`.
    """

    def load_context(self, context: Any) -> None:
        """Restore the models from JSON."""
        from valuekit.ltv import models

        self.models: dict[str, Any] = {}
        for file in sorted(Path(context.artifacts["models"]).glob("*.json")):
            text = file.read_text(encoding="utf-8")
            self.models[file.stem] = getattr(models, json.loads(text)["model"]).from_json(text)

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Return one row of scores per row of the input."""
        ahead = float((params or {}).get("ahead", 1.0))
        scores = pd.DataFrame(index=model_input.index)
        for name, model in self.models.items():
            if set(model.columns) - {"churned"} <= set(model_input.columns):
                for column, values in _scores(model, model_input, ahead).items():
                    scores[column if column not in scores else f"{name}.{column}"] = values
        return scores


def _scores(model: Any, rows: pd.DataFrame, ahead: float) -> dict[str, Any]:
    if hasattr(model, "expected_purchases"):
        return {
            "p_alive": model.probability_alive(rows),
            "expected_purchases": model.expected_purchases(ahead, rows),
        }
    if hasattr(model, "expected_spend"):
        return {"expected_spend": model.expected_spend(rows["frequency"], rows["monetary"])}
    return {"retention": model.conditional_survival(rows["renewals"], ahead)}


set_model(ValueModels())
