"""Answers of the package itur, an independent implementation of ITU-R's Recommendations.

It runs as another process, for its own warnings and its slow import: a JSON document of questions
on standard input, answers on standard output.
"""

import json
import sys
import warnings

warnings.filterwarnings("ignore")

from itur.models import itu676, itu835, itu838  # noqa: E402

asked = json.load(sys.stdin)
answers = {
    "gas": [
        float(itu676.gamma_exact(ghz, dry_hpa, rho, temp_k).value)
        for ghz, temp_k, dry_hpa, rho in asked["gas"]
    ],
    "rain": [
        float(itu838.rain_specific_attenuation(rate, ghz, 0.0, tilt).value)
        for ghz, rate, tilt in asked["rain"]
    ],
    "air": [
        [
            float(itu835.standard_temperature(km).value),
            float(itu835.standard_pressure(km).value),
            float(itu835.standard_water_vapour_density(km).value),
        ]
        for km in asked["air"]
    ],
    "slant": [
        float(
            itu676.gaseous_attenuation_slant_path(
                ghz, elv_deg, 7.5, 1013.25, 288.15, mode="exact"
            ).value
        )
        for ghz, elv_deg in asked["slant"]
    ],
}
json.dump(answers, sys.stdout)
