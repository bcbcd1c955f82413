"""One JSON object; its keys stay.

`subject`, `image` (id), `platform`, `engine`, `checks` (`name`, `status`, `seen`, `change`, `notes`, `seconds`), `notes`,
`kept`, `seconds`, `build_seconds`, `start_seconds`, `summary` (`passed`, `failed`, `skipped`), `exit_status`.
"""

from __future__ import annotations

import json

from imageproof.output import Report


def render(report: Report) -> str:
    """The object, indented."""
    checks = [
        {
            "name": each.name,
            "status": each.status,
            "seen": each.seen,
            "change": each.change,
            "notes": list(each.notes),
            "seconds": round(each.seconds, 3),
        }
        for each in report.outcomes
    ]
    document = {
        "subject": report.subject,
        "image": report.image,
        "platform": report.platform,
        "engine": report.engine,
        "checks": checks,
        "notes": list(report.notes),
        "kept": list(report.kept),
        "seconds": round(report.seconds, 3),
        "build_seconds": round(report.build_seconds, 3),
        "start_seconds": round(report.start_seconds, 3),
        "summary": dict(report.counts),
        "exit_status": report.exit_status,
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
