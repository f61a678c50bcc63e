"""A roster of three schools and thirty students, sent and imported as a district would."""

import io
import zipfile

from tests.e2e.load import STUDENTS, school_of
from tests.e2e.processes import RunningSuite, until


def load_roster(suite: RunningSuite) -> None:
    """Import the roster through the API and wait until it is done."""
    with suite.client("referral_api", "integration") as client:
        sent = client.post("/v1/roster/imports", content=_zip(), headers={"Content-Type": "application/zip"})
        assert sent.status_code == 202, sent.text
        path = sent.headers["location"]
        until(lambda: client.get(path).json()["status"] in ("done", "refused"), "the import ends")
        state = client.get(path).json()
        assert (state["status"], state["rows_rejected"]) == ("done", 0), state


def _zip() -> bytes:
    schools = sorted({school_of(s) for s in STUDENTS})
    tables = {
        "manifest.csv": [
            "propertyName,value",
            "manifest.version,1.0",
            "oneroster.version,1.2",
            *(f"file.{name},bulk" for name in ("orgs", "users", "roles", "demographics")),
        ],
        "orgs.csv": [
            "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId",
            "d-1,,,District,district,,",
            *(f"{s},,,School {s},school,,d-1" for s in schools),
        ],
        "users.csv": [
            "sourcedId,status,dateLastModified,enabledUser,username,givenName,familyName,grades",
            *(f"{s},,,true,{s},Given,Family,05" for s in STUDENTS),
        ],
        "roles.csv": [
            "sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId",
            *(f"r-{s},,,{s},primary,student,,,{school_of(s)}" for s in STUDENTS),
        ],
        "demographics.csv": [
            "sourcedId,status,dateLastModified,sex,white,hispanicOrLatinoEthnicity",
            *(f"{s},,,female,true,false" for s in STUDENTS),
        ],
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, lines in tables.items():
            archive.writestr(name, "\r\n".join(lines) + "\r\n")
    return out.getvalue()
