"""The Data Package 2.0 profile: what a descriptor must have."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def profile_problems(descriptor: dict[str, Any]) -> list[str]:
    """What a descriptor breaks of the Data Package 2.0 profile, by the copy that dplib carries.

    dplib's own check looks for the profile on the network: it does not find its copy.
    """
    import dplib.settings
    from jsonschema.validators import validator_for

    path = Path(dplib.settings.PROFILE_BASEDIR) / "2.0" / "datapackage.json"
    profile = json.loads(path.read_text(encoding="utf-8"))
    errors = validator_for(profile)(profile).iter_errors(descriptor)
    return [f"{error.json_path}: {error.message[:120]}" for error in errors]
