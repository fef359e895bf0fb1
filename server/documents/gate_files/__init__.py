"""Files for whoever builds the system of a gate."""

from pathlib import Path

SCRIPT = Path(__file__).with_name("check_list.py")
