"""Names as people write them, and the rules that they turn on and off."""

from __future__ import annotations

import pytest

from dockerlint.errors import Failure
from dockerlint.rules import load
from dockerlint.selection import Layer, Selection, meaning, resolve

RULES = load()
RECOMMENDS, MAINTAINER, UNKNOWN = "WD304", "WD137", "WD101"


def chosen(*names: str) -> Selection:
    return resolve(Layer(select=names))


@pytest.mark.parametrize(
    "name",
    ["WD304", "wd304", "apt-no-install-recommends", "DL3015", "dl3015", "DS-0029", "AVD-DS-0029", "DS029", "hadolint/DL3015", " WD304 "],
)
def test_one_rule_has_many_names(name: str) -> None:
    assert chosen(name).rules == {RECOMMENDS}


def test_a_build_check_and_a_checkov_id_are_names() -> None:
    assert MAINTAINER in chosen("MaintainerDeprecated").rules
    assert MAINTAINER in chosen("CKV_DOCKER_6").rules
    assert MAINTAINER in chosen("tally/buildkit/MaintainerDeprecated").rules


def test_the_beginning_of_a_code_is_a_group() -> None:
    assert chosen("WD3").rules == {code for code in RULES if code.startswith("WD3")}
    assert chosen("WD").rules == set(RULES)


def test_a_glob_is_matched_with_every_name() -> None:
    assert chosen("apt-*").rules == {code for code, rule in RULES.items() if rule.slug.startswith("apt-")}
    assert RECOMMENDS in chosen("DL301?").rules


def test_all_and_default() -> None:
    assert chosen("all").rules == set(RULES)
    assert chosen("default").rules == resolve().rules == {code for code, rule in RULES.items() if rule.default}


def test_selecting_a_peers_id_turns_on_what_is_off_by_default() -> None:
    off = next(rule for rule in RULES.values() if not rule.default and any(name.startswith("DL3") for name in rule.covers))
    peers_id = next(name for name in off.covers if name.startswith("DL3"))
    assert off.code in chosen(peers_id).rules
    assert off.code in resolve(Layer(extend_select=(peers_id,))).rules
    assert off.code not in resolve().rules


def test_select_means_only_these_and_extend_select_these_too() -> None:
    assert resolve(Layer(select=(RECOMMENDS,), extend_select=(MAINTAINER,))).rules == {RECOMMENDS, MAINTAINER}
    assert resolve(Layer(ignore=(MAINTAINER,))).rules == resolve().rules - {MAINTAINER}


def test_of_two_names_that_disagree_the_more_precise_one_wins() -> None:
    assert resolve(Layer(select=(RECOMMENDS,), ignore=("WD3",))).rules == {RECOMMENDS}
    assert resolve(Layer(select=("WD3",), ignore=(RECOMMENDS,))).rules == chosen("WD3").rules - {RECOMMENDS}
    assert resolve(Layer(select=("all",), ignore=("WD3",))).rules == set(RULES) - chosen("WD3").rules


def test_the_later_layer_wins() -> None:
    assert resolve(Layer(select=("WD3",)), Layer(select=(MAINTAINER,))).rules == {MAINTAINER}
    assert MAINTAINER in resolve(Layer(ignore=(MAINTAINER,)), Layer(extend_select=(MAINTAINER,))).rules


@pytest.mark.parametrize(
    ("layer", "allowed", "forbidden"),
    [
        (Layer(), ["SC2086", "SC1091"], []),
        (Layer(ignore=("SC2086",)), ["SC2046"], ["SC2086"]),
        (Layer(ignore=("SC20*",)), ["SC2164"], ["SC2086", "SC2046"]),
        (Layer(ignore=("SC2",)), ["SC1091"], ["SC2086"]),
        (Layer(select=("SC2086",)), ["SC2086"], ["SC2046"]),
        (Layer(select=("WD304",)), [], ["SC2086"]),
        (Layer(ignore=("SC",)), [], ["SC2086"]),
        (Layer(ignore=("shellcheck",)), [], ["SC2086"]),
        (Layer(ignore=("SC",), extend_select=("SC2086",)), ["SC2086"], ["SC2046"]),
    ],
)
def test_shellchecks_codes_stand_for_themselves(layer: Layer, allowed: list[str], forbidden: list[str]) -> None:
    selection = resolve(layer)
    assert [code for code in allowed + forbidden if selection.allows(code)] == allowed
    assert selection.shellcheck is bool(allowed)


def test_an_unknown_name_is_refused_with_the_closest_known_one() -> None:
    with pytest.raises(Failure, match="did you mean apt-no-install-recommends"):
        chosen("apt-no-install-reccomends")
    with pytest.raises(Failure, match="no rule is called 'WD999'"):
        resolve(Layer(ignore=("WD999",)))


def test_a_peers_check_that_nothing_covers_can_be_ignored_but_not_selected() -> None:
    assert meaning("CIS-DI-0005").empty
    assert resolve(Layer(ignore=("CIS-DI-0005", "DL4099"))).rules == resolve().rules
    with pytest.raises(Failure, match="no rule covers CIS-DI-0005"):
        chosen("CIS-DI-0005")
