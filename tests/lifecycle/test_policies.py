from itertools import product

import pytest

from valuekit.config.lifecycle import Movements
from valuekit.errors import ConfigError
from valuekit.lifecycle import Policies, describe
from valuekit.lifecycle.policies import CHOICES


def test_the_defaults_are_those_of_the_configuration():
    assert Policies().parameters == Movements().model_dump()


def test_every_setting_is_described_with_its_value():
    rules = {rule.setting: rule.value for rule in describe(Policies(past_due_days=30))}
    assert {name: rules[name] for name in Policies().parameters} == {
        "mrr_rate": "signing", "second_subscription": "expansion", "same_month": "net", "backdated": "from_signature",
        "past_due_days": "30", "reactivation_days": "none",
    }  # fmt: skip


def test_every_choice_has_its_own_sentence():
    sentences = [
        rule.sentence
        for days, values in product((None, 7), product(*CHOICES.values()))
        for rule in describe(Policies(*values, past_due_days=days, reactivation_days=days))
        if rule.setting in Policies().parameters
    ]
    assert len(set(sentences)) == 2 * len(Policies().parameters)
    assert all(sentence.endswith(".") for sentence in sentences)


def test_days_are_named_in_the_sentence():
    (rule,) = [r for r in describe(Policies(reactivation_days=90)) if r.setting == "reactivation_days"]
    assert "more than 90 days" in rule.sentence


@pytest.mark.parametrize("wrong", [{"mrr_rate": "today"}, {"backdated": "never"}, {"past_due_days": -1}])
def test_a_policy_that_does_not_exist_is_told(wrong):
    with pytest.raises(ConfigError):
        Policies(**wrong)
