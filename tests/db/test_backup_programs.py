"""What PostgreSQL's own programs are told for a backup."""

import os
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from calsync.db.backups_of_postgresql import dump


def test_a_password_is_given_to_them_and_to_nobody_who_lists_the_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    program = tmp_path / "pg_dump"
    program.write_text(f'#!/bin/sh\necho "$PGPASSWORD" "$@" > {tmp_path}/told\n')
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    dump(make_url("postgresql+psycopg://kim:s3cret@db:5433/calsync"), tmp_path / "part")
    password, address, *_ = (tmp_path / "told").read_text().split()
    assert (password, address) == ("s3cret", "--dbname=postgresql://kim@db:5433/calsync")
