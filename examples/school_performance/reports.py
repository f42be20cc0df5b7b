"""Reports as pages, files and API. The claims of the access token decide what each shows."""

import json
from hashlib import sha256

from flask import Blueprint, Response, abort, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from examples.school_performance import results, sign_in
from examples.school_performance.sensitive import Query

pages = Blueprint("reports", __name__)
LAST_SENT = "coalesce((SELECT max(sent.rowid) FROM sent WHERE upload = id), 0)"
DOWNLOAD = "download_pupil_data"
NEEDS = {"print": "print_reports", "csv": DOWNLOAD, "downloads": DOWNLOAD, "upload": "upload_data"}


@pages.before_request
def admit() -> None:
    """Check the rights that hold at this moment, a capability and a school of the remit."""
    if request.path.startswith("/api/"):
        token, g.person = request.headers.get("Authorization", "").partition(" ")[2], None
    else:
        tokens = sign_in.session_tokens()
        token, g.person = tokens["access_token"], tokens["userinfo"]
    g.access = g.api.claims(token, session=g.person)
    live = g.access["environment"] == "live"
    g.schools = g.api.schools(g.access) if live else results.TRAINING_SCHOOLS
    need, urn = NEEDS.get(request.path.rpartition("/")[2]), (request.view_args or {}).get("urn")
    if need and need not in g.access["capabilities"]:
        group, what = g.access["user_group"]["name"], need.replace("_", " ")
        why = f"Your user group, {group}, does not let you {what}."
    elif urn and urn not in g.schools:
        why = f"School {urn} is not among the {len(g.schools)} schools that you may see."
    else:
        return
    abort(403, f"{why} If you need it, ask an approver at {g.access['organisation']['name']}.")


def pupils(urn: str, upload: str = "") -> list[results.Pupil]:
    """Return a school's pupils, or those of one upload."""
    uploads = uploaded(urn, LAST_SENT, upload)
    return results.pupils_of(urn, uploads) if not upload else uploads[0] if uploads else []


def uploaded(urn: str, order: str, upload: str = "") -> list[list[results.Pupil]]:
    """Return the pupils of a school's uploads."""
    kept = f"SELECT pupils FROM upload WHERE urn = ? AND ? IN ('', id) ORDER BY {order}, rowid"  # noqa: S608
    return [json.loads(rows) for (rows,) in g.store.run(kept, urn, upload)]


@pages.get("/schools", defaults={"form": "page"})
@pages.get("/api/schools", defaults={"form": "api"})
def schools(form: str) -> ResponseReturnValue:
    """Show some of the schools that the person may see, with their averages."""
    text, page = request.args.get("q", "").strip(), max(1, request.args.get("page", 1, int))
    found = [each for each in g.schools.items() if text.casefold() in " ".join(each).casefold()]
    shown = sorted(found, key=lambda each: each[1])[15 * (page - 1) : 15 * page]
    rows = [(urn, name, results.averages(pupils(urn))) for urn, name in shown]
    listing = {"schools": rows, "q": text, "page": page, "pages": -(-len(found) // 15)}
    return listing if form == "api" else render_template("schools.html", **listing)


@pages.get("/schools/<urn>", defaults={"form": "school"})
@pages.get("/schools/<urn>/<any(print, csv):form>")
@pages.get("/api/schools/<urn>", defaults={"form": "api"})
def school(urn: str, form: str) -> ResponseReturnValue:
    """Answer the query about one school, as far as the person's rights go."""
    chosen = tuple(filter(None, request.args.getlist("column")))
    columns = chosen or ("year", "pupil", "gender", *results.SCORES)
    filters = (text.partition(":")[::2] for text in request.args.getlist("filter") if text)
    query = Query(columns, tuple(filters), *(request.args.get(it, "") for it in ("sort", "group")))
    names = "view_pupil_names" in g.access["capabilities"]
    rows = pupils(urn, request.args.get("upload", ""))
    arrived = [results.pupils_of(urn, []), *uploaded(urn, "rowid")]
    table = results.answer(rows, query, names=names, arrived=arrived)
    if form == "api":
        return {"urn": urn, "name": g.schools[urn], "header": table[0], "rows": table[1:]}
    if form == "csv":
        log = "INSERT INTO download (sub, name, organisation, urn, items) VALUES (?, ?, ?, ?, ?)"
        person = g.access["sub"], g.person["name"], g.access["organisation"]["id"]
        g.store.run(log, *person, urn, ", ".join(table[0]))
        file = {"Content-Disposition": f'attachment; filename="results-{urn}.csv"'}
        return Response(results.as_csv(table), mimetype="text/csv", headers=file)
    return render_template(f"{form}.html", urn=urn, query=query, table=table, items=results.ITEMS)


@pages.get("/downloads")
def downloads() -> ResponseReturnValue:
    """Show the downloads of the organisation."""
    of = "SELECT at, name, urn, items FROM download WHERE organisation = ? ORDER BY rowid DESC"
    return render_template("downloads.html", rows=g.store.run(of, g.access["organisation"]["id"]))


@pages.route("/schools/<urn>/upload", methods=["GET", "POST"])
def upload(urn: str) -> ResponseReturnValue:
    """Show the upload form, and store the results of an uploaded file."""
    mistakes: list[str] = []
    if request.method == "POST":
        rows, mistakes = results.read_upload(data := request.files["file"].read())
        if not mistakes:
            number = sha256(urn.encode() + data).hexdigest()[:20]  # the same file is kept once
            insert = "INSERT OR IGNORE INTO upload (id, urn, name, pupils) VALUES (?, ?, ?, ?)"
            g.store.run(insert, number, urn, g.person["name"], json.dumps(rows))
            g.store.run("INSERT INTO sent VALUES (?)", number)
            return redirect(f"/schools/{urn}?upload={number}")
    listed = f"SELECT id, at, name FROM upload WHERE urn = ? ORDER BY {LAST_SENT} DESC, rowid DESC"  # noqa: S608
    uploads = g.store.run(listed, urn)
    return render_template("upload.html", urn=urn, mistakes=mistakes, uploads=uploads)
