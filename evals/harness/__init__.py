"""What grades, runs and reports the evals: the package behind `grade.py`, `run.py`, `report.py` and `inspect_task.py`."""
