import numpy as np

from valuekit.ltv.models.observations import distinct, group


def test_grouped_rows_are_sorted_as_numbers_whatever_they_are():
    rng = np.random.default_rng(4)
    for values in (
        rng.integers(0, 9, 500) * 1.0,
        rng.integers(-9, 9, 500) / 7,
        rng.normal(size=500) * 10.0**9,
        -0.0 * rng.random(500),
    ):
        other = rng.integers(0, 100_000, 500) * 1.0
        weight = rng.integers(1, 3, 500) * 1.0
        grouped = group({"a": values, "b": other, "weight": weight})
        order = np.lexsort([other, values])
        pairs, at = np.unique(np.column_stack([values, other])[order] + 0.0, axis=0, return_inverse=True)
        assert np.array_equal(np.column_stack([grouped["a"], grouped["b"]]), pairs)
        assert np.array_equal(grouped["weight"], np.bincount(at.ravel(), weight[order]))


def test_distinct_rows_lead_back_to_all():
    rng = np.random.default_rng(5)
    a, b = rng.integers(0, 5, 300) / 3, rng.integers(0, 5, 300) * 1.0
    first, which = distinct(a, b)
    assert len(first) == len({*zip(a, b, strict=True)})
    assert np.array_equal(a[first][which], a)
    assert np.array_equal(b[first][which], b)
