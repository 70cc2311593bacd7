"""The places we name are in the published list of China's UN/LOCODEs."""

import csv

from yidan.kernel.identifiers import un_location_code


def test_every_chinese_place_we_name_is_listed(standards):
    with (standards / "locode" / "CN.csv").open(encoding="utf-8", newline="") as file:
        listed = {row[1] + row[2] for row in csv.reader(file)}
    ours = {code for code in un_location_code.NAMES if code.startswith("CN")}
    assert ours <= listed
