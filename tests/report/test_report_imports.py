import subprocess
import sys

SUMMARY = """
import sys
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo
from tiktokwatch.report import digest, digest_page, digest_views, live, outages, summary, summary_views
loaded = {name.partition(".")[0] for name in sys.modules}
heavy = {"sklearn", "spacy", "tweepy", "praw", "apprise", "numpy", "pydantic", "sqlite_utils", "jinja2", "rich"}
print(sorted(loaded & heavy))
"""


def test_reports_load_no_heavy_library() -> None:
    done = subprocess.run([sys.executable, "-c", SUMMARY], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
