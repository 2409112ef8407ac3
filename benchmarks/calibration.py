"""How often rules err when the truth lies on their line: makes report_templates/calibration.csv, for the methods.

About five minutes for 2,000 simulations of each case.
"""

from __future__ import annotations

import sys
from pathlib import Path

from soapbubble.claims.calibration import calibrate
from soapbubble.measurements import to_csv

PLACE = Path(__file__).parents[1] / "report_templates/calibration.csv"
SIMULATIONS = int(sys.argv[1]) if len(sys.argv) > 1 else 2000

rows = calibrate(SIMULATIONS, seed=1)
PLACE.write_text(to_csv(rows), encoding="utf-8")
worst = max(rows, key=lambda row: row.value)
print(
    f"{len(rows)} error rates of {SIMULATIONS} simulations; the largest is {worst.value:.1%}: {dict(worst.condition)}"
)
