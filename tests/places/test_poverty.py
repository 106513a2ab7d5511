"""How poor an area counts beside the others."""

from pathlib import Path

import pytest

from marketplace import create_app
from marketplace.config import SettingError, load_settings
from marketplace.places.area_files import read_indonesia
from marketplace.places.poverty import INDONESIA, deprivation, percentiles, read

WITHOUT_FIGURE = {"63.02", "76.01", "81.03"}


def file(folder: Path, *lines: str) -> Path:
    path = folder / "rates.csv"
    path.write_text("\n".join(["code,poverty_pct", *lines, ""]), "utf-8")
    return path


def test_every_regency_but_three_has_its_figure() -> None:
    regencies = {row.code for row in read_indonesia() if row.level == 2}
    assert regencies - read(INDONESIA).keys() == WITHOUT_FIGURE
    assert read(INDONESIA).keys() <= regencies


def test_the_poorest_comes_last_and_the_middle_in_the_middle() -> None:
    ranked = percentiles()
    rates = read(INDONESIA)
    assert sorted(rates, key=lambda code: (rates[code], code)) == sorted(
        ranked, key=lambda code: (ranked[code], code)
    )
    assert 0 < min(ranked.values()) < 0.01
    assert 0.99 < max(ranked.values()) < 1
    assert sum(ranked.values()) / len(ranked) == pytest.approx(0.5)


def test_a_village_counts_as_its_regency() -> None:
    assert deprivation("34.03.01.2001") == deprivation("34.03") == percentiles()["34.03"]
    assert deprivation("34.03") > deprivation("34.04")  # type: ignore[operator]


@pytest.mark.parametrize("code", [None, "", "63.02", "63.02.01", "MY14.1", "34"])
def test_of_an_area_without_a_figure_nothing_is_known(code: str | None) -> None:
    assert deprivation(code) is None


def test_equal_rates_count_alike_each_half(tmp_path: Path) -> None:
    path = file(tmp_path, "A,5", "B,5", "C,10", "D,20")
    assert dict(percentiles(path)) == {"A": 0.25, "B": 0.25, "C": 0.625, "D": 0.875}


def test_an_operator_elsewhere_brings_a_file_of_their_own(tmp_path: Path) -> None:
    path = file(tmp_path, "MY14.1,2", "MY14,8")
    assert deprivation("MY14.1.1", path) == 0.25  # the narrowest that is listed
    assert deprivation("MY14.2", path) == 0.75
    assert deprivation("34.03", path) is None


@pytest.mark.parametrize("line", ["A,", "A,much", "A,-1", "A,101", ",5", "A,5\nA,6", "A,nan"])
def test_a_file_with_a_line_that_says_nothing_is_refused(tmp_path: Path, line: str) -> None:
    with pytest.raises(ValueError, match="line"):
        read(file(tmp_path, line))


@pytest.mark.parametrize("text", ["code,rate\nA,5\n", ""])
def test_a_file_without_the_columns_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "rates.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match="poverty_pct"):
        read(path)


@pytest.mark.parametrize("text", [None, "code,rate\nA,5\n"])
def test_a_site_whose_file_cannot_be_used_does_not_start(tmp_path: Path, text: str | None) -> None:
    if text:
        (tmp_path / "rates.csv").write_text(text)
    settings = load_settings({"POVERTY_FILE": "rates.csv"}, instance_dir=tmp_path)
    with pytest.raises(SettingError, match="POVERTY_FILE"):
        create_app(settings)
