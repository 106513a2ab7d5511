"""The weights in the core are those that the script in the repository chooses."""

from bench import fit_matching
from marketplace.matching import core


def test_the_weights_are_the_ones_that_were_fitted_and_hold_on_requests_not_fitted_to() -> None:
    judged = fit_matching.half(fit_matching.read(), is_fitting=True)
    found = fit_matching.fit(judged)
    assert found["weights"] == core.RELEVANCE_WEIGHTS
    assert abs(found["mrr"] - found["cross-validated mrr"]) < 0.05


def test_the_measuring_half_is_not_looked_at() -> None:
    judged = fit_matching.read()
    fitting, measuring = (fit_matching.half(judged, is_fitting=one) for one in (True, False))
    assert not fitting.requests.keys() & measuring.requests.keys()
    assert fitting.requests.keys() | measuring.requests.keys() == judged.requests.keys()
