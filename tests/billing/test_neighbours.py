"""Groups of homes alike: enough in each, nobody in two."""

from collections import Counter
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from billing.neighbours import LEAST_HOMES, Group, Sample, Traits, floor_of, groups_of, size_of

traits = st.builds(
    Traits,
    customer_class=st.sampled_from(["residential", "commercial"]),
    floor_area_m2=st.sampled_from([Decimal(30), Decimal(70), Decimal(110)]),
    storey=st.integers(min_value=0, max_value=6),
    storeys=st.just(6),
)
samples = st.lists(
    st.builds(Sample, traits=traits, wh_m2=st.integers(min_value=0, max_value=30_000)), max_size=80
)


def some(count: int, *, area_m2: int = 70, storey: int = 3, wh_m2: int = 10_000) -> list[Sample]:
    home = Traits(customer_class="residential", floor_area_m2=Decimal(area_m2), storey=storey, storeys=6)
    return [Sample(traits=home, wh_m2=wh_m2 + 100 * n) for n in range(count)]


def test_eleven_homes_are_told_of_and_ten_are_not() -> None:
    assert groups_of(some(10)) == []
    assert groups_of(some(11)) == [
        Group(
            key="residential|2|middle",
            homes=11,
            lower_wh_m2=10_200,
            median_wh_m2=10_500,
            upper_wh_m2=10_800,
        )
    ]


def test_groups_too_small_go_together_and_those_large_enough_stay_out_of_it() -> None:
    told = groups_of([*some(20), *some(6, storey=1), *some(5, storey=6), *some(4, area_m2=110)])

    assert [(group.key, group.homes) for group in told] == [
        ("residential|2|middle", 20),
        ("residential|2", 11),
    ]


def test_a_key_says_size_and_floor() -> None:
    (home,) = some(1)

    assert home.traits.keys == ("residential|2|middle", "residential|2", "residential")
    assert [size_of(key) for key in home.traits.keys] == [(60, 80), (60, 80), None]
    assert [floor_of(key) for key in home.traits.keys] == ["middle", "", ""]
    assert (size_of("residential|0|top"), size_of("residential|7")) == ((None, 40), (200, None))


@given(samples)
def test_no_group_is_small_and_no_home_is_in_two(homes: list[Sample]) -> None:
    told = groups_of(homes)

    assert all(group.homes >= LEAST_HOMES for group in told)
    # A home counts for the first of its keys that is told of, if the groups are disjoint.
    keys = {group.key for group in told}
    counted = Counter(next((key for key in home.traits.keys if key in keys), None) for home in homes)
    assert {group.key: group.homes for group in told} == {
        key: count for key, count in counted.items() if key is not None
    }


@given(samples)
def test_figures_are_coarse_and_in_order(homes: list[Sample]) -> None:
    for group in groups_of(homes):
        figures = (group.lower_wh_m2, group.median_wh_m2, group.upper_wh_m2)
        assert list(figures) == sorted(figures)
        assert all(figure % 100 == 0 for figure in figures)
