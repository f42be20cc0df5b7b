"""The commands of the register, as people type them."""

from pathlib import Path

from flask import Flask
from sqlalchemy import func, select

from app.database import db
from approvals.organisations import queries
from approvals.organisations.models import Organisation

HEADER = "URN,LA (code),EstablishmentName,TypeOfEstablishment (code),EstablishmentStatus (code)\n"


def _count() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Organisation)) or 0


def test_register_import_takes_files_in_the_order_of_their_days(
    app: Flask, county_files: list[Path]
) -> None:
    paths = [str(path) for path in reversed(county_files)]
    result = app.test_cli_runner().invoke(args=["register", "import", *paths])
    assert result.exit_code == 0, result.output
    assert "0 history" in result.output
    assert "history + 0 rejected" in result.output
    assert not [line for line in result.output.splitlines() if " 1 history" in line]
    assert queries.by_identifier("urn:900001") is not None


def test_register_import_dry_run_writes_nothing(app: Flask, county_files: list[Path]) -> None:
    paths = [str(path) for path in county_files]
    result = app.test_cli_runner().invoke(args=["register", "import", "--dry-run", *paths])
    assert result.exit_code == 0, result.output
    for change in ("opened", "closed", "renamed", "joined a trust", "changed local authority"):
        assert change in result.output
    assert "Nothing was written" in result.output
    assert _count() == 0


def test_register_import_reports_a_bad_row_with_its_place(app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "schools_20200101.csv"
    path.write_text(HEADER + "123456,201,One School,01,1\n123457,201,Other [red]School,99,1\n")
    result = app.test_cli_runner().invoke(
        args=["register", "import", str(path)], env={"COLUMNS": "200"}
    )
    assert result.exit_code == 0
    assert "1 new + 0 changed + 0 unchanged + 0 history + 1 rejected = 2 read" in result.output
    for text in (path.name, "3", "TypeOfEstablishment (code)", "“99” is not a code"):
        assert text in result.output


def test_register_import_loads_the_other_files_beside_a_refused_one(
    app: Flask, tmp_path: Path
) -> None:
    good = tmp_path / "schools_20200101.csv"
    good.write_text(HEADER + "123456,201,One School,01,1\n")
    bad = tmp_path / "edubasealldata20200102.csv"
    bad.write_text("<html>\n")
    result = app.test_cli_runner().invoke(args=["register", "import", str(bad), str(good)])
    assert result.exit_code == 1
    assert "Refused" in result.output
    assert queries.by_identifier("urn:123456") is not None


def test_register_import_asks_for_the_day_of_a_file_without_date(
    app: Flask, tmp_path: Path
) -> None:
    path = tmp_path / "schools.csv"
    path.write_text(HEADER + "123456,201,One School,01,1\n")
    runner = app.test_cli_runner()
    result = runner.invoke(args=["register", "import", str(path)])
    assert result.exit_code == 2
    assert "--as-of" in result.output
    assert _count() == 0
    result = runner.invoke(args=["register", "import", "--as-of", "yesterday", str(path)])
    assert result.exit_code == 2
    result = runner.invoke(args=["register", "import", "--as-of", "2020-01-01", str(path)])
    assert result.exit_code == 0, result.output
    assert _count() == 2


def test_register_import_refuses_other_files_without_asking_for_their_date(
    app: Flask, tmp_path: Path
) -> None:
    spine = tmp_path / "england_spine.csv"
    spine.write_text("URN,LAESTAB,SCHNAME,NFTYPE\n1,2,3,4\n")
    args = ["register", "import", str(spine), str(tmp_path), "/dev/null"]
    result = app.test_cli_runner().invoke(args=args, env={"COLUMNS": "200"})
    assert result.exit_code == 1
    assert "--as-of" not in result.output
    assert "reference data" in result.output
    assert result.output.count("is not a file") == 2


def test_register_import_reports_complete_file_taken_for_an_excerpt(
    app: Flask, tmp_path: Path
) -> None:
    path = tmp_path / "edubasealldata20200101.csv"
    path.write_text(HEADER + "123456,201,One School,01,1\n,201,Other School,01,1\n")
    result = app.test_cli_runner().invoke(args=["register", "import", str(path)])
    assert result.exit_code == 1
    assert "taken for an excerpt" in result.output
    assert queries.by_identifier("urn:123456") is not None


def test_register_generate_reports_a_place_that_cannot_be_written(
    app: Flask, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    result = app.test_cli_runner().invoke(
        args=["register", "generate", str(tmp_path / "file" / "county")]
    )
    assert result.exit_code == 1
    assert "cannot be written" in result.output
    assert "Traceback" not in result.output


def test_register_import_reports_that_a_second_import_changed_nothing(
    app: Flask, county_files: list[Path]
) -> None:
    runner = app.test_cli_runner()
    args = ["register", "import", str(county_files[0])]
    assert "Nothing has changed" not in runner.invoke(args=args).output
    assert "Nothing has changed" in runner.invoke(args=args).output


def test_register_generate_writes_the_county(app: Flask, tmp_path: Path) -> None:
    result = app.test_cli_runner().invoke(args=["register", "generate", str(tmp_path / "county")])
    assert result.exit_code == 0
    assert len(list((tmp_path / "county").glob("*.csv"))) == 12


def test_organisations_add_command_adds_a_body(app: Flask) -> None:
    runner = app.test_cli_runner()
    args = ["organisations", "add", "Diocese of Marl", "--kind", "diocese"]
    result = runner.invoke(args=[*args, "--diocese-code", "CE91"])
    assert result.exit_code == 0, result.output
    added = queries.by_public_id(result.output.strip())
    assert added is not None
    assert added.name == "Diocese of Marl"
    again = runner.invoke(args=[*args, "--diocese-code", "CE91"])
    assert again.exit_code == 1
    assert "there already" in again.output
