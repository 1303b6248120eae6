#!/usr/bin/env python3
"""Files in and out of `hefu`, read and written by others: openpyxl for XLSX, csv, and sdmx1 for SDMX-CSV 2.0.

    tables.py HEFU ADDRESS OFFICE_KEY.pem

The ledger at ADDRESS must be fresh. Every step prints one line; the first thing that is not as documented ends it.
"""
import csv
import io
import json
import pathlib
import subprocess
import sys
import tempfile

import openpyxl
import sdmx
from sdmx.model import common, v30

CYCLE, UNIT = "2024-h1", "big-data-bureau"
STRUCTURE = {
    "dimensions": ["FREQ", "INDICATOR", "REF_AREA", "TIME_PERIOD"],
    "measures": ["OBS_VALUE"],
    "attributes": ["OBS_STATUS", "UNIT_MEASURE", "DECIMALS", "QUALIFIER", "AS_OF_DATE", "REPORTING_UNIT", "VALID_FROM",
                   "VALID_TO", "SOURCE_TITLE", "SOURCE_URI", "SOURCE_DATE", "COMMENT_OBS", "REVISION_REASON",
                   "CONF_STATUS", "EMBARGO_TIME", "CONF_REDIST", "COLL_METHOD", "EVIDENCE", "COMMITMENT",
                   "LEDGER_SEQ", "EVENT_INDEX", "SUBMISSION_HASH"],
}


class Ledger:
    """`hefu`, in a folder with the keys of all units, and a cycle that is open."""

    def __init__(self, hefu, address, office, folder):
        self.program, self.address, self.folder = hefu, address, folder
        self.run("plan", "try", "guizhou", "--key", office, "--units", "units")
        self.run("cycle", "open", CYCLE, "--key", office, "--plan", "guizhou", "--period", "2024-H1",
                 "--opens", "2024-07-01", "--due", "2099-07-31", "--locks", "2099-08-31")
        self.key = f"units/{UNIT}/reporter.pem"

    def run(self, *arguments, exit_code=0):
        """What it prints, as data."""
        command = [self.program, "--server", f"http://{self.address}", "--output", "json", *map(str, arguments)]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, encoding="utf-8", check=False)
        assert done.returncode == exit_code, f"{arguments}: exit code {done.returncode}: {done.stderr}{done.stdout}"
        try:
            return json.loads(done.stdout)
        except json.JSONDecodeError:
            return done.stdout

    def path(self, name):
        return self.folder / name

    def template(self, name):
        self.run("report", "template", CYCLE, "--key", self.key, "-o", name)
        return self.path(name)

    def submit(self, option, path, *more, exit_code=0):
        return self.run("submit", "--key", self.key, option, path, *more, exit_code=exit_code)

    def export(self, form, name, *more):
        self.run("data", "export", "--plan", "guizhou", "--format", form, "-o", name, *more)
        return self.path(name)


def of_csv(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def of_xlsx(path):
    """The cells of the only sheet, each as a spreadsheet shows it."""
    workbook = openpyxl.load_workbook(path)
    assert len(workbook.sheetnames) == 1, workbook.sheetnames
    return [[shown(cell) for cell in row] for row in workbook.active.iter_rows(values_only=True)]


def shown(cell):
    return "" if cell is None else f"{cell:.15g}" if isinstance(cell, float) else str(cell)


def same(ours, theirs):
    """The same cells; a spreadsheet drops the zeros at the end of a decimal."""
    assert len(ours) == len(theirs), f"{len(ours)} rows in CSV, {len(theirs)} in XLSX"
    for line, (a, b) in enumerate(zip(ours, theirs), start=1):
        assert len(a) == len(b), f"row {line}"
        for x, y in zip(a, b):
            assert x == y or number(x) == number(y) is not None, f"row {line}: {x!r} in CSV, {y!r} in XLSX"


def number(text):
    try:
        return float(text)
    except ValueError:
        return None


def template_opens(ledger):
    rows = of_csv(ledger.template("empty.csv"))
    same(rows, of_xlsx(ledger.template("empty.xlsx")))
    assert len(rows) > 3 and not any(row[rows[0].index("value")] for row in rows[1:])
    return f"openpyxl reads the template as CSV has it: {len(rows) - 1} cells of {UNIT}"


def filled(ledger, name, values):
    """The template, with values typed into its first rows by openpyxl."""
    workbook = openpyxl.load_workbook(ledger.path("empty.xlsx"))
    sheet = workbook.active
    columns = {cell.value: cell.column for cell in sheet[1]}
    for row, entry in values.items():
        for column, value in entry.items():
            sheet.cell(row=row, column=columns[column], value=value)
    workbook.save(ledger.path(name))
    return ledger.path(name)


def problems_are_named(ledger):
    bad = {2: {"value": "much"}, 3: {"value": 1, "area": "999999"}, 4: {"value": 2, "status": "L"}}
    found = ledger.submit("--xlsx", filled(ledger, "bad.xlsx", bad), "--dry-run", exit_code=2)
    named = [(problem["line"], problem["column"], problem["code"]) for problem in found]
    expected = [(2, "value", "DECIMAL_INVALID"), (3, "area", "AREA_NOT_OBSERVED"), (4, "value", "VALUE_FORBIDDEN")]
    assert named == expected, named
    assert all(problem["detail"] and problem["remedy"] for problem in found)
    assert ledger.run("log", "head")["size"] == ledger.size, "a dry run wrote something"
    return "a dry run names every problem with row and column, and signs nothing"


def workbook_is_reported(ledger):
    ledger.values = {2: {"value": 7}, 3: {"value": 12, "status": "P", "note": "含在建"}, 4: {"status": "L"}}
    path = filled(ledger, "filled.xlsx", ledger.values)
    assert ledger.submit("--xlsx", path, "--dry-run") == [], "problems where there are none"
    outcomes = [row["outcome"] for row in ledger.submit("--xlsx", path)]
    assert outcomes[:3] == ["recorded"] * 3 and set(outcomes[3:]) <= {"blank"}, outcomes
    return "a workbook that openpyxl filled in is reported"


def template_comes_back(ledger):
    rows = of_csv(ledger.template("standing.csv"))
    same(rows, of_xlsx(ledger.template("standing.xlsx")))
    cell = lambda row, column: rows[row - 1][rows[0].index(column)]
    for row, entry in ledger.values.items():
        for column, value in entry.items():
            assert cell(row, column) == str(value), (row, column)
    for option, name in (("--csv", "standing.csv"), ("--xlsx", "standing.xlsx")):
        outcomes = [row["outcome"] for row in ledger.submit(option, name)]
        assert outcomes[:3] == ["standing"] * 3 and set(outcomes[3:]) <= {"blank"}, outcomes
    return "what stands comes back in the template, and is not recorded again from CSV or XLSX"


def exports_agree(ledger):
    history = ("--include-history",)
    rows = of_csv(ledger.export("csv", "data.csv", *history))
    same(rows, of_xlsx(ledger.export("xlsx", "data.xlsx", *history)))
    objects = json.loads(ledger.export("json", "data.json", *history).read_text(encoding="utf-8"))
    text = lambda cell: "" if cell is None else str(cell).lower() if isinstance(cell, bool) else str(cell)
    assert [[text(cell) for cell in row.values()] for row in objects] == rows[1:]
    return f"CSV, XLSX and JSON of an export say the same: {len(rows) - 1} vintages"


def dataflow():
    """The structure that docs/reporting.md describes."""
    concept = lambda name: common.Concept(id=name)
    structure = v30.DataStructureDefinition(id="OBSERVATIONS", version="1.0.0", maintainer=common.Agency(id="HEFU"))
    for name in STRUCTURE["dimensions"]:
        structure.dimensions.append(common.Dimension(id=name, concept_identity=concept(name)))
    for name in STRUCTURE["measures"]:
        structure.measures.append(v30.Measure(id=name, concept_identity=concept(name)))
    for name in STRUCTURE["attributes"]:
        structure.attributes.append(v30.DataAttribute(id=name, concept_identity=concept(name)))
    return v30.Dataflow(id="OBSERVATIONS", version="1.0.0", maintainer=common.Agency(id="HEFU"), structure=structure)


def of_sdmx(path):
    """Observations by action: dimensions, value and attributes as sdmx1 understood them."""
    message = sdmx.read_sdmx(io.BytesIO(path.read_bytes()), format="csv", structure=dataflow())
    found = {}
    for dataset in message.data:
        for observation in dataset.obs:
            key = {name: value.value for name, value in observation.key.values.items()}
            said = {name: attribute.value for name, attribute in observation.attached_attribute.items()}
            found.setdefault(dataset.action.name, []).append((key, observation.value, said))
    return found


def sdmx_is_read_back(ledger):
    path = ledger.export("sdmx-csv", "standing-sdmx.csv")
    found = of_sdmx(path)
    assert list(found) == ["information"], list(found)
    rows = of_csv(ledger.export("csv", "standing-data.csv"))
    column = lambda row, name: row[rows[0].index(name)]
    pairs = {"INDICATOR": "indicator", "REF_AREA": "area"}
    attributes = {"OBS_STATUS": "obs_status", "UNIT_MEASURE": "unit_of_measure", "DECIMALS": "decimals",
                  "REPORTING_UNIT": "member", "VALID_FROM": "valid_from", "COMMENT_OBS": "note", "LEDGER_SEQ": "seq",
                  "SUBMISSION_HASH": "submission_hash", "CONF_STATUS": "conf_status"}
    assert len(found["information"]) == len(rows) - 1 == 3
    for row, (key, value, said) in zip(rows[1:], found["information"]):
        assert (key["FREQ"], key["TIME_PERIOD"]) == ("S", "2024-S1"), key
        assert value == column(row, "value")
        assert all(key[theirs] == column(row, ours) for theirs, ours in pairs.items()), key
        assert all(said[theirs] == column(row, ours) for theirs, ours in attributes.items()), said
    return "sdmx1 reads SDMX-CSV 2.0: every dimension, value and attribute is what CSV has"


def updates_replace_and_delete(ledger):
    cells = of_csv(ledger.path("standing.csv"))
    of = lambda row: ["--indicator", cells[row - 1][0], "--area", cells[row - 1][cells[0].index("area")],
                      "--period", "2024-H1"]
    before = ledger.run("log", "head")
    ledger.run("submit", "--key", ledger.key, *of(2), "--value", 8, "--supersedes", "auto", "--reason", "a slip")
    ledger.run("retract", "--key", ledger.key, *of(3), "--reason", "counted twice")
    recorded = ledger.run("series", cells[1][0], "--history")[-1]["recorded_at"]
    found = of_sdmx(ledger.export("sdmx-csv", "updates.csv", "--updated-after", recorded))
    assert [value for _, value, _ in found["replace"]] == ["8"], found
    [(deleted, value, said)] = found["delete"]
    assert deleted["INDICATOR"] == cells[2][0] and value == "" and not any(said.values()), found
    history = of_sdmx(ledger.export("sdmx-csv", "history.csv", "--include-history"))["information"]
    first, second = [said for key, _, said in history if key["INDICATOR"] == cells[1][0]]
    assert first["VALID_TO"] == second["VALID_FROM"] and not second["VALID_TO"]
    earlier = ("--as-of", before["size"] - 1)
    assert of_csv(ledger.export("csv", "earlier.csv", *earlier)) == of_csv(ledger.path("standing-data.csv"))
    return "an update replaces and deletes; history says from when until when; an earlier moment is as it was"


STEPS = [template_opens, problems_are_named, workbook_is_reported, template_comes_back, exports_agree,
         sdmx_is_read_back, updates_replace_and_delete]


def main():
    hefu, address, office = sys.argv[1:]
    hefu, office = pathlib.Path(hefu).resolve(), pathlib.Path(office).resolve()
    with tempfile.TemporaryDirectory(prefix="hefu-tables-") as folder:
        ledger = Ledger(hefu, address, office, pathlib.Path(folder))
        ledger.size = ledger.run("log", "head")["size"]
        for step in STEPS:
            print(f"ok  {step(ledger)}", flush=True)


if __name__ == "__main__":
    main()
