import json

from bench import peer
from bench.filling import FIRST, POPULATION, Work
from bench.limits import ARGON2ID
from bench.load import Sample
from bench.processes import Run
from bench.results import bars, results
from bench.rounds import Journal, Row
from bench.sign_in import SIGN_IN
from bench.start import Starts
from bench.stores import POSTGRESQL, SQLITE

MACHINE = {"processor": "two cores"}


def journal() -> Journal:
    made = Journal(
        people={SQLITE: 62_195},
        ready_after={SQLITE: 1.0},
        peak_mib={SQLITE: 120.0},
        after_load_mib={SQLITE: 100.0},
    )
    made.limits[ARGON2ID] = [50.0, 60.0, 40.0]
    made.empty = [Sample(1000, 1.0, 0.0, 1.0)] * 3
    made.samples[Row(SQLITE, "service", "userinfo")] = [Sample(100, 1.0, 0.0, 1.0)] * 3
    made.samples[Row(SQLITE, "", SIGN_IN)] = [Sample(40, 1.0, 0.0, 1.0)] * 3
    return made


def test_json_has_the_figures_of_the_tables() -> None:
    work = Work(SQLITE, FIRST, Run(seconds=12.0, cpu_seconds=11.0, peak_mib=300.0))
    written = json.loads(json.dumps(results(MACHINE, [work], journal()).as_json()))

    assert written["rounds"] == 3
    assert written["limits"] == {ARGON2ID: 50.0}
    assert written["commands"][0]["seconds"] == 12.0
    assert written["servers"][SQLITE]["people"] == 62_195
    assert {each["endpoint"]: each["share_of_empty"] for each in written["endpoints"]} == {
        "userinfo": 0.1,
        SIGN_IN: 0.04,
    }
    assert all(bar["met"] for bar in written["bars"])


def test_sign_in_is_compared_with_the_hash_that_it_computes() -> None:
    assert results(MACHINE, [], journal()).sign_in_shares == {SQLITE: 0.8}


def test_results_may_have_commands_alone() -> None:
    found = results(MACHINE, [], None)

    assert found.figures == {}
    assert found.as_json()["bars"] == []


def test_bars_apply_to_the_import_everywhere_and_the_population_on_sqlite() -> None:
    slow = Run(seconds=301.0, cpu_seconds=1.0, peak_mib=401.0)
    found = bars(
        [
            Work(SQLITE, FIRST, slow),
            Work(POSTGRESQL, FIRST, slow),
            Work(SQLITE, POPULATION, slow),
            Work(POSTGRESQL, POPULATION, slow),
        ]
    )

    assert [(bar.most, bar.unit) for bar in found] == [
        (30, "s"),
        (400, "MiB"),
        (30, "s"),
        (400, "MiB"),
        (300, "s"),
    ]
    assert not any(bar.met for bar in found)


def test_ratio_to_the_peer_compares_the_same_rounds() -> None:
    beside = journal()
    ours, theirs = Row(SQLITE, "identity only", "userinfo"), Row(SQLITE, peer.NAME, "userinfo")
    beside.samples[ours] = [Sample(units, 1.0, 0.0, 1.0) for units in (100, 90, 200)]
    beside.samples[theirs] = [Sample(units, 1.0, 0.0, 1.0) for units in (100, 100, 100)]
    (found,) = results(MACHINE, [], beside).ratios

    assert (found.what, found.measured, found.met) == ("userinfo, SQLite", 1.0, True)

    beside.samples[theirs] = [Sample(101, 1.0, 0.0, 1.0)] * 3
    assert not results(MACHINE, [], beside).met


def test_ratio_with_a_service_compares_a_client_without() -> None:
    both = journal()
    with_service = Row(POSTGRESQL, "service", "userinfo")
    without = Row(POSTGRESQL, "identity only", "userinfo")
    both.samples[with_service] = [Sample(80, 1.0, 0.0, 1.0)] * 3
    both.samples[without] = [Sample(100, 1.0, 0.0, 1.0)] * 3
    (found,) = results(MACHINE, [], both).service_ratios
    assert (found.measured, found.met) == (0.8, True)

    both.samples[with_service] = [Sample(70, 1.0, 0.0, 1.0)] * 3
    assert not results(MACHINE, [], both).met


def test_worker_with_much_memory_after_the_load_misses_its_bar() -> None:
    loaded = journal()
    loaded.after_load_mib[SQLITE] = 159.0
    assert results(MACHINE, [], loaded).met
    loaded.after_load_mib[SQLITE] = 161.0
    assert not results(MACHINE, [], loaded).met


def test_start_is_compared_with_importing_the_libraries() -> None:
    quick = Starts(libraries=[2.0, 4.0], help=[1.0, 2.0], command=[3.0, 6.0])
    slow = Starts(libraries=[0.7], help=[0.7], command=[1.2])

    assert [bar.measured for bar in quick.bars()] == [0.5, 1.5]
    assert results(MACHINE, [], None, starts=quick).met
    assert not results(MACHINE, [], None, starts=slow).met
