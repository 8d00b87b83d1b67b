import csv

from aan_keras.training.with_jax.csv_log import CSVLog


def read(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_new_columns_leave_old_rows_empty(tmp_path):
    log = CSVLog(tmp_path / "run" / "log.csv")
    log.write({"step": 5, "loss": 0.5})
    log.write({"step": 10, "loss": 0.25, "val_l1": 17.5})
    rows = read(tmp_path / "run" / "log.csv")
    assert [row["step"] for row in rows] == ["5", "10"]
    assert [row["val_l1"] for row in rows] == ["", "17.5"]


def test_a_resumed_log_rises(tmp_path):
    log = CSVLog(tmp_path / "log.csv")
    for step in (5, 10, 15):
        log.write({"step": step, "loss": step / 8})
    again = CSVLog(tmp_path / "log.csv", first_step=10)
    again.write({"step": 15, "loss": 7.0})
    rows = read(tmp_path / "log.csv")
    assert [(row["step"], row["loss"]) for row in rows] == [
        ("5", "0.625"),
        ("10", "1.25"),
        ("15", "7"),
    ]
